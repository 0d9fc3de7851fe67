"""Which pictures are the same picture, whether resized, recompressed or mirrored; without torch.

    alike = likeness(pixels)        # (N, H, W, C) uint8, once for each picture
    groups(alike)                   # (N,) one number for all that are the same picture
    pairs(alike)                    # who resembles whom, and how closely

A picture is described by the waves of its brightness, as a perceptual hash is: the low frequencies
of its cosine transform, ring by ring of equal frequency, each ring brought to the same length.
Resizing takes from all waves of a ring alike, so it leaves the description as it is; recompression
hardly touches low frequencies; and mirroring turns the sign of the waves that are odd from left to
right, so that one comparison serves both ways.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree
from scipy.spatial import cKDTree

from convlens.data.loading import default_workers

# Groups are kept between runs: what changes them, here or below, raises the cache's version.

NEAR = 0.075
"""Distance of two descriptions, 0 to 1.4, up to which they are of one picture.

Chosen on MNIST, whose digits are more alike than most pictures: see docs/journal.md.
"""

LEAST_CONTRAST = 1.0
"""Levels; a picture with less shows nothing to compare."""

_HIGHEST = 10  # waves across the picture
_FLOOR = 0.05  # of all contrast: a ring with less is noise, and not blown up to full length
_TONE = 16.0  # levels by which the mean colours of one picture may differ
_FADED = 0.6  # of the contrast that may be left after resizing
_BLOCK = 1024  # pictures compared at a time
_MOST_THREADS = 4  # each holds a block of pictures as floats
_DIRECTIONS = 6  # in which neighbours are looked for: more part better, but take longer
_MOST_CANDIDATES = 100  # neighbours of a picture in the mean, above which blocks are quicker
_SAMPLE = 500  # pictures that the mean is taken over
_FLOOD = 4 * _BLOCK  # pairs from two blocks, above which only enough are kept to join them
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601, as JPEG weighs the channels

Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class Likeness:
    """Descriptions of N pictures.

    ``even`` (N, E) and ``odd`` (N, O) float32, together of length 1 (0 for a blank picture): the
    waves that stay and those that change sign when the picture is mirrored. ``contrast`` (N,) in
    levels, ``tones`` (N, 2·C) the mean colour above and below the middle, ``codes`` (N,) uint64
    the same for equal pixels.
    """

    even: NDArray[np.float32]
    odd: NDArray[np.float32]
    contrast: NDArray[np.float32]
    tones: NDArray[np.float32]
    codes: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.codes)


@dataclass(frozen=True, eq=False, slots=True)
class Pairs:
    """P pairs of like pictures: ``first`` < ``second`` (P,) int64, sorted.

    ``distance`` (P,) float32 is 0 for equal pixels; ``mirrored`` (P,) says that one is the other's
    mirror image.
    """

    first: Indices
    second: Indices
    distance: NDArray[np.float32]
    mirrored: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.first)


def likeness(pixels: NDArray[np.uint8]) -> Likeness:
    """Describe pictures ``(N, H, W, C)`` uint8, C 1 or 3; 28 to 64 pixels a side serve best."""
    count, height, width, channels = pixels.shape
    rings, turned = _rings(height, width)
    measures = _measures(height, width, channels)
    found = np.empty((count, len(rings)), np.float32)
    contrast = np.empty(count, np.float32)
    tones = np.empty((count, 2 * channels), np.float32)

    def describe(start: int) -> None:
        block = pixels[start : start + _BLOCK].reshape(-1, len(measures))
        rows = slice(start, start + len(block))
        measured = block.astype(np.float32) @ measures
        found[rows], whole = _levelled(measured[:, : len(rings)], rings)
        contrast[rows] = whole / np.sqrt(height * width)
        tones[rows] = measured[:, len(rings) :]

    with ThreadPoolExecutor(min(default_workers(), _MOST_THREADS)) as threads:
        list(threads.map(describe, range(0, count, _BLOCK)))
    even, odd = np.ascontiguousarray(found[:, ~turned]), np.ascontiguousarray(found[:, turned])
    return Likeness(even, odd, contrast, tones, _codes(pixels))


def groups(alike: Likeness, threshold: float = NEAR) -> Indices:
    """Number the pictures ``(N,)`` int64: equal numbers for those that are joined by pairs.

    A group's number is the smallest index in it, so that a picture like no other has its own.
    """
    found = pairs(alike, threshold)
    return joined(len(alike), found.first, found.second)


def joined(count: int, first: Indices, second: Indices) -> Indices:
    """The groups ``(count,)`` that pairs join, each numbered by its smallest index."""
    edges = coo_matrix((np.ones(len(first), np.int8), (first, second)), (count, count))
    _, group = connected_components(edges, directed=False)
    _, leaders = np.unique(group, return_index=True)
    return np.asarray(leaders[group], np.int64)


def pairs(alike: Likeness, threshold: float = NEAR) -> Pairs:
    """The pairs of pictures whose descriptions are at most ``threshold`` apart.

    Of many equal pictures each is paired with the first alone; and where thousands are alike,
    only as many pairs are given as join them.
    """
    _, leaders, inverse = np.unique(alike.codes, return_index=True, return_inverse=True)
    first = leaders[inverse].astype(np.int64)
    copies = np.flatnonzero(first != np.arange(len(alike)))
    i, j, distance, mirrored = _near(alike, np.sort(leaders), threshold)
    i, j = np.concatenate([first[copies], i]), np.concatenate([copies, j])
    distance = np.concatenate([np.zeros(len(copies), np.float32), distance])
    mirrored = np.concatenate([np.zeros(len(copies), np.bool_), mirrored])
    low, high = np.minimum(i, j), np.maximum(i, j)
    order = np.lexsort((high, low))
    return Pairs(low[order], high[order], distance[order], mirrored[order])


def distances(alike: Likeness, first: Indices, second: Indices) -> NDArray[np.float32]:
    """How far apart pairs (P,) are, 0 to 1.4; infinity where colour or contrast tells them apart.

    So it is for a picture that shows nothing to compare.
    """
    straight = np.einsum("nd,nd->n", alike.even[first], alike.even[second])
    turned = np.einsum("nd,nd->n", alike.odd[first], alike.odd[second])
    _, _, distance, _ = _found(first, second, straight + np.abs(turned), turned)
    shown = np.minimum(alike.contrast[first], alike.contrast[second]) >= LEAST_CONTRAST
    agreeing = shown & _agreeing(alike, first, second)
    return np.where(agreeing, distance, np.float32(np.inf)).astype(np.float32)


def _waves(side: int) -> NDArray[np.float32]:
    """The cosine waves ``(B, side)`` of a line, as rows of length 1 (the DCT-II)."""
    count = min(side, _HIGHEST + 1)
    places = (np.arange(side) + 0.5) / side
    waves = np.cos(np.pi * np.arange(count)[:, None] * places) * np.sqrt(2 / side)
    waves[0] /= np.sqrt(2)
    return np.asarray(waves, np.float32)


def _rings(height: int, width: int) -> tuple[Indices, NDArray[np.bool_]]:
    """For each pair of waves that counts its ring, and whether mirroring turns its sign, (D,)."""
    v, u = np.indices((len(_waves(height)), len(_waves(width)))).reshape(2, -1)
    rings = np.rint(np.hypot(u, v)).astype(np.int64)
    kept = _kept(height, width)
    return rings[kept], (u % 2 == 1)[kept]


def _kept(height: int, width: int) -> NDArray[np.bool_]:
    """Which pairs of waves count: all but the mean and those beyond the last ring."""
    v, u = np.indices((len(_waves(height)), len(_waves(width)))).reshape(2, -1)
    return np.asarray((u + v > 0) & (np.hypot(u, v) <= _HIGHEST), np.bool_)


def _measures(height: int, width: int, channels: int) -> NDArray[np.float32]:
    """What a picture's values (H·W·C,) are multiplied by: (H·W·C, D + 2·C).

    The pairs of waves of its brightness, then its mean colours above and below the middle: all of
    them in one product, which is quicker than one after the other.
    """
    pairs = np.einsum("vy,ux->yxvu", _waves(height), _waves(width)).reshape(height * width, -1)
    luma = _LUMA if channels == 3 else np.ones(1, np.float32)
    waves = np.einsum("pd,c->pcd", pairs[:, _kept(height, width)], luma)
    halves = np.zeros((height, width, channels, 2, channels), np.float32)
    for half, rows in enumerate((slice(0, (height + 1) // 2), slice(height // 2, None))):
        size = halves[rows].shape[0] * width
        halves[rows, :, range(channels), half, range(channels)] = 1 / size
    parts = [part.reshape(height * width * channels, -1) for part in (waves, halves)]
    return np.ascontiguousarray(np.concatenate(parts, axis=1), np.float32)


def _levelled(
    waves: NDArray[np.float32], rings: Indices
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Descriptions (n, D) of length 1, every ring of equal weight, and the lengths (n,) before."""
    whole = np.linalg.norm(waves, axis=1)
    found = np.zeros_like(waves)
    for ring in np.unique(rings):
        part = waves[:, rings == ring]
        length = np.linalg.norm(part, axis=1) + _FLOOR * whole
        found[:, rings == ring] = part / np.maximum(length, 1e-6)[:, None]
    found /= np.maximum(np.linalg.norm(found, axis=1), 1e-6)[:, None]
    return found, np.asarray(whole, np.float32)


