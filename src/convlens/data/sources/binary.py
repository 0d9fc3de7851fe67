"""Many pictures in one file of plain bytes: MNIST's IDX, and CIFAR's binary batches.

Sources: http://yann.lecun.com/exdb/mnist (the IDX format, at the end of the page) and
https://www.cs.toronto.edu/~kriz/cifar.html (binary version).
"""

from __future__ import annotations

import math
import re
import struct
import zlib
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from convlens.data.memory import physical_memory
from convlens.data.sources.arrays import Pair, source_of_parts
from convlens.data.sources.files import Files, Names
from convlens.data.sources.source import Part, Source
from convlens.errors import DataError

_PARTS: tuple[tuple[str, Part], ...] = (
    ("train", "train"), ("data_batch", "train"), ("t10k", "test"), ("test", "test"),
    ("val", "validation"),
)  # fmt: skip
_BYTES_OF_PICTURE = 3 * 32 * 32
_PICKLES = re.compile(r"(data|test)_batch(_[0-9]+)?|batches\.meta", re.IGNORECASE)

_PAIRS = "give images and labels, such as train-images-idx3-ubyte and train-labels-idx1-ubyte"


def open_binary(files: Files) -> Source | None:
    """Return the source in IDX files or CIFAR's batches, or None where there are neither.

    Raises DataError for damaged files, for images without labels, and for pickled batches, which
    could run any program.
    """
    names = {path: path[-1].lower() for path in files.data}
    images = [path for path, name in names.items() if "idx3" in name or "idx4" in name]
    if images:
        return _open_idx(files, sorted(images))
    batches = [path for path, name in names.items() if name.endswith(".bin")]
    if batches:
        return _open_cifar(files, sorted(batches))
    if any(_PICKLES.fullmatch(name) for name in names.values()):
        message = f"{files.name} holds CIFAR as Python pickles, which are not read"
        raise DataError(message, "download the binary version, such as cifar-10-binary.tar.gz")
    return None


def _open_idx(files: Files, images: list[Names]) -> Source:
    parts: dict[Part | None, Pair] = {}
    for path in images:
        name = path[-1]
        partner = _partner(files.data, path)
        if partner is None:
            raise DataError(f"{files.name}: there are no labels to {name}", _PAIRS)
        pictures = read_idx(name, files.read(path, files.data[path]))
        labels = read_idx(partner[-1], files.read(partner, files.data[partner]))
        _join(parts, _part(name) if len(images) > 1 else None, (pictures, labels), files.name)
    return source_of_parts("arrays", files.name, parts)


def _partner(data: Mapping[Names, object], path: Names) -> Names | None:
    """Return the path of the labels: as that of the images, but for these two words."""
    wanted = re.sub(r"idx[34]", "idx1", path[-1].lower().replace("images", "labels"))
    wanted = wanted.removesuffix(".gz")
    return next(
        (p for p in data if p[:-1] == path[:-1] and p[-1].lower().removesuffix(".gz") == wanted),
        None,
    )


def read_idx(name: str, content: bytes) -> NDArray[np.uint8]:
    """Return the array of an IDX file of bytes, packed by gzip or not."""
    if content.startswith(b"\x1f\x8b"):
        content = _unzipped(name, content)
    if len(content) < 4 or content[:3] != b"\0\0\x08":
        raise DataError(f"{name} is not an IDX file of bytes")
    axes = content[3]
    start = 4 + 4 * axes
    if axes not in (1, 3, 4) or len(content) < start:
        raise DataError(f"{name} is damaged: its header says {axes} axes")
    shape = struct.unpack_from(f">{axes}I", content, 4)
    size = math.prod(shape)
    if len(content) != start + size:
        message = f"{name} is damaged: {len(content):,} bytes, where its header says"
        raise DataError(f"{message} {start + size:,}", "get the file again: it is not whole")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


_RATIO, _ALWAYS = 200, 64 << 20
"""Of gzip: pictures that unpack to more than this many times, and more than 64 MiB, are a bomb."""


def _unzipped(name: str, content: bytes) -> bytes:
    most = min(physical_memory() // 4, max(_ALWAYS, _RATIO * len(content)))
    packer = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        found = packer.decompress(content, most)
    except zlib.error as error:
        raise DataError(f"{name} is damaged: {error}") from error
    if packer.unconsumed_tail:
        times = most // len(content)
        message = f"{name} unpacks to over {most / 1e6:,.0f} MB, {times:,} times its size"
        raise DataError(message, "unpack it yourself if you trust it")
    if not packer.eof:
        raise DataError(f"{name} is truncated", "get the file again: it is not whole")
    return found


def _open_cifar(files: Files, batches: list[Names]) -> Source:
    hundred = any(path[-1].lower() in ("train.bin", "test.bin") for path in batches)
    parts: dict[Part | None, Pair] = {}
    several = len({_part(path[-1]) for path in batches}) > 1
    for path in batches:
        pair = read_batch(path[-1], files.read(path, files.data[path]), 2 if hundred else 1)
        _join(parts, _part(path[-1]) if several else None, pair, files.name)
    return source_of_parts("arrays", files.name, parts, _class_names(files))


def read_batch(name: str, content: bytes, labels: int) -> Pair:
    """Return pictures (N, 32, 32, 3) and the last of the ``labels`` bytes in front of each."""
    record = labels + _BYTES_OF_PICTURE
    if not content or len(content) % record:
        message = f"{name} is damaged: {len(content):,} bytes are no whole records of {record:,}"
        raise DataError(message, "get the file again: it is not whole")
    table = np.frombuffer(content, np.uint8).reshape(-1, record)
    pictures = table[:, labels:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(pictures), table[:, labels - 1].astype(np.int64)


def _class_names(files: Files) -> list[str] | None:
    for path, place in files.data.items():
        if path[-1].lower() in ("batches.meta.txt", "fine_label_names.txt"):
            text = files.read(path, place).decode("utf-8", "replace")
            return [line.strip() for line in text.splitlines() if line.strip()]
    return None


def _part(name: str) -> Part | None:
    return next((part for word, part in _PARTS if word in name.lower()), None)


def _join(parts: dict[Part | None, Pair], part: Part | None, pair: Pair, name: str) -> None:
    if part not in parts:
        parts[part] = pair
        return
    images, labels = parts[part]
    if images.shape[1:] != pair[0].shape[1:]:
        raise DataError(f"{name} holds pictures of several sizes in one part")
    parts[part] = np.concatenate([images, pair[0]]), np.concatenate([labels, pair[1]])
