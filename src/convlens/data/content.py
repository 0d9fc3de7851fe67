"""What a picture is known by again: a short hash of its pixels."""

from __future__ import annotations

import hashlib
import math

import numpy as np
from numpy.typing import NDArray

HASH_BYTES = 6
"""48 bits: a picture that was never seen is taken for one of a million with a chance of 4e-9."""


def content_hashes(store: NDArray[np.uint8], rows: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Hashes (N, 6) uint8 of the pictures at ``rows`` (N,) of a store (M, H, W, C) uint8.

    BLAKE2b of the pixels in their order. Pictures of one size hash alike where every pixel is the
    same, whatever their files are called and however they are packed.
    """
    flat = store.reshape(len(store), math.prod(store.shape[1:]))
    found = bytearray()
    for row in rows.tolist():
        found += hashlib.blake2b(flat[row].data, digest_size=HASH_BYTES).digest()
    return np.frombuffer(bytes(found), np.uint8).reshape(-1, HASH_BYTES)


def as_numbers(hashes: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Hashes (N, 6) as numbers (N,), equal where the hashes are."""
    padded = np.zeros((len(hashes), 8), np.uint8)
    padded[:, :HASH_BYTES] = hashes
    return padded.view("<u8").reshape(-1).astype(np.uint64)
