"""From a file as a table spells it to the file that is meant, and never to another one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from convlens.data.names import printable
from convlens.data.sources.parts import part_named, part_of
from convlens.data.sources.source import Part
from convlens.data.sources.tree import Entry, Names

NOT_THERE = "it is not there"
OUTSIDE = "leads out of the folder"

_DRIVE = re.compile(r"[A-Za-z]:")


class Matcher:
    """Finds the files of ``entries`` that rows name; ``root`` are the folders above them all.

    A name alone means the file of that name beside the table, else the only one below, with or
    without its ending; where there are folders of the row's part, one in these. A path with
    folders means the file whose own path ends with it, or is its end: as ``data/photos/red/1.png``
    may be ``red/1.png``, but never ``blue/1.png``. Where no file is spelled so, case does not
    matter.
    """

    def __init__(self, entries: Sequence[Entry], root: Names) -> None:
        self._root = root
        self._paths: dict[Names, Entry] = {}
        self._folded: dict[Names, list[Entry]] = {}
        self._named: dict[str, list[Entry]] = {}
        self._parts = {part_of(name) for entry in entries for name in entry.path[:-1]} - {None}
        self._beside: dict[Names, bool] = {}
        for entry in entries:
            self._paths[entry.path] = entry
            self._folded.setdefault(_folded(entry.path), []).append(entry)
            name = entry.path[-1].casefold()
            for key in {name, name.rpartition(".")[0]} - {""}:
                self._named.setdefault(key, []).append(entry)

    def settle(self, files: Iterable[str], folder: Names) -> None:
        """See whether a table in ``folder`` names files beside it, as most of its bare names tell.

        Then a name of which none lies there means no file in another folder.
        """
        bare = [names[0] for file in files if (read := _names(file)) for names in read[:1]
                if len(names) == 1]  # fmt: skip
        beside = sum(
            any(entry.path[:-1] == folder for entry in self._candidates((name,))) for name in bare
        )
        self._beside[folder] = len(bare) > 3 and 3 * beside >= 2 * len(bare)

    def find(self, file: str, folder: Names, part: Part | None) -> Entry | str:
        """The file that a row of ``part`` in a table in ``folder`` means, or why there is none."""
        read = _names(file)
        if read is None:
            return OUTSIDE
        names, rooted = read
        if ".." in names:
            resolved = self._resolved(names, folder, rooted)
            if resolved is None:
                return OUTSIDE
            names, rooted = resolved, False
            if names in self._paths:
                return self._paths[names]
            folder = ()
        if not rooted:
            for path in ((*folder, *names), names):
                if path in self._paths and (len(names) > 1 or _fits(self._paths[path], part)):
                    return self._paths[path]
        elif names[: len(self._root)] == self._root and names[len(self._root) :] in self._paths:
            return self._paths[names[len(self._root) :]]
        return self._alike(names, folder, part, rooted)

    def _resolved(self, names: Names, folder: Names, rooted: bool) -> Names | None:
        """``names`` without ``..``, counted from the root of the source; None outside of it."""
        whole: list[str] = [] if rooted else [*self._root, *folder]
        for name in names:
            if name != "..":
                whole.append(name)
            elif whole:
                whole.pop()
            else:
                return None
        inside = tuple(whole[: len(self._root)]) == self._root
        return tuple(whole[len(self._root) :]) if inside and len(whole) > len(self._root) else None

    def _alike(self, names: Names, folder: Names, part: Part | None, rooted: bool) -> Entry | str:
        if len(names) > 1 or rooted:
            found = [e for e in self._candidates(names) if self._is_end(e, names, rooted)]
        else:
            found = [
                entry
                for entry in self._candidates(names)
                if entry.path[: len(folder)] == folder
                and (entry.path[:-1] == folder or not self._beside.get(folder))
                and (_lies_in(entry, part) if part in self._parts else _fits(entry, part))
            ]
        found = _best(found, names)
        if len(found) == 1:
            return found[0]
        if found:
            return f"{len(found)} files are called so"
        return OUTSIDE if rooted and not self._candidates(names) else NOT_THERE

    def _candidates(self, names: Names) -> list[Entry]:
        name = names[-1].casefold()
        stem = name.rpartition(".")[0]
        exact = self._named.get(name, [])
        # `a.jpg` of a table may be `a.png` on the disk only where the table gives no ending
        return exact or [e for e in self._named.get(stem, []) if e.path[-1].casefold() == stem]

    def _is_end(self, entry: Entry, names: Names, rooted: bool) -> bool:
        """Whether the path of ``entry`` ends as ``names`` do, as far as either of them goes."""
        whole = (*_folded(self._root), *_bare(_folded(entry.path), names))
        wanted = _folded(names)
        same = 0
        for one, other in zip(reversed(whole), reversed(wanted), strict=False):
            if one != other:
                break
            same += 1
        if same == len(wanted):
            return not rooted or same > 1 or len(self._root) + len(entry.path) == same
        if same < max(len(entry.path), 2):
            return False
        above = names[-same - 1]
        own = whole[-same - 1] if len(whole) > same else ""
        return rooted or part_named(above) is None or part_of(own) == part_of(above)


def _fits(entry: Entry, part: Part | None) -> bool:
    """Whether ``entry`` lies in no folder of another part than ``part``."""
    if part is None:
        return True
    return all(part_named(name) in (None, part) for name in entry.path[:-1]) and all(
        part_of(name) in (None, part) for name in entry.path[:1] if len(entry.path) > 1
    )


def _lies_in(entry: Entry, part: Part | None) -> bool:
    """Whether ``entry`` lies in a folder of ``part``."""
    return any(part_of(name) == part for name in entry.path[:-1])


def _best(found: list[Entry], names: Names) -> list[Entry]:
    """Of several only those spelled just so, where there are such."""
    for exact in (
        [entry for entry in found if entry.path[-len(names) :] == names],
        [entry for entry in found if entry.path[-1] == names[-1]],
        [entry for entry in found if entry.path[-1].rpartition(".")[0] == names[-1]],
    ):
        if exact:
            return exact
    return found


def _bare(path: Names, names: Names) -> Names:
    """``path`` without its ending where ``names`` come without one."""
    stem = path[-1].rpartition(".")[0]
    return (*path[:-1], stem) if stem and stem == names[-1].casefold() else path


def _folded(path: Iterable[str]) -> Names:
    return tuple(name.casefold() for name in path)


def _names(file: str) -> tuple[Names, bool] | None:
    """The names in a path of either kind of slash, and whether it starts at a root."""
    text = file.replace("\\", "/")
    text = re.sub(r"^file:/+", "/", text)
    names = tuple(printable(name) for name in text.split("/") if name not in ("", "."))
    if not names or text.endswith("/"):
        return None
    rooted = text.startswith("/")
    if _DRIVE.fullmatch(names[0]):
        return (names[1:], True) if len(names) > 1 else None
    return names, rooted
