"""Which class of some data is which of a classifier's: by name, and what is left over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convlens.data.names import printable

NAMED = 5
"""Classes named in a line."""

SHOWN = 12
"""Classes named where two lists are to be compared."""

LEFT_OUT = -1


@dataclass(frozen=True, eq=False, slots=True)
class Matching:
    """``indices`` (classes of the data,) of the classifier's classes, -1 where it has none such.

    ``respelled`` are the data's names that differ from the classifier's in case or white space
    only, each with the classifier's.
    """

    indices: NDArray[np.int64]
    respelled: Mapping[str, str]


def match(data: Sequence[str], classifier: Sequence[str]) -> Matching:
    """Find each class of ``data`` among those of the ``classifier``.

    A name that is not there itself stands for one that differs in case or white space alone, where
    neither side has two such names.
    """
    known = {name: index for index, name in enumerate(classifier)}
    theirs, ours = Counter(map(_folded, data)), Counter(map(_folded, classifier))
    by_fold = {_folded(name): name for name in classifier}
    respelled: dict[str, str] = {}
    for name in data:
        fold = _folded(name)
        if name not in known and theirs[fold] == ours[fold] == 1:
            respelled[name] = by_fold[fold]
    found = [known.get(respelled.get(name, name), LEFT_OUT) for name in data]
    return Matching(np.array(found, np.int64), respelled)


def notes(respelled: Mapping[str, str], left_out: Mapping[str, int]) -> Iterator[str]:
    """What was made of the names, a line each; ``left_out`` counts pictures by class."""
    if respelled:
        told = [f"`{name}` for `{printable(own)}`" for name, own in respelled.items()]
        yield f"case and white space aside, took {listed(told)}"
    if left_out:
        yield f"left out {strangers(left_out)}"


def strangers(left_out: Mapping[str, int]) -> str:
    """The pictures of classes that the classifier does not have, counted and by class."""
    count = sum(left_out.values())
    pictures = "1 picture" if count == 1 else f"{count:,} pictures"
    what = "a class that the model does" if len(left_out) == 1 else "classes that the model does"
    told = listed([f"`{name}` ({n:,})" for name, n in left_out.items()])
    return f"{pictures} of {what} not have: {told}"


def named(classes: Iterable[str]) -> str:
    """The first of some classes, for lists that are to be compared."""
    return listed([f"`{printable(name)}`" for name in classes], SHOWN)


def listed(names: Sequence[str], most: int = NAMED) -> str:
    """The first of some names in a line, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more:,} more" if more > 0 else "")


def _folded(name: str) -> str:
    return "".join(name.split()).casefold()
