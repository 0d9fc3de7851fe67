"""What a Python program gives to train on: pairs, dictionaries, data frames, data sets; an .npz."""

from __future__ import annotations

import lzma
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from convlens.data.forms import as_array, is_array
from convlens.data.memory import physical_memory
from convlens.data.names import printable
from convlens.data.sources.arrays import ARRAYS, KEYS, Block, source_of_blocks
from convlens.data.sources.joining import joined
from convlens.data.sources.missing import is_missing
from convlens.data.sources.parts import part_of
from convlens.data.sources.source import Part, Source
from convlens.data.sources.table import FILES, LABELS
from convlens.data.sources.table import PARTS as PART_COLUMNS
from convlens.errors import DataError

_PARTS: dict[str, Part] = {
    "train": "train", "training": "train",
    "val": "validation", "valid": "validation", "validation": "validation", "dev": "validation",
    "test": "test", "testing": "test",
}  # fmt: skip
_IMAGES = ("x", "images", "data")
_LABELS = ("y", "labels", "target", "targets")
_CLASSES = "classes"
_CLASS_COLUMNS = tuple(name for name in LABELS if name != _CLASSES)
_RESERVED = frozenset((*_IMAGES, *_LABELS, *FILES, *LABELS, *PART_COLUMNS, *_PARTS))
"""Keys that say what an array is; in a dictionary with any of them no key is a class."""

_DAMAGE = (
    OSError, EOFError, MemoryError, RuntimeError, NotImplementedError, SyntaxError, TypeError,
    KeyError, OverflowError, struct.error, zlib.error, lzma.LZMAError, tokenize.TokenError,
)  # fmt: skip
"""What zipfile and numpy raise for damaged, encrypted or foreign files of arrays."""

FORMS = (
    "give a path, `digits`, a pair (images, labels), a dictionary of parts or of classes, a data "
    "frame with columns `file` and `label`, or a data set whose items are (image, label)"
)

OpenPath = Callable[[str | Path], Source]


def open_given(data: object, open_path: OpenPath) -> Source:
    """Return the source of what a program holds; ``open_path`` opens the paths among it.

    Raises DataError, with a hint, for anything that is no pictures with labels.
    """
    if isinstance(data, Mapping):
        return open_mapping(data, open_path=open_path)
    blocks, name, classes = _blocks(data, None)
    return source_of_blocks(name, blocks, classes)


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
    except _DAMAGE as error:
        reason = printable(str(error) or type(error).__name__)[:80]
        message = f"{name} cannot be read: {reason}"
        raise DataError(message, "save it again with np.savez") from error
    return open_mapping(arrays, name)


def open_mapping(
    given: Mapping[Any, Any], name: str = ARRAYS, open_path: OpenPath | None = None
) -> Source:
    """Return the source in a dictionary.

    That is of parts (``{"train": (x, y), …}``, each part anything that ``train`` takes), of arrays
    keyed as in an .npz, of the columns of a table, or of classes, each with a list of its pictures.
    A file of arrays, which has no ``open_path``, is read by its keys alone.
    """
    keyed = {_plain(key): value for key, value in given.items()}
    classes = keyed.pop(_CLASSES, None)
    if open_path is not None and any(_is_part(key, value) for key, value in keyed.items()):
        return _open_parts(keyed, classes, open_path)
    blocks = _keyed(keyed, None, name)
    if not blocks and open_path is not None and _by_class(given):
        blocks = _classes(given, None)
    if not blocks:
        keys = ", ".join(printable(key) for key in list(keyed)[:8]) or "none"
        raise DataError(f"{name} has no pictures with labels among its keys: {keys}", KEYS)
    parts = {block.part for block in blocks}
    if None in parts and len(parts) > 1:
        raise DataError(f"{name} has pictures both with and without a part", KEYS)
    if None not in parts and "train" not in parts:
        raise DataError(f"{name} has no training part", KEYS)
    return source_of_blocks(name, blocks, classes)


def _plain(key: object) -> str:
    return str(key).strip().casefold().replace(" ", "_")


def _is_part(key: str, value: object) -> bool:
    """Whether an entry is a part by itself: not an array among others that are keyed by part."""
    return key in _PARTS and (not is_array(value) or _is_frame(value))


