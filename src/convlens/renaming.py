"""Other names for the classes of a model, which keeps all else."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from unicodedata import normalize

from convlens.data.names import printable
from convlens.errors import SettingsError

MERGING = "train again with `train --classes` to make two classes one"

_SHOWN = 12
_CLOSEST = 3


def renamed(classes: Sequence[str], names: Mapping[str, str]) -> tuple[str, ...]:
    """``classes`` in their order, those that are keys of ``names`` called what these say.

    All change at once, so that two can swap their names. Raises SettingsError for a class that is
    not there, for a name that is empty or does not print, or that another class has or is given.
    """
    if not names:
        raise SettingsError("no class is renamed", "say old=new")
    for old in names:
        if old not in classes:
            raise _unknown(classes, old)
    new = tuple(_checked(names[name]) if name in names else name for name in classes)
    for old, name in zip(classes, new, strict=True):
        if old in names and old == name:
            raise SettingsError(
                f"the class `{printable(old)}` is called so already", "leave it out"
            )
        if new.count(name) > 1:
            raise _taken(classes, new, name)
    return new


def read_renaming(text: str, classes: Iterable[str]) -> tuple[str, str]:
    """The class that ``text``, ``old=new``, speaks of, and its name to be.

    Either may hold an equals sign: the first with a class before it counts, or else the first.
    """
    first, _, rest = text.partition("=")
    known = set(classes)
    for place in (at for at, letter in enumerate(text) if letter == "="):
        if text[:place] in known:
            return text[:place], text[place + 1 :]
    return first, rest


def _checked(name: str) -> str:
    composed = normalize("NFC", name).strip()
    if not composed.strip():
        raise SettingsError("the name of a class cannot be empty", "say old=new, both in full")
    if printable(composed) != composed:
        raise SettingsError(
            f"the name `{printable(name)}` holds what does not print", "type it anew"
        )
    return composed


def _unknown(classes: Sequence[str], old: str) -> SettingsError:
    folded = {name.casefold(): name for name in reversed(classes)}
    near = difflib.get_close_matches(old.casefold(), folded, _CLOSEST, 0.6)
    if near:
        hint = "did you mean " + " or ".join(f"`{printable(folded[name])}`" for name in near) + "?"
    else:
        shown = ", ".join(f"`{printable(name)}`" for name in classes[:_SHOWN])
        hint = f"its classes: {shown}" + (", …" if len(classes) > _SHOWN else "")
    return SettingsError(f"the model has no class `{printable(old)}`", hint)


def _taken(classes: Sequence[str], new: Sequence[str], name: str) -> SettingsError:
    sharing = [f"`{old}`" for old, now in zip(classes, new, strict=True) if now == name]
    if name not in (old for old, now in zip(classes, new, strict=True) if now == old):
        told = " and ".join(map(printable, sharing))
        return SettingsError(f"{told} cannot both be called `{name}`", MERGING)
    swap = next(o for o, n in zip(classes, new, strict=True) if n == name and o != name)
    return SettingsError(
        f"another class is called `{name}` already",
        f"to swap names say '{printable(swap)}={name}' '{name}={printable(swap)}'; {MERGING}",
    )
