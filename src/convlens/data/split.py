"""Which pictures train, which choose, which judge: decided by names, groups and the seed alone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from convlens.data.allotment import Indices, Pool, bundles_of, dealt
from convlens.data.groups import Groups, alone
from convlens.data.sources.source import Source
from convlens.errors import DataError, SettingsError

VALIDATION = 0.1
TEST = 0.2
MOST_VALIDATION = 5_000  # pictures held back from a given train part
MOST_FOLDS = 100

MOST_NAMED = 3
"""Classes that a warning names each in a line of its own; of more the first are named in one."""


@dataclass(frozen=True, eq=False, slots=True)
class Division:
    """Ascending indices into a source's items, ``(n,)`` int64, no picture in two parts.

    ``test`` is None where there is none. ``summary`` says in one sentence what was done,
    ``warnings`` in one line each what the user should know.
    """

    train: Indices
    validation: Indices
    test: Indices | None
    seed: int
    summary: str
    warnings: tuple[str, ...] = ()

    @property
    def items(self) -> Indices:
        """The items of all parts, ascending."""
        parts = [self.train, self.validation, *([] if self.test is None else [self.test])]
        return np.sort(np.concatenate(parts))


def divide(
    source: Source,
    *,
    seed: int,
    groups: Groups | None = None,
    validation: float = VALIDATION,
    test: float | None = None,
) -> Division:
    """Divide a source into training, validation and test pictures.

    Parts that the source gives are kept. Without any, ``test`` (left out: 0.2) and ``validation``
    (fractions of all) are held back; with a test part alone, ``validation`` of the train part, at
    most 5,000 pictures; with a validation part alone, there is no test part, unless ``test`` asks
    for one. Classes keep their shares as nearly as ``groups`` allow, of which each comes whole
    into one of the parts drawn here.

    Which pictures are held back depends on ``seed``, their names and groups, not on the machine or
    on the order of listing. Raises DataError for fewer than two classes or nothing to train on,
    SettingsError for fractions outside [0, 1) or that leave nothing to train on, and for ``test``
    beside a test part.
    """
    asked = test
    test = TEST if test is None else test
    if not (0 <= validation < 1 and 0 <= test < 1 and validation + test < 1):
        message = f"validation {validation:g} and test {test:g} leave nothing to train on"
        raise SettingsError(message, "give fractions from 0 to 1 that add up to less than 1")
    check_divisible(source)
    groups = groups or alone(source)
    given = _given(source)
    if asked is not None and "test" in given:
        raise SettingsError(
            f"{source.name} has a test part of {len(given['test']):,} pictures, and a share of "
            "all is asked for",
            "leave the share out, or give the training part alone",
        )
    train, held, judged = (given.get(part, _NONE) for part in ("train", "validation", "test"))
    pool = Pool(bundles_of(source, train, groups.numbers, seed), len(source.classes))
    if given.keys() <= {"train"} or asked:
        judged = pool.take(test)
    if "validation" not in given:
        most = MOST_VALIDATION if "test" in given else len(train)
        held = pool.take(min(validation, most / len(train)))
        if not len(held) and validation > 0:
            held = pool.take_one()
    train = pool.left
    drawn = bool(len(judged)) and "test" not in given
    summary = _summary(given.keys(), len(train), len(held), len(judged), seed, drawn=drawn)
    warnings = [*_warnings(source, train, held), *_leaks(groups, train, held, judged)]
    return Division(
        train=train,
        validation=held,
        test=judged if len(judged) else None,
        seed=seed,
        summary=summary + _kept_together(groups),
        warnings=tuple(warnings),
    )


def divide_in_folds(
    source: Source, count: int, *, seed: int, groups: Groups | None = None
) -> list[Division]:
    """Divide what is to train and to choose in ``count`` folds, each the test part in its turn.

    A given test part is left alone. Of the other folds a tenth chooses, the rest trains. No group
    lies in two folds; classes keep their shares as nearly as groups allow. Raises DataError as
    ``divide`` does, and SettingsError for fewer than 2 folds or more than there are groups.
    """
    check_divisible(source)
    groups = groups or alone(source)
    given = _given(source)
    everything = np.sort(np.concatenate([given["train"], given.get("validation", _NONE)]))
    bundles = bundles_of(source, everything, groups.numbers, seed)
    if not 2 <= count <= min(MOST_FOLDS, len(bundles)):
        found = f"{len(bundles):,} pictures or groups of such as belong together"
        raise SettingsError(
            f"{count:,} folds cannot be made of {found}",
            f"give a number from 2 to {max(2, min(MOST_FOLDS, len(bundles))):,}",
        )
    divisions = []
    for number, judged in enumerate(dealt(bundles, len(source.classes), count), 1):
        rest = np.setdiff1d(everything, judged)
        pool = Pool(bundles_of(source, rest, groups.numbers, seed), len(source.classes))
        held = pool.take(VALIDATION)
        if not len(held):
            held = pool.take_one()
        counts = f"{len(pool.left):,} training, {len(held):,} validation, {len(judged):,} test"
        summary = f"fold {number} of {count}: {counts} pictures, by seed {seed}"
        warnings = _warnings(source, pool.left, held)
        divisions.append(Division(pool.left, held, judged, seed, summary, warnings))
    return divisions


def check_divisible(source: Source) -> None:
    """Raise DataError for fewer than two classes or nothing to train on."""
    if len(source.classes) < 2:
        _refuse_one_class(source)
    if not len(_given(source).get("train", _NONE)):
        raise DataError(f"{source.name} has no training pictures", "put some under train/<class>/")


def learnable(source: Source) -> Source:
    """``source`` without the classes of which no picture is there to train on.

    Their pictures in other parts are left out, with a warning: a class that nothing was learned of
    would be wrong each time. As it is where nothing at all is to train on.
    """
    trained = np.zeros(len(source.classes), np.bool_)
    trained[source.labels[[item.part in (None, "train") for item in source.items]]] = True
    if trained.all() or not trained.any():
        return source
    index = np.cumsum(trained) - 1
    out = np.bincount(source.labels, minlength=len(trained))
    lost = np.flatnonzero(~trained)
    warnings = [
        f"the class `{source.classes[label]}` has no training picture: "
        + (f"{out[label]:,} of other parts left out" if out[label] else "left out")
        for label in lost.tolist()
    ]
    if len(lost) > MOST_NAMED:
        (named,) = _named("has no training picture", source, lost)
        warnings = [f"{named}: {out[lost].sum():,} pictures of other parts left out"]
    return replace(
        source,
        classes=tuple(np.array(source.classes, object)[trained].tolist()),
        items=tuple(
            item._replace(label=int(index[item.label]))
            for item in source.items
            if trained[item.label]
        ),
        warnings=(*source.warnings, *warnings),
    )


_NONE = np.empty(0, np.int64)


def _given(source: Source) -> dict[str, Indices]:
    """The items of each part that the source gives; those in none are there to train on."""
    parts = np.array([item.part or "train" for item in source.items])
    found = {part: np.flatnonzero(parts == part) for part in ("train", "validation", "test")}
    return {part: items for part, items in found.items() if len(items)}


def _refuse_one_class(source: Source) -> None:
    if not source.classes:
        raise DataError(f"there are no classes in {source.name}")
    message = f"there is only one class, `{source.classes[0]}`, in {source.name}"
    raise DataError(message, "telling apart takes two: add a folder of other pictures beside it")


def _summary(
    given: Collection[str], train: int, held: int, judged: int, seed: int, *, drawn: bool
) -> str:
    counts = f"{train:,} training, {held:,} validation and {judged:,} test pictures"
    if "test" in given and "validation" in given:
        return f"{counts}, the parts as given"
    if "test" in given:
        return f"{counts}: the test part as given, validation held back from train by seed {seed}"
    if "validation" in given and drawn:
        return f"{counts}: validation as given, test held back from train by seed {seed}"
    if "validation" in given:
        return f"{train:,} training and {held:,} validation pictures as given, no test part"
    if not drawn:
        return (
            f"{train:,} training and {held:,} validation pictures, no test part: validation held "
            f"back, each class in its share, by seed {seed}"
        )
    return f"{counts}: validation and test held back, each class in its share, by seed {seed}"


def _kept_together(groups: Groups) -> str:
    found = f"; {groups.alike:,} near duplicates stay together" if groups.alike else ""
    return found + (f"; {groups.named:,} groups by their names" if groups.named else "")


def _leaks(groups: Groups, train: Indices, held: Indices, judged: Indices) -> list[str]:
    """What lies on two sides, as it may where the source gives its parts."""
    numbers = groups.numbers
    what = "are near duplicates of" if groups.named is None else "belong together with"
    found = []
    for name, part in (("test", judged), ("validation", held)):
        count = int(np.isin(numbers[part], numbers[train]).sum())
        if count:
            told = f"pictures of the {name} part that {what} training pictures: {count:,}"
            found.append(f"{told}; `convlens check` shows near duplicates")
    return found


def _warnings(source: Source, train: Indices, held: Indices) -> tuple[str, ...]:
    counts = np.bincount(source.labels, minlength=len(source.classes))
    trained = np.bincount(source.labels[train], minlength=len(source.classes))
    found = [
        *_named("holds one picture only", source, np.flatnonzero((counts == 1) & (trained > 0))),
        *_named("has no training picture", source, np.flatnonzero(trained == 0)),
    ]
    if not len(held):
        found.append("there are too few pictures to hold back a validation part")
    return tuple(found)


def _named(what: str, source: Source, labels: Indices) -> list[str]:
    if len(labels) <= MOST_NAMED:
        return [f"the class `{source.classes[label]}` {what}" for label in labels]
    first = ", ".join(f"`{source.classes[label]}`" for label in labels[:MOST_NAMED])
    verb = what.replace("holds", "hold").replace("has", "have")
    return [f"{len(labels):,} classes {verb}: {first}, …"]
