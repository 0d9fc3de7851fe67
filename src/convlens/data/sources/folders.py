"""From folders to classes and parts, told by their names alone.

What names cannot tell is asked about: an AmbiguousError, whose hint says how to answer.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from typing import NoReturn

from convlens.data.sources.doubts import (
    NESTED,
    ask_level,
    held_again,
    is_beside,
    labels_in_names,
    level_doubt,
)
from convlens.data.sources.parts import HANGERS, is_unlabelled, part_named, part_of
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
        learned = [f for name, f in self.base.folders.items() if self.parts[name] == "train"]
        files = [entry for folder in learned or [self.base] for entry in folder.all]
        found = labels_in_names([entry.path[-1] for entry in files])
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
        out = shlex.quote(f"-{asked[0]}")
        if len(asked) == 1:
            told, hint = f"`{asked[0]}` in {self.name} may be a part or a class", "it is a class"
        else:
            told, hint = (
                f"{listed(asked)} in {self.name} may be parts or classes",
                "they are classes",
            )
        raise AmbiguousError(
            told,
            f"say {level} where {hint}, and --classes={out} beside it to leave one out; or "
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
        taken = []
        for folder, part, inner in sections:
            if not inner.folders:
                self.leave_out(folder, f"`{folder.name}` has no class folders, so no labels")
            elif known and not known & set(map(spelling, inner.folders)):
                own = listed(inner.folders)
                self.leave_out(
                    folder, f"`{folder.name}` has none of the classes of train, but {own}"
                )
            else:
                taken.append((folder, part, inner))
        if len({part for _, part, _ in taken}) < len(taken):
            self._join(taken)
        for _, part, inner in taken:
            self.take(inner, part)

    def _join(self, sections: Sequence[tuple[Folder, Part, Folder]]) -> None:
        """Take several folders of one part, unless they hold files of the same names."""
        seen: dict[tuple[Part, Names], str] = {}
        for folder, part, inner in sections:
            for entry in inner.all:
                below = entry.path[len(inner.path) :]
                other = seen.setdefault((part, below), folder.name)
                if other != folder.name:
                    raise AmbiguousError(
                        f"`{other}` and `{folder.name}` in {self.name} are both the part {part}, "
                        f"and both hold {'/'.join(below)}",
                        "move one of the two out, or give one of them alone",
                    )
        for part in sorted({part for _, part, _ in sections}):
            named = [folder.name for folder, own, _ in sections if own == part]
            if len(named) > 1:
                self.warnings.append(f"the part {part} is {listed(named)} together")

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
        if again := held_again(self.base):
            ask_level(self.name, again, self.base.all)
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
                if held.folders and len(held.files) * NESTED < held.count:
                    doubt = f"`{folder.name}/{held.name}` holds no pictures but in folders"
                    ask_level(self.name, doubt, self.base.all)
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
        """Ask where the folders in ``parent`` may be no classes; say what was passed over."""
        if len(parent.folders) == 1 and is_beside(next(iter(parent.folders)), ()):
            self.refuse_untold()
        if doubt := level_doubt(parent):
            ask_level(self.name, doubt, parent.all)
        deep = {
            folder.name: sorted(folder.folders)
            for folder in parent.folders.values()
            if len(folder.folders) > 1 and not folder.files
        }
        if deep and len(parent.folders) > 1:
            first, inner = next(iter(deep.items()))
            level = f"--class-level {len(parent.path) + 2}"
            self.warnings.append(
                f"the classes are {listed(sorted(parent.folders), 2)}, not the folders in them "
                f"({listed(inner, 2)} in `{first}`): {level} takes those"
            )

    def leave_out(self, folder: Folder, why: str) -> None:
        """Leave a whole folder out, and say why."""
        self.warnings.append(f"{why}: {pictures(folder.count)} left out")
        self.told += folder.count

    def empty_classes(self, folders: Iterable[Names]) -> list[str]:
        """A line for each folder beside those of classes that holds no picture."""
        classes = {one.label for one in self.found}
        named = {
            path[-1]
            for path in folders
            if path and path[:-1] in self.parents and not is_unlabelled(path[-1])
        }
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