def _codes(pixels: NDArray[np.uint8]) -> NDArray[np.uint64]:
    digests = (
        hashlib.blake2b(np.ascontiguousarray(one).data, digest_size=8).digest() for one in pixels
    )
    return np.frombuffer(b"".join(digests), np.uint64)


Found = tuple[Indices, Indices, NDArray[np.float32], NDArray[np.bool_]]


def _near(alike: Likeness, chosen: Indices, threshold: float) -> Found:
    """Pairs among the pictures ``chosen``."""
    chosen = chosen[alike.contrast[chosen] >= LEAST_CONTRAST]
    along = _widest(alike.even[chosen])
    candidates = None
    if len(chosen) > _BLOCK:
        candidates = _neighbours(along, threshold)
    if candidates is None:
        parts = list(_by_blocks(alike, chosen, along[:, 0], threshold))
    else:
        parts = list(_by_pairs(alike, chosen[candidates], threshold))
    if not parts:
        none = np.empty(0, np.int64)
        return none, none, np.empty(0, np.float32), np.empty(0, np.bool_)
    i, j, distance, mirrored = (np.concatenate(column) for column in zip(*parts, strict=True))
    return i, j, distance, mirrored


def _neighbours(along: NDArray[np.float32], threshold: float) -> Indices | None:
    """All pairs (P, 2) at most so far apart along some directions (n, K), None where too many.

    A distance along some directions is never more than that along all, so none is missed.
    """
    tree = cKDTree(along)
    reach = threshold + 1e-5  # for the rounding of the projection
    some = along[:: max(1, len(along) // _SAMPLE)]
    if tree.query_ball_point(some, reach, return_length=True).mean() > _MOST_CANDIDATES:
        return None
    return np.asarray(tree.query_pairs(reach, output_type="ndarray"), np.int64)


def _by_pairs(alike: Likeness, candidates: Indices, threshold: float) -> Iterator[Found]:
    """Those of ``candidates`` (P, 2) that are near indeed."""
    for start in range(0, len(candidates), _FLOOD):
        i, j = candidates[start : start + _FLOOD].T
        straight = np.einsum("nd,nd->n", alike.even[i], alike.even[j])
        turned = np.einsum("nd,nd->n", alike.odd[i], alike.odd[j])
        cosine = straight + np.abs(turned)
        near = cosine >= 1 - threshold**2 / 2
        yield _verified(alike, _found(i[near], j[near], cosine[near], turned[near]))


def _by_blocks(
    alike: Likeness, chosen: Indices, along: NDArray[np.float32], threshold: float
) -> Iterator[Found]:
    """Pairs found block by block, the blocks sorted ``along`` (n,) the widest direction."""
    order = np.argsort(along, kind="stable")
    chosen, along = chosen[order], along[order]
    even, odd = alike.even[chosen], alike.odd[chosen]
    for start in range(0, len(chosen), _BLOCK):
        rows = slice(start, start + _BLOCK)
        end = int(np.searchsorted(along, along[rows][-1] + threshold, side="right"))
        for begin in range(start, end, _BLOCK):
            columns = slice(begin, min(begin + _BLOCK, end))
            straight, turned = even[rows] @ even[columns].T, odd[rows] @ odd[columns].T
            i, j = np.nonzero(straight + np.abs(turned) >= 1 - threshold**2 / 2)
            i, j = (i, j) if begin > start else (i[i < j], j[i < j])
            cosine = straight[i, j] + np.abs(turned[i, j])
            found = _found(chosen[rows][i], chosen[columns][j], cosine, turned[i, j])
            yield _thinned(_verified(alike, found))


def _found(
    i: Indices, j: Indices, cosine: NDArray[np.float32], turned: NDArray[np.float32]
) -> Found:
    distance = np.sqrt(np.maximum(2 - 2 * cosine, 0)).astype(np.float32)
    return i, j, distance, turned < 0


def _widest(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Coordinates (n, K) along the K directions in which ``values`` (n, D) spread most."""
    if len(values) < 2:
        return np.zeros((len(values), 1), np.float32)
    centred = values - values.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)
    return np.asarray(centred @ directions[:, : -_DIRECTIONS - 1 : -1], np.float32)


def _verified(alike: Likeness, found: Found) -> Found:
    """The pairs that also agree in colour and in contrast, which descriptions leave out."""
    i, j = found[0], found[1]
    kept = _agreeing(alike, i, j)
    return i[kept], j[kept], found[2][kept], found[3][kept]


def _agreeing(alike: Likeness, i: Indices, j: Indices) -> NDArray[np.bool_]:
    same_tone = np.abs(alike.tones[i] - alike.tones[j]).max(axis=1, initial=0) <= _TONE
    low = np.minimum(alike.contrast[i], alike.contrast[j])
    high = np.maximum(alike.contrast[i], alike.contrast[j])
    return np.asarray(same_tone & (low >= _FADED * high), np.bool_)


def _thinned(found: Found) -> Found:
    """The pairs, or where there is a flood of them the nearest that join the same pictures."""
    i, j, distance, mirrored = found
    if len(i) <= _FLOOD:
        return found
    places, ends = np.unique(np.concatenate([i, j]), return_inverse=True)
    weights = distance + 1e-3  # a sparse matrix leaves out zeros
    size = (len(places), len(places))
    tree = minimum_spanning_tree(csr_matrix((weights, (ends[: len(i)], ends[len(i) :])), size))
    row, column = tree.nonzero()
    kept = np.isin(ends[: len(i)] * len(places) + ends[len(i) :], row * len(places) + column)
    return i[kept], j[kept], distance[kept], mirrored[kept]
