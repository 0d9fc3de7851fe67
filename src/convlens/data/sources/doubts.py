"""What in the names of folders speaks against taking them for classes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import NoReturn

from convlens.data.sources.parts import HANGERS, part_of, words_of
from convlens.data.sources.spelling import spelling
from convlens.data.sources.tree import AmbiguousError, Entry, Folder, listed

NESTED = 10
"""Pictures below the folders of classes for each in one itself, from which on they are nested."""

_BESIDE = frozenset(
    ("images", "imgs", "img", "image", "jpegimages", "pics", "pictures", "photos", "files", "data",
     "dataset", "masks", "mask", "annotations", "annotation", "trimaps", "labels", "groundtruth",
     "segmentationclass", "segmentationobject", "docs", "doc", "results", "result", "runs",
     "models", "notebooks", "scripts", "src", "assets", "thumbnails", "thumbs")
)  # fmt: skip
"""Names of folders that lie beside pictures, or around all of them, and are no classes."""

_RECORDINGS = frozenset(
    ("video", "vid", "clip", "seq", "sequence", "session", "subject", "person", "patient", "scene",
     "frame", "frames", "img", "image", "shot", "take", "run", "series", "study", "case", "slide",
     "plate", "cam", "camera", "view", "sample", "user", "writer", "participant", "burst", "roll")
)  # fmt: skip

_CHUNKS = frozenset(("part", "images", "image", "imgs", "batch", "chunk", "archive", "pack", "vol"))


def level_doubt(parent: Folder) -> str | None:
    """Say why the folders in ``parent`` may be no classes, None where nothing speaks against it."""
    classes = list(parent.folders.values())
    if again := held_again(parent):
        return again
    strange = [name for name in parent.folders if is_beside(name, parent.folders)]
    if strange and len(classes) > 1:
        verb = "is a name" if len(strange) == 1 else "are names"
        return f"{listed(strange)} {verb} for what lies beside classes, or around them"
    nested = [folder for folder in classes if len(folder.files) * NESTED < folder.count]
    below = [set(folder.folders) for folder in nested]
    alike = len(below) > 1 and len(set.intersection(*below)) > 1
    count = sum(folder.count for folder in classes)
    if not alike and sum(len(folder.files) for folder in classes) * NESTED >= count:
        return None  # pictures lie in the folders themselves
    names = set().union(*below)
    inner = [one for folder in nested for one in folder.folders.values()]
    flat = not any(one.folders for one in inner)
    single = flat and all(len(one) == 1 for one in below)
    if single and (len(names) == 1 or all(_adds_nothing(folder) for folder in nested)):
        return None  # `<class>/images/<picture>`
    if flat and are_recordings(names) and not are_recordings(parent.folders):
        return None
    if len(classes) < 2 and len(names) < 2:
        return None
    shared = sorted(set.intersection(*below)) if len(below) > 1 else []
    what = f"the folders {listed(folder.name for folder in nested)}"
    if len(shared) > 1:
        return f"{what} all hold {listed(shared)}: either may be the classes"
    return (
        f"{what} hold no pictures but in folders ({listed(sorted(names))}): either may be classes"
    )


def held_again(parent: Folder) -> str | None:
    """Say which folder in ``parent`` holds others again that stand beside it: a copy of all."""
    own = {spelling(name) for name in parent.folders}
    for folder in parent.folders.values():
        again = [name for name in folder.folders if spelling(name) in own]
        if again and spelling(folder.name) not in map(spelling, again):
            return f"`{folder.name}` holds {listed(again)} again, which stand beside it"
    return None


def ask_level(name: str, doubt: str, entries: Sequence[Entry]) -> NoReturn:
    """Ask which level is the class, with what stands on each."""
    raise AmbiguousError(f"{name}: {doubt}", f"say which with --class-level N: {levels(entries)}")


def levels(entries: Sequence[Entry]) -> str:
    """What classes every level of the folders would give, and -1 where they are of several depths.

    Levels of one name only, and of nothing but parts, are left away.
    """
    depths = {len(entry.path) - 1 for entry in entries}
    told = []
    for place in range(max(depths)):
        names = {entry.path[place] for entry in entries if len(entry.path) > place + 1}
        if len(names) > 1 and not are_parts(names):
            told.append(f"level {place + 1}: {listed(sorted(names))}")
    if len(depths) > 1:
        last = {entry.path[-2] for entry in entries if len(entry.path) > 1}
        if len(last) > 1 and not are_parts(last):
            told.append(f"level -1: {listed(sorted(last))}")
    return "; ".join(told[:6]) or "no level has two; the files' names may tell: --label-by PATTERN"


def are_parts(names: Collection[str]) -> bool:
    """Whether all of several names are those of parts, of more than one."""
    found = {part_of(name) for name in names}
    return None not in found and len(found) > 1


def is_beside(name: str, siblings: Iterable[str]) -> bool:
    """Whether ``name`` is no class, unless another one is its opposite: mask, no_mask."""
    if "".join(words_of(name)) not in _BESIDE:
        return False
    words = set(words_of(name))
    return not any(words < set(words_of(other)) for other in siblings)


def are_recordings(names: Iterable[str]) -> bool:
    """Whether names are numbers of what was recorded in one go: video_1, video_12; patient007."""
    found = list(names)
    return _are_numbers_of_one_name(found) and not _RECORDINGS.isdisjoint(words_of(found[0]))


def are_chunks(names: Iterable[str]) -> bool:
    """Whether names are numbers of what was packed apart: images_part_1, images_002, batch3."""
    found = list(names)
    return _are_numbers_of_one_name(found) and not _CHUNKS.isdisjoint(words_of(found[0]))


def _are_numbers_of_one_name(names: Iterable[str]) -> bool:
    stems = {re.sub(r"\d+", "0", name.casefold()) for name in names}
    return len(stems) == 1 and "0" in stems.pop()


def _adds_nothing(folder: Folder) -> bool:
    """Whether the one folder in ``folder`` is called like it, or as what merely holds pictures."""
    (inner,) = folder.folders
    return spelling(inner) == spelling(folder.name) or inner.casefold() in HANGERS


_CAMERAS = re.compile(
    r"(img|dsc|dscn|dscf|pxl|vid|pic|mvi|gopr|image|photo|picture|frame|screenshot|scan|p|e)",
    re.IGNORECASE,
)
_PATTERNS = (
    r"^(\D+?)[ ._-]*\d",  # cat.0.jpg, american_bulldog_12.png
    r"[ ._-]([A-Za-z]+)\.\w+$",  # 0001_cat.jpg
)


def labels_in_names(names: Sequence[str]) -> str:
    """A pattern that finds labels in names of files, where one of a few does, and what it finds."""
    for pattern in _PATTERNS:
        found = [match[1] for name in names if (match := re.search(pattern, name))]
        labels = set(found)
        if any(_CAMERAS.fullmatch(label) for label in labels):
            continue
        if len(found) == len(names) and 2 <= len(labels) <= len(names) // 2:
            anywhere = pattern.replace("^(\\D+?)", "(?:^|/)([^/\\d]+?)")
            anywhere += "" if anywhere.endswith("$") else "[^/]*$"
            return f"--label-by '{anywhere}' finds {listed(sorted(labels))}"
    return ""
