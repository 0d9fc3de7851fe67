"""A list of paths with a label for each, as a Python program holds them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from convlens.data.names import printable
from convlens.data.pictures import Skipped
from convlens.data.sources.source import Item, Source
from convlens.errors import DataError


def is_paths(images: object) -> bool:
    """Tell whether ``images`` is a list of paths, and not of pictures."""
    return (
        isinstance(images, list | tuple)
        and bool(images)
        and all(isinstance(image, str | Path) for image in images)
    )


def open_paths(paths: Sequence[Path], classes: tuple[str, ...], labels: Sequence[int]) -> Source:
    """Return the source of files; ``labels`` holds an index into ``classes`` for each."""
    if len(paths) != len(labels):
        message = f"the list has {len(paths):,} paths but {len(labels):,} labels"
        raise DataError(message, "give one label for each picture")
    items: list[Item] = []
    skipped: list[Skipped] = []
    for number, (path, label) in enumerate(zip(paths, labels, strict=True)):
        shown = printable(str(path))
        try:
            status = path.expanduser().stat()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "cannot be read"
            skipped.append(Skipped(shown, reason.lower()))
            continue
        stamp = hash((status.st_mtime_ns, status.st_ctime_ns))
        place = str(path.expanduser().absolute())
        items.append(Item(f"{number:06d} {shown}", label, None, status.st_size, place, stamp))
    if not items:
        first = skipped[0]
        raise DataError(f"none of {len(paths):,} paths can be read: {first.file}: {first.reason}")
    return Source("files", "the list", classes, tuple(items), tuple(skipped))
