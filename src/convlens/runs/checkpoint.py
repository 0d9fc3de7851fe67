"""A checkpoint as bytes: safetensors with a JSON document, and a checksum over every byte of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from convlens.errors import RunError

FORMAT = 1
"""Version of checkpoints that are written; newer ones are refused."""

DIGITS = 64
BLANK = "0" * DIGITS
"""Stands where the checksum comes while it is being computed."""

MOST_HEADER = 100 << 20
"""Bytes; safetensors itself reads no longer header."""

Arrays = Mapping[str, NDArray[Any]]


class DamagedError(Exception):
    """Bytes that are not a whole checkpoint as it was written."""


@dataclass(frozen=True, eq=False, slots=True)
class Checkpoint:
    """A point to go on from: ``step`` counts from 0, ``document`` is what JSON can say."""

    step: int
    tensors: Arrays
    document: Mapping[str, Any]


def to_bytes(checkpoint: Checkpoint) -> bytearray:
    """The file's content."""
    document = {"step": checkpoint.step, **checkpoint.document}
    metadata = {"format": str(FORMAT), "checksum": BLANK, "document": json.dumps(document)}
    tensors = {name: np.asarray(value, order="C") for name, value in checkpoint.tensors.items()}
    content = bytearray(save(tensors, metadata=metadata))
    place = _checksum_place(content)
    content[place] = hashlib.sha256(content).hexdigest().encode()
    return content


def from_bytes(content: bytearray) -> Checkpoint:
    """Read what ``to_bytes`` wrote.

    Raises DamagedError for anything else, RunError for what a newer version wrote.
    """
    place = _checksum_place(content)
    stated = bytes(content[place])
    content[place] = BLANK.encode()
    if hashlib.sha256(content).hexdigest().encode() != stated:
        raise DamagedError("its checksum does not agree")
    try:
        metadata = json.loads(content[8 : 8 + _header(content)])["__metadata__"]
        if int(metadata["format"]) > FORMAT:
            raise RunError(
                f"a checkpoint has format {metadata['format']}; this ConvLens reads up to {FORMAT}",
                "update ConvLens: pip install --upgrade convlens",
            )
        document = json.loads(metadata["document"])
        tensors = load(bytes(content))
        return Checkpoint(int(document.pop("step")), tensors, document)
    except (SafetensorError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise DamagedError("its content does not read") from error


def _header(content: bytearray) -> int:
    length = int.from_bytes(content[:8], "little")
    if len(content) < 8 or not 0 < length <= min(len(content) - 8, MOST_HEADER):
        raise DamagedError("it is not whole")
    return length


def _checksum_place(content: bytearray) -> slice:
    """Where the checksum stands, within the header."""
    key = b'"checksum":"'
    found = content.find(key, 8, 8 + _header(content))
    if found < 0 or content[found + len(key) + DIGITS : found + len(key) + DIGITS + 1] != b'"':
        raise DamagedError("it has no checksum")
    return slice(found + len(key), found + len(key) + DIGITS)
