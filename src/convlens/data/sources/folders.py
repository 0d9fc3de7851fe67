"""From folders to classes and parts, told by their names alone.

What names cannot tell is asked about: an AmbiguousError, whose hint says how to answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NoReturn

from convlens.data.sources.parts import HANGERS, is_unlabelled, part_named, part_of, words_of
from convlens.data.sources.source import Part
from convlens.data.sources.spelling import spelling
from convlens.data.sources.tree import (
    LAYOUT,
    UNTOLD,
    AmbiguousError,
    Entry,
    Folder,
    Labelled,
    Layout,
    Names,
    laid_out,
    listed,
    pictures,
    tree_of,
    wrapped,
)
from convlens.errors import DataError

_NESTED = 10
"""Pictures below the folders of classes for each in one itself, from which on they are nested."""


def arrange(entries: Sequence[Entry], folders: Iterable[Names], name: str) -> Layout:
    """Tell classes and parts from the paths of pictures and of all folders (also empty ones).

    A single folder around everything is looked through. Raises DataError where there are no
    pictures, or none in a class folder, and AmbiguousError where they can be read in two ways;
    ``name`` is the source's, for messages.
    """
    if not entries:
        raise DataError(f"there are no pictures in {name}", LAYOUT)
    labelled, warnings = _labelled(entries)
    base = wrapped(tree_of(labelled))
    arranging = _Arranging(base, name)
    if not base.folders:
        arranging.refuse_untold()
    if arranging.has_parts_below():
        arranging.parts_below()
    elif arranging.has_parts():
        arranging.parts_above()
    else:
        arranging.take(base, None)
    if loose := len(labelled) - len(arranging.found) - arranging.told:
        what = "picture lies" if loose == 1 else "pictures lie"
        warnings.append(f"{loose:,} {what} in no class folder of {name}: left out")
    warnings += arranging.warnings
    warnings += arranging.empty_classes(folders)
    return laid_out(arranging.found, len(base.path), warnings)


def _labelled(entries: Sequence[Entry]) -> tuple[list[Entry], list[str]]:
    """The files but for those in folders that say that they have no labels, and a line on these."""
    left = [entry for entry in entries if not any(map(is_unlabelled, entry.path[:-1]))]
    if not left or len(left) == len(entries):
        return list(entries), []
    folders = {name for entry in entries for name in entry.path[:-1] if is_unlabelled(name)}
    told = (
        f"{listed(sorted(folders))}: {pictures(len(entries) - len(left))} without labels left out"
    )
    return left, [told]


class _Arranging:
    """What is found out of the folders below ``base``."""

    def __init__(self, base: Folder, name: str) -> None:
        self.base, self.name = base, name
        self.found: list[Labelled] = []
        self.warnings: list[str] = []
        self.told = 0  # pictures left out, of which a warning says so
        self.parents: set[Names] = set()  # folders in which class folders lie
        self.parts = {folder: part_of(folder) for folder in base.folders}

    def refuse_untold(self) -> NoReturn:
        """Say that nothing tells the classes, and how it could be told."""
        found = _in_names([entry.path[-1] for entry in self.base.all])
        hint = f"their names may tell it: {found}; else {LAYOUT}" if found else UNTOLD
        raise DataError(f"the pictures in {self.name} lie in no class folder", hint)

    def has_parts(self) -> bool:
        """Whether the folders are parts; raises where they may be, and may be classes."""
        base, parts = self.base, self.parts
        named = {part for part in parts.values() if part is not None}
        if not named:
            return False
        deep = [name for name, part in parts.items() if part and base.folders[name].folders]
        if len(named) > 1 and any(parts[name] == "train" for name in deep):
            outside = sum(f.count for f in base.folders.values() if parts[f.name] is None)
            if 2 * outside < base.count:
                return True
            self._ask_parts(deep)
        if None not in parts.values():
            if "train" not in named and deep and len(named) > 1:
                return True  # to be judged by; nothing is there to train on
            self.refuse_untold()
        likely = [name for name, part in parts.items() if part and _is_likely(name, part)]
        asked = deep or likely or [name for name, part in parts.items() if part and len(named) > 1]
        if asked:
            self._ask_parts(asked)
        return False

    def _ask_parts(self, asked: Sequence[str]) -> NoReturn:
        level = f"--class-level {len(self.base.path) + 1}"
        if len(asked) == 1:
            told, hint = f"`{asked[0]}` in {self.name} may be a part or a class", "it is a class"
        else:
            told, hint = (
                f"{listed(asked)} in {self.name} may be parts or classes",
                "they are classes",
            )
        raise AmbiguousError(
            told,
            f"say {level} where {hint}, and --classes=-{asked[0]} beside it to leave one out; or "
            "move it elsewhere",
        )

    def parts_above(self) -> None:
        """``<part>/<class>/<picture>``; what has no labels is left out."""
        sections = []
        for folder in self.base.folders.values():
            part = self.parts[folder.name]
            if part is None:
                self.leave_out(folder, f"`{folder.name}` is no part like train or test")
            else:
                sections.append((folder, part, _looked_through(folder, part)))
        known = {
            spelling(label)
            for _, part, inner in sections
            if part == "train"
            for label in inner.folders
        }
        for folder, part, inner in sections:
            if not inner.folders:
                self.leave_out(folder, f"`{folder.name}` has no class folders, so no labels")
            elif known and not known & set(map(spelling, inner.folders)):
                own = listed(inner.folders)
                self.leave_out(
                    folder, f"`{folder.name}` has none of the classes of train, but {own}"
                )
            else:
                self.take(inner, part)
        self._check_twice()

    def _check_twice(self) -> None:
        """Two folders of one part that hold files of the same names may be no two of a kind."""
        parts = [part for part in self.parts.values() if part is not None]
        if len(set(parts)) == len(parts):
            return
        depth = len(self.base.path)
        seen: dict[tuple[Part | None, Names], str] = {}
        for entry, _, part in self.found:
            top = entry.path[depth]
            other = seen.setdefault((part, entry.path[depth + 1 :]), top)
            if other != top:
                raise AmbiguousError(
                    f"`{other}` and `{top}` in {self.name} are both the part {part}, and both hold "
                    f"{'/'.join(entry.path[depth + 1 :])}",
                    "move one of the two out, or give one of them alone",
                )

    def has_parts_below(self) -> bool:
        """Whether classes have folders for their parts: ``<class>/train/<picture>``."""
        below = {
            part_of(name)
            for folder in self.base.folders.values()
            if self.parts[folder.name] is None
            for name in folder.folders
        }
        return "train" in below and len(below - {None}) > 1

    def parts_below(self) -> None:
        self.parents.add(self.base.path)
        for folder in self.base.folders.values():
            inner = [(part_of(name), part) for name, part in folder.folders.items()]
            if not any(part for part, _ in inner):
                raise DataError(
                    f"`{folder.name}` in {self.name} has no parts, other classes have "
                    f"({listed(sorted(self._below()))})",
                    "give every class a train folder, or none",
                )
            for part, held in inner:
                if part is None:
                    continue
                if held.folders and len(held.files) * _NESTED < held.count:
                    self._ask_level(held, sorted(held.folders))
                self.found += [Labelled(entry, folder.name, part) for entry in held.all]
        if left := self.base.count - len(self.found):
            self.warnings.append(f"{pictures(left)} in no part like train or test: left out")
            self.told += left

    def _below(self) -> set[str]:
        names = {name for folder in self.base.folders.values() for name in folder.folders}
        return {name for name in names if part_of(name)}

    def take(self, parent: Folder, part: Part | None) -> None:
        """Take the folders in ``parent`` for classes, if nothing speaks for those below them."""
        self._check_level(parent)
        self.parents.add(parent.path)
        for label, folder in parent.folders.items():
            self.found += [Labelled(entry, label, part) for entry in folder.all]

    def _check_level(self, parent: Folder) -> None:
        classes = list(parent.folders.values())
        count = sum(folder.count for folder in classes)
        nested = [folder for folder in classes if len(folder.files) * _NESTED < folder.count]
        alike = len(nested) > 1 and len(set.intersection(*(set(f.folders) for f in nested))) > 1
        if sum(len(folder.files) for folder in classes) * _NESTED >= count and not alike:
            return  # pictures lie in the folders themselves
        classes = nested or classes
        below = [set(folder.folders) for folder in classes]
        names = set().union(*below)
        if all(len(one) == 1 for one in below) and (
            len(names) == 1 or all(_adds_nothing(folder) for folder in classes)
        ):
            return  # `<class>/images/<picture>`
        if _are_recordings(names) and not _are_recordings(parent.folders):
            first, second = listed(sorted(parent.folders), 2), listed(sorted(names), 2)
            level = len(parent.path) + 2
            told = f"the classes are {first}, not the folders in them ({second})"
            if len(classes) > 1:
                self.warnings.append(f"{told}: --class-level {level} takes those")
            return
        if len(classes) > 1 or len(names) > 1:
            self._ask_level(parent, sorted(names))

    def _ask_level(self, parent: Folder, below: list[str]) -> None:
        classes = list(parent.folders.values())
        level = len(parent.path) + 1
        shared = [name for name in below if all(name in folder.folders for folder in classes)]
        what = f"the folders {listed(parent.folders)} in {self.name}"
        if len(shared) > 1 and len(classes) > 1:
            told = f"{what} all hold {listed(shared)}: either may be the classes"
        else:
            told = (
                f"{what} hold no pictures but in folders ({listed(below)}): either may be classes"
            )
        raise AmbiguousError(
            told,
            f"say which: --class-level {level} for {listed(parent.folders, 2)}, --class-level "
            f"{level + 1} for {listed(below, 2)}",
        )

    def leave_out(self, folder: Folder, why: str) -> None:
        """Leave a whole folder out, and say why."""
        self.warnings.append(f"{why}: {pictures(folder.count)} left out")
        self.told += folder.count

    def empty_classes(self, folders: Iterable[Names]) -> list[str]:
        """A line for each folder beside those of classes that holds no picture."""
        classes = {one.label for one in self.found}
        named = {path[-1] for path in folders if path[:-1] in self.parents and path}
        return [
            f"the class folder `{name}` holds no pictures: left out"
            for name in sorted(named - classes)
        ]


def _is_likely(name: str, part: Part) -> bool:
    """Whether a folder of that name without folders is a part rather than a class.

    ``train`` beside classes is a vehicle: what trains has labels. ``test`` may be a class, or
    pictures without labels.
    """
    return part != "train" or part_named(name) is None


def _looked_through(folder: Folder, part: Part) -> Folder:
    """The folder in which the classes of a part lie: ``seg_train/seg_train``, ``train/images``."""
    while len(folder.folders) == 1:
        (only,) = folder.folders.values()
        if not only.folders or not (only.name.casefold() in HANGERS or part_of(only.name) == part):
            break
        folder = only
    return folder


_PATTERNS = (
    r"^([A-Za-z]+)[ ._-]*\d",  # cat.0.jpg, dog_12.png
    r"[ ._-]([A-Za-z]+)\.\w+$",  # 0001_cat.jpg
)


def _in_names(names: Sequence[str]) -> str:
    """A pattern that finds labels in names of files, where one of a few does, and what it finds."""
    for pattern in _PATTERNS:
        found = [match[1] for name in names if (match := re.search(pattern, name))]
        labels = set(found)
        if len(found) == len(names) and 2 <= len(labels) <= len(names) // 2:
            anywhere = pattern.replace("^", "(?:^|/)")
            return f"--label-by '{anywhere}' finds {listed(sorted(labels))}"
    return ""


def _adds_nothing(folder: Folder) -> bool:
    """Whether the one folder in ``folder`` is called like it, or as what merely holds pictures."""
    (inner,) = folder.folders
    return spelling(inner) == spelling(folder.name) or inner.casefold() in HANGERS


_RECORDINGS = frozenset(
    ("video", "vid", "clip", "seq", "sequence", "session", "subject", "person", "patient", "scene",
     "frame", "frames", "img", "image", "shot", "take", "run", "series", "study", "case", "slide",
     "plate", "cam", "camera", "view", "sample", "user", "writer", "participant", "burst", "roll")
)  # fmt: skip


def _are_recordings(names: Iterable[str]) -> bool:
    """Whether names are numbers of what was recorded in one go: video_1, video_12; patient007."""
    found = list(names)
    return are_numbers_of_one_name(found) and not _RECORDINGS.isdisjoint(words_of(found[0]))


def are_numbers_of_one_name(names: Iterable[str]) -> bool:
    """Whether names differ in numbers only: video_1, video_12, …; 2023, 2024."""
    stems = {re.sub(r"\d+", "0", name.casefold()) for name in names}
    return len(stems) == 1 and "0" in stems.pop()