def _open_parts(given: Mapping[str, Any], classes: object, open_path: OpenPath) -> Source:
    sources: dict[Part, Source] = {}
    blocks: list[Block] = []
    other = next((key for key in given if key not in _PARTS), None)
    if other is not None:
        message = f"`{printable(other)}` is no part like train, validation or test"
        raise DataError(message, "give parts only, or classes only, none of which is called so")
    for key, value in given.items():
        part = _PARTS[key]
        if part in sources or any(block.part == part for block in blocks):
            raise DataError(f"there are two {part} parts", "give each part once")
        if isinstance(value, str | Path):
            sources[part] = open_path(value)
            continue
        found, _, names = _blocks(value, part)
        blocks += found
        classes = names if classes is None else classes
    if "train" not in sources and not any(block.part == "train" for block in blocks):
        raise DataError("there is no training part", "give {'train': …, 'test': …}")
    if sources and blocks:
        message = f"the {blocks[0].part} part is no path, as the {next(iter(sources))} part is"
        raise DataError(message, "give paths for all parts, or for none")
    if sources:
        return joined(sources)
    return source_of_blocks(ARRAYS, blocks, classes)


def _blocks(given: Any, part: Part | None) -> tuple[list[Block], str, object]:
    """What one part is made of; its name; and the names of its classes, if it tells them."""
    where = f"the {part} part" if part else "the data"
    if isinstance(given, Mapping):
        keyed = {_plain(key): value for key, value in given.items()}
        classes = keyed.pop(_CLASSES, None)
        blocks = _keyed(keyed, part, where)
        if not blocks and _by_class(given, 1 if part else 2):
            blocks = _classes(given, part)
        if not blocks or any(block.part != part for block in blocks):
            keys = ", ".join(printable(key) for key in list(keyed)[:8]) or "none"
            raise DataError(f"{where} has no pictures with labels among its keys: {keys}", KEYS)
        return blocks, ARRAYS, classes
    if _is_frame(given):
        return _table({str(name): given[name] for name in given.columns}, part), "the table", None
    if isinstance(given, tuple | list):
        if len(given) != 2:
            raise DataError(f"{len(given)} values are not a pair of images and labels", KEYS)
        return [Block(given[0], given[1], part)], ARRAYS, None
    if hasattr(given, "__getitem__") and hasattr(given, "__len__") and not is_array(given):
        return [Block(*_read_items(given), part)], type(given).__name__, _classes_of(given)
    kind = type(given).__name__
    hint = FORMS
    if hasattr(getattr(given, "dataset", None), "__getitem__"):
        hint = "give the data set itself: its `.dataset`"
    elif hasattr(given, "__iter__") and not is_array(given):
        hint = "give what has a length and items by number, or a pair (images, labels) of lists"
    raise DataError(f"pictures cannot be read from a {kind}", hint)


def _keyed(keyed: Mapping[str, Any], part: Part | None, name: str) -> list[Block]:
    """Blocks of arrays keyed as in an .npz, or else of the columns of a table."""
    blocks: list[Block] = []
    suffixes: dict[str, Part | None] = {"": part}
    for suffix, called in (suffixes | (_PARTS if part is None else {})).items():
        images, labels = _find(keyed, _IMAGES, suffix), _find(keyed, _LABELS, suffix)
        if images is not None and labels is not None:
            if any(block.part == called for block in blocks):
                raise DataError(f"{name} has two {called} parts", "give each part once")
            blocks.append(Block(images, labels, called))
    if blocks or _find(keyed, FILES) is None or _find(keyed, _CLASS_COLUMNS) is None:
        return blocks
    return _table(keyed, part)


def _find(keyed: Mapping[str, Any], stems: tuple[str, ...], suffix: str = "") -> Any:
    """The array under one of several names. Raises DataError where it is there under two."""
    found = [
        key
        for stem in stems
        for key in ((f"{stem}_{suffix}", f"{suffix}_{stem}") if suffix else (stem,))
        if key in keyed
    ]
    if len(found) > 1 and stems in (_IMAGES, _LABELS):
        message = f"`{printable(found[0])}` and `{printable(found[1])}` may both be meant"
        raise DataError(message, KEYS)
    return keyed[found[0]] if found else None


def _is_frame(value: object) -> bool:
    """Whether ``value`` is a data frame, of pandas or Polars."""
    return hasattr(value, "columns") and hasattr(value, "to_numpy")


