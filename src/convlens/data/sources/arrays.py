"""Pictures that are arrays already: an ``.npz`` file, or what a Python program holds."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from convlens.data.colours import GREY_MODES, is_deep, to_eight_bits
from convlens.data.limits import UnreadableError
from convlens.data.memory import physical_memory
from convlens.data.metadata import orientation, turned
from convlens.data.names import printable
from convlens.data.pixels import as_batch, as_picture, plain_or_deep
from convlens.data.sources.paths import is_paths, open_paths
from convlens.data.sources.source import Item, Kind, Part, Source
from convlens.errors import DataError

KEYS = "name the arrays x and y, or x_train, y_train, x_test and y_test"

Pair = tuple[Any, Any]

_IMAGES = ("x", "images", "data")
_LABELS = ("y", "labels", "target", "targets")
_PARTS: dict[str, Part] = {
    "train": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
}


def open_npz(path: Path) -> Source:
    """Read an ``.npz`` of pictures and labels, without unpickling anything.

    Raises DataError for a damaged file, unknown keys, Python objects, or more than half the memory.
    """
    name = printable(path.name)
    try:
        with zipfile.ZipFile(path) as packed:
            unpacked = sum(member.file_size for member in packed.infolist())
        if unpacked > physical_memory() // 2:
            raise DataError(f"{name} takes {unpacked:,} bytes unpacked, over half of the memory")
        with np.load(path, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
    except zipfile.BadZipFile as error:
        raise DataError(f"{name} is not an .npz file, or damaged") from error
    except ValueError as error:
        if "pickle" in str(error):
            raise DataError(f"{name} holds Python objects, which are not read", KEYS) from error
        raise DataError(f"{name} is damaged: {printable(str(error))[:80]}") from error
    except (OSError, EOFError, MemoryError) as error:
        raise DataError(f"{name} cannot be read: {printable(str(error))[:80]}") from error
    return open_mapping(arrays, name)


def open_mapping(arrays: Mapping[str, Any], name: str = "arrays") -> Source:
    """Return the source in a dict: ``{"train": (x, y), …}``, or arrays keyed as in an .npz."""
    parts: dict[Part | None, Pair] = {}
    given = {str(key).lower(): value for key, value in arrays.items()}
    classes = given.pop("classes", None)
    for key, value in given.items():
        if key in _PARTS and isinstance(value, tuple | list) and len(value) == 2:
            parts[_PARTS[key]] = (value[0], value[1])
    for suffix, part in ({"": None} | _PARTS).items():
        images = _find(given, _IMAGES, suffix)
        labels = _find(given, _LABELS, suffix)
        if images is not None and labels is not None:
            parts[part] = (images, labels)
    if not parts:
        keys = ", ".join(printable(key) for key in list(given)[:8]) or "none"
        raise DataError(f"{name} has no pictures with labels among its keys: {keys}", KEYS)
    if None in parts and len(parts) > 1:
        raise DataError(f"{name} has pictures both with and without a part", KEYS)
    if None not in parts and "train" not in parts:
        raise DataError(f"{name} has no training part", KEYS)
    return source_of_parts("arrays", name, parts, classes)


def open_pair(pair: tuple[Any, ...]) -> Source:
    """Return the source in a pair ``(images, labels)``."""
    if len(pair) != 2:
        raise DataError(f"{len(pair)} values are not a pair of images and labels", KEYS)
    images, labels = pair
    if getattr(images, "ndim", None) == 1:
        images = list(images)  # a column of paths, from pandas or numpy
    if is_paths(images):
        return open_paths([Path(path) for path in images], *classed(labels, "the list"))
    return source_of_parts("arrays", "arrays", {None: (images, labels)})


def source_of_parts(
    kind: Kind, name: str, parts: Mapping[Part | None, Pair], classes: object = None
) -> Source:
    """Return a source of pictures in memory; ``classes`` names the indices, where it is given."""
    labels = {part: _labels(pair[1], name) for part, pair in parts.items()}
    filled = [values for values in labels.values() if len(values)]
    if len({values.dtype.kind for values in filled}) > 1:
        raise DataError(f"{name}: labels are numbers in one part and strings in another")
    if not filled:
        raise DataError(f"{name} holds no pictures", KEYS)
    names, index = _classes(np.concatenate(filled), classes, name)
    items: list[Item] = []
    for part, pictures in _pictures(parts, name).items():
        if len(pictures) != len(labels[part]):
            message = f"{name} has {len(pictures):,} pictures but {len(labels[part]):,} labels"
            raise DataError(message, "give one label for each picture")
        prefix = f"{part}/" if part else ""
        items += [
            Item(f"{prefix}{number:06d}", index[label], part, picture.nbytes, picture)
            for number, (picture, label) in enumerate(
                zip(pictures, labels[part].tolist(), strict=True)
            )
        ]
    return Source(kind, name, names, tuple(items))


def classed(values: object, name: str) -> tuple[tuple[str, ...], list[int]]:
    """Return the classes that labels name, sorted, and the index of each label."""
    labels = _labels(values, name)
    names, index = _classes(labels, None, name)
    return names, [index[label] for label in labels.tolist()]


def _find(arrays: Mapping[str, Any], stems: tuple[str, ...], suffix: str) -> object:
    for stem in stems:
        for key in (f"{stem}_{suffix}", f"{suffix}_{stem}") if suffix else (stem,):
            if key in arrays:
                return arrays[key]
    return None


def _pictures(
    parts: Mapping[Part | None, Pair], name: str
) -> dict[Part | None, list[NDArray[Any]]]:
    """Return the pictures (H, W, C) of each part: bytes, or numbers that want a common range."""
    batches = {part: _batches(images, name) for part, (images, _) in parts.items()}
    with _refused(name):
        told = iter(plain_or_deep([one for those in batches.values() for one in those]))
    return {
        part: [picture for _ in those for picture in next(told)] for part, those in batches.items()
    }


def _batches(images: object, name: str) -> list[NDArray[Any]]:
    """Return pictures (n, H, W, C) of any numbers, those of one shape and kind together."""
    with _refused(name):
        if isinstance(images, np.ndarray):
            return [as_batch(images)]
        arrays = [_array(image) for image in cast(Sequence[object], images)]
        if len({(array.shape, array.dtype) for array in arrays}) == 1:
            return [as_batch(np.stack(arrays))]
        return [as_picture(array)[None] for array in arrays]


@contextmanager
def _refused(name: str) -> Iterator[None]:
    try:
        yield
    except (UnreadableError, ValueError, TypeError) as error:
        hint = "give (N, H, W), (N, H, W, C) or (N, C, H, W), uint8 or other numbers"
        raise DataError(f"{name}: {error}", hint) from error


def _array(image: object) -> NDArray[Any]:
    if isinstance(image, Image.Image):
        image.load()
        image = turned(image, orientation(image))
        if image.has_transparency_data:
            image = image.convert("RGBA")
        elif not is_deep(image.mode):
            image = to_eight_bits(image, "L" if image.mode in GREY_MODES else "RGB", None)
    return np.asarray(image)


def _labels(values: object, name: str) -> NDArray[Any]:
    labels = np.asarray(values)
    if labels.dtype.kind == "O" and all(isinstance(label, str) for label in labels.flat):
        labels = labels.astype(str)  # as pandas holds them
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        message = f"{name}: labels of shape {labels.shape} are not one per picture"
        raise DataError(message, "give one label for each picture; of one-hot rows `.argmax(1)`")
    if labels.dtype.kind == "S":
        return np.char.decode(labels, "utf-8", "backslashreplace")
    if labels.dtype.kind in "biu" or not labels.size:
        return labels.astype(np.int64)
    if labels.dtype.kind != "U":
        message = f"{name}: labels of the kind {labels.dtype} name no classes"
        raise DataError(message, "give whole numbers or strings")
    return labels


def _classes(
    labels: NDArray[Any], given: object, name: str
) -> tuple[tuple[str, ...], dict[Any, int]]:
    """Return the names of the classes, and the index of each label."""
    values = np.unique(labels).tolist()
    if given is None:
        return tuple(printable(str(v)) for v in values), {v: i for i, v in enumerate(values)}
    names = tuple(_text(v) for v in np.asarray(given).ravel().tolist())
    if len(set(names)) != len(names):
        raise DataError(f"{name}: `classes` names a class twice")
    by_name = labels.dtype.kind == "U"
    index: dict[Any, int] = {v: i for i, v in enumerate(names if by_name else range(len(names)))}
    unknown = [value for value in values if value not in index]
    if unknown:
        message = f"{name}: the label `{printable(str(unknown[0]))}` is not among `classes`"
        raise DataError(message, "labels are indices from 0, or the names themselves")
    return names, index


def _text(value: object) -> str:
    return printable(
        value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
    )
