"""Classes chosen by the user: left out, merged and ordered, while the files stay where they are."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from convlens.data.sources.labelling import CLASSES_HINT
from convlens.data.sources.source import Source
from convlens.data.sources.tree import listed, pictures
from convlens.errors import SettingsError

REST = "*"
"""Stands for every class that is not named."""


def read_choice(given: Any) -> tuple[str, ...]:
    """The entries of ``--classes``: a text with commas, a list of names, or a dict of lists.

    Names with commas stand in double quotes. ``{"pet": ["cat", "dog"]}`` is ``pet=cat|dog``.
    Raises SettingsError for anything else.
    """
    if given is None or given in ((), [], {}):
        return ()
    if isinstance(given, str):
        try:
            rows = list(csv.reader([given], skipinitialspace=True, strict=True))
        except csv.Error as error:
            raise SettingsError(
                f"classes `{given}` does not read: {error}", CLASSES_HINT
            ) from error
        entries = [entry.strip() for row in rows for entry in row]
    elif isinstance(given, Mapping):
        entries = [
            f"{name}={'|'.join([old] if isinstance(old, str) else map(str, old))}"
            for name, old in given.items()
        ]
    elif isinstance(given, Sequence):
        entries = [str(entry) for entry in given]
    else:
        raise SettingsError(f"classes is {given!r}", CLASSES_HINT)
    if not entries or not all(entries):
        raise SettingsError(f"classes is {given!r}", CLASSES_HINT)
    return tuple(entries)


@dataclass(slots=True)
class _Choice:
    """What entries say: new classes with the old ones in each, and those that are left out."""

    groups: dict[str, list[str]] = field(default_factory=dict)
    out: list[str] = field(default_factory=list)


def choose(source: Source, entries: Sequence[str]) -> Source:
    """``source`` with the classes that ``entries`` say, in their order.

    An entry is a class; ``new=old|old``, which merges; ``-class``, which is left out; or ``*``, all
    that are not named. For arrays whose labels are 0, 1, … as many names are what these are
    called. Where every entry leaves one out or merges, the rest stays. What is not
    named is left out otherwise, and told in a warning. Raises SettingsError for a name that is no
    class, or two places for one.
    """
    if not entries:
        return source
    if _are_names(source, entries):
        return replace(source, classes=tuple(entries))
    choice = _read(source, entries)
    labels = {old: new for new, group in choice.groups.items() for old in group}
    index = {new: number for number, new in enumerate(choice.groups)}
    items = tuple(
        item._replace(label=index[labels[name]])
        for item in source.items
        if (name := source.classes[item.label]) in labels
    )
    out = [name for name in source.classes if name not in labels]
    warnings = list(source.warnings)
    if gone := [name for name in choice.out if name not in source.classes]:
        warnings.append(f"{listed(gone)}, to be left out, is no class here")
    if out:
        left = len(source.items) - len(items)
        verb = "is" if len(out) == 1 else "are"
        warnings.append(f"{listed(out)} {verb} left out as asked: {pictures(left)}")
    return replace(source, classes=tuple(index), items=items, warnings=tuple(warnings))


def _are_names(source: Source, entries: Sequence[str]) -> bool:
    """Whether ``entries`` name the classes of arrays whose labels are 0, 1, … in their order."""
    indices = tuple(map(str, range(len(entries))))
    plain = set(entries).isdisjoint((REST, *source.classes)) and len(set(entries)) == len(entries)
    return source.in_memory and source.classes == indices and plain


def named_in(source: Source, entries: Sequence[str]) -> set[str]:
    """The classes of ``source`` that ``entries`` name one by one."""
    if not entries:
        return set()
    choice = _read(source, [entry for entry in entries if entry != REST], rest=False)
    return {old for group in choice.groups.values() for old in group} | set(choice.out)


def leaves_out(known: Sequence[str], entries: Sequence[str], label: str) -> bool:
    """Whether a class among ``known`` is left out by ``entries``, as far as these read."""
    if not entries:
        return False
    try:
        choice = _read(Source("files", "", tuple(known), ()), entries)
    except SettingsError:
        return False
    return not any(label in group for group in choice.groups.values())


def _read(source: Source, entries: Sequence[str], *, rest: bool = True) -> _Choice:
    known = set(source.classes)
    choice = _Choice()
    plain = False
    for entry in entries:
        if entry == REST and REST not in known:
            choice.groups[REST] = []
        elif entry in known:
            plain = True
            choice.groups.setdefault(entry, []).append(entry)
        elif entry.startswith("-") and "=" not in entry:
            choice.out.append(entry[1:])
        else:
            name, old = _merged(source, entry, known)
            choice.groups.setdefault(name, []).extend(old)
    _check_once(choice, known)
    if rest:
        _spread_rest(source, choice, implied=not plain)
    return choice


def _merged(source: Source, entry: str, known: set[str]) -> tuple[str, list[str]]:
    """``new=old|old`` as the new name and the old ones."""
    for place, character in enumerate(entry):
        if character == "=" and place:
            old = [name.strip() for name in entry[place + 1 :].split("|")]
            if all(name in known for name in old):
                return entry[:place].strip(), old
    wrong = entry.partition("=")[2].split("|") if "=" in entry else [entry.removeprefix("-")]
    first = next((name for name in wrong if name.strip() not in known), entry).strip()
    close = difflib.get_close_matches(first, source.classes, 1, 0.5)
    hint = f"did you mean `{close[0]}`?" if close else f"its classes: {listed(source.classes, 12)}"
    raise SettingsError(f"classes names `{first}`, which {source.name} does not have", hint)


def _check_once(choice: _Choice, known: Collection[str]) -> None:
    seen: set[str] = set()
    for name in [*(old for group in choice.groups.values() for old in group), *choice.out]:
        if name in seen:
            raise SettingsError(f"classes names `{name}` twice", CLASSES_HINT)
        seen.add(name)
    for new, group in choice.groups.items():
        if new in known and new not in seen:
            raise SettingsError(
                f"classes makes a class `{new}` of others, and there is one of that name",
                f"say {new}={'|'.join([new, *group])} to join them, or leave it out: -{new}",
            )


def _spread_rest(source: Source, choice: _Choice, *, implied: bool) -> None:
    """Put the classes that are not named where ``*`` stands, or last where that is implied."""
    named = {old for group in choice.groups.values() for old in group} | set(choice.out)
    unnamed = [name for name in source.classes if name not in named]
    if REST in choice.groups and not choice.groups[REST]:
        groups: dict[str, list[str]] = {}
        for name, group in choice.groups.items():
            if name == REST:
                groups |= {other: [other] for other in unnamed if other not in choice.groups}
            else:
                groups[name] = group
        choice.groups = groups
    elif implied:
        choice.groups |= {name: [name] for name in unnamed if name not in choice.groups}