def _table(columns: Mapping[str, Any], part: Part | None) -> list[Block]:
    """Blocks of the rows of a table, one for each part that it names."""
    called = {_plain(name): name for name in columns}
    chosen = [
        next((columns[called[name]] for name in names if name in called), None)
        for names in (FILES, LABELS, PART_COLUMNS)
    ]
    for column, what in zip(chosen, ("pictures", "labels"), strict=False):
        if column is None:
            named = ", ".join(f"`{printable(str(name))}`" for name in list(columns)[:8]) or "none"
            message = f"the table has no column for the {what}; its columns: {named}"
            raise DataError(message, "call its columns `file` and `label`, and `split` for parts")
    pictures, labels, parts = (None if one is None else _listed(one) for one in chosen)
    if pictures is None or labels is None or parts is None or part is not None:
        return [Block(pictures, labels, part)]
    if not len(pictures) == len(labels) == len(parts):
        counts = f"{len(pictures):,}, {len(labels):,} and {len(parts):,}"
        raise DataError(
            f"the columns of the table have {counts} rows", "give columns of one length"
        )
    rows: dict[Part | None, list[int]] = {}
    for number, told in enumerate(parts):
        rows.setdefault(_part(told, number), []).append(number)
    if None in rows and len(rows) > 1:
        message = f"the table gives some pictures a part and others none (row {rows[None][0]})"
        raise DataError(message, "give every row a part, or none")
    if None not in rows and "train" not in rows:
        raise DataError("the table has no training part", "put `train` in some rows of `split`")
    return [
        Block([pictures[n] for n in own], [labels[n] for n in own], called_part, "", own)
        for called_part, own in rows.items()
    ]


def _listed(column: Any) -> list[Any]:
    if isinstance(column, np.ma.MaskedArray):
        return list(column.tolist())
    return list(column)


def _part(told: object, number: int) -> Part | None:
    if is_missing(told):
        return None
    part = part_of(str(told))
    if part is None:
        message = f"row {number} of the table is in the unknown part `{printable(str(told))}`"
        raise DataError(message, "write train, validation or test")
    return part


def _by_class(given: Mapping[Any, Any], least: int = 2) -> bool:
    """Whether a dictionary can only be classes, ``least`` or more, each with its pictures."""
    if len(given) < least or any(_plain(key) in _RESERVED for key in given):
        return False
    return all(
        isinstance(value, list | tuple)
        or (is_array(value) and (getattr(value, "ndim", 0) > 2 or _is_column(value)))
        for value in given.values()
    )


def _is_column(value: Any) -> bool:
    """Whether an array is one of paths or objects, and not of numbers."""
    return getattr(value, "ndim", 0) == 1 and getattr(value.dtype, "kind", "O") not in "biufc"


def _classes(given: Mapping[Any, Any], part: Part | None) -> list[Block]:
    """A block for each class; the keys are labels."""
    whole = all(isinstance(key, int) for key in given)
    return [
        Block(pictures, [key if whole else str(key)] * len(pictures), part, printable(str(key)))
        for key, pictures in given.items()
    ]


def _read_items(data: Any) -> tuple[list[Any], list[Any]]:
    """The pictures and labels of a data set, read once."""
    name = type(data).__name__
    room = physical_memory() // 4
    pictures, labels = [], []
    for number in range(len(data)):
        try:
            item = data[number]
        except Exception as error:  # whatever the user's own code raises
            reason = f"{type(error).__name__}: {printable(str(error))[:80]}"
            raise DataError(f"{name}: item {number} cannot be read ({reason})") from error
        if not isinstance(item, tuple | list) or len(item) != 2:
            kind = f"{len(item)} values" if isinstance(item, tuple | list) else type(item).__name__
            message = f"{name}: item {number} is no pair (image, label), but {kind}"
            raise DataError(message, "give a pair of lists instead: (images, labels)")
        picture, label = item
        if is_array(picture):
            picture = as_array(picture)
        room -= getattr(picture, "nbytes", 0)
        if room < 0:
            message = f"the pictures of {name} do not fit into a quarter of the memory"
            raise DataError(message, "give a pair (paths, labels): files are read as needed")
        pictures.append(picture)
        labels.append(label)
    return pictures, labels


def _classes_of(data: Any) -> object:
    """The names of its classes that a data set tells, as torchvision's do; also of a subset."""
    for _ in range(4):
        names = getattr(data, "classes", None)
        if isinstance(names, list | tuple) and all(isinstance(one, str) for one in names):
            return names
        data = getattr(data, "dataset", None)
    return None
