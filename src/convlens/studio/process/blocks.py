"""Answers with arrays: JSON that says where each lies in the blob, as float32 LE."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Answer(NamedTuple):
    """What a request is answered with."""

    document: Mapping[str, Any]
    blob: bytes = b""


def packed(document: Mapping[str, Any], blocks: Mapping[str, NDArray[np.floating]]) -> Answer:
    """``document`` with the place and shape of every block, the blocks one behind the other."""
    places, parts, at = {}, [], 0
    for name, values in blocks.items():
        places[name] = {"at": at, "shape": list(values.shape)}
        parts.append(np.ascontiguousarray(values, "<f4").tobytes())
        at += values.size
    return Answer({**document, "blocks": places}, b"".join(parts))


def number(value: float) -> float | None:
    """``value`` with seven digits, or None where it is no finite number."""
    return float(f"{value:.7g}") if abs(value) < float("inf") else None
