"""Which pixels of the picture a value depends on: exact receptive fields.

Followed backwards from one value, layer by layer, as sets of columns, of rows and of depths.
Cells of padding are no pixels, so every step is clipped to the volume that it reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convlens.lens.opened import check_cell, check_channel, row_of
from convlens.notation import Plan, Row, Volume
from convlens.notation import layers as kinds

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of pixels: columns ``left`` to ``right`` − 1, rows ``top`` to ``bottom`` − 1."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """In pixels; 0 where nothing is seen."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """In pixels; 0 where nothing is seen."""
        return self.bottom - self.top

    def cut(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The part of ``pixels`` (H, W, C) that lies in the box, (height, width, C)."""
        return pixels[self.top : self.bottom, self.left : self.right]


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Cells of a volume (D, H, W): those in a marked column, row and depth."""

    columns: Mask
    rows: Mask
    depths: Mask

    @property
    def empty(self) -> bool:
        """Whether no cell at all is marked."""
        return not (self.columns.any() and self.rows.any() and self.depths.any())


def receptive_field(plan: Plan, layer: str, x: int, y: int, channel: int | None = None) -> Box:
    """The smallest box of pixels that holds all that a value of ``layer`` depends on.

    The value in column ``x``, row ``y`` of ``channel``, or of any channel where that is None. Exact
    through strides, dilation, padding, pooling, groups and branches, and clipped to the picture.
    Cells inside the box may yet not count where a stride or dilation steps over them. Raises
    SettingsError where there is no such layer, cell or channel.
    """
    row = row_of(plan, layer)
    check_cell(row, x, y)
    marked = _all(row.output)
    cells = Cells(_only(x, row.output.width), _only(y, row.output.height), marked.depths)
    if channel is not None:
        check_channel(row, channel)
        cells = Cells(cells.columns, cells.rows, _only(channel, row.output.depth))
    for before in reversed(_path(plan.rows, row)):
        cells = needed(before, cells)
    if cells.empty:
        return Box(0, 0, 0, 0)
    columns, rows = np.flatnonzero(cells.columns), np.flatnonzero(cells.rows)
    return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def needed(row: Row, cells: Cells) -> Cells:
    """The cells of the row's input that ``cells`` of its output depend on."""
    layer, volume = row.layer, row.input
    if cells.empty:
        return _none(volume)
    match layer:
        case kinds.Conv():
            columns, rows = _behind_window(row, layer.kernel, layer.stride, layer.dilation, cells)
            return Cells(columns, rows, _behind_groups(layer.groups, volume.depth, cells.depths))
        case kinds.Pool():
            columns, rows = _behind_window(row, layer.kernel, layer.stride, 1, cells)
            return Cells(columns, rows, cells.depths)
        case kinds.GlobalPool():
            whole = _all(volume)
            return Cells(whole.columns, whole.rows, cells.depths)
        case kinds.FullyConnected():
            return _all(volume)
        case kinds.Maxout():
            return Cells(cells.columns, cells.rows, np.repeat(cells.depths, layer.group))
        case kinds.LocalResponseNorm():
            return Cells(cells.columns, cells.rows, _neighbours(cells.depths, layer.n))
        case kinds.Residual():
            return _union(volume, [_through(branch, cells) for branch in row.branches])
        case kinds.Concat():
            ends = np.cumsum(
                [branch[-1].output.depth if branch else volume.depth for branch in row.branches]
            )
            shares = np.split(cells.depths, ends[:-1])
            parts = zip(row.branches, shares, strict=True)
            return _union(
                volume,
                [_through(b, Cells(cells.columns, cells.rows, share)) for b, share in parts],
            )
    return cells


def _path(rows: Sequence[Row], target: Row) -> list[Row]:
    """The rows that a picture goes through on its way to ``target``, which is the last."""
    for place, row in enumerate(rows):
        if row is target:
            return list(rows[: place + 1])
        for branch in row.branches:
            if inside := _path(branch, target):
                return [*rows[:place], *inside]
    return []


def _through(branch: Sequence[Row], cells: Cells) -> Cells:
    for row in reversed(branch):
        cells = needed(row, cells)
    return cells


def _union(volume: Volume, parts: Sequence[Cells]) -> Cells:
    found = _none(volume)
    for part in parts:
        if not part.empty:
            found = Cells(
                found.columns | part.columns, found.rows | part.rows, found.depths | part.depths
            )
    return found


def _behind_window(
    row: Row, kernel: tuple[int, int], stride: int, dilation: int, cells: Cells
) -> tuple[Mask, Mask]:
    sides, volume = row.padding, row.input
    columns = _behind(cells.columns, volume.width, kernel[0], stride, dilation, sides.left)
    rows = _behind(cells.rows, volume.height, kernel[1], stride, dilation, sides.top)
    return columns, rows


def _behind(cells: Mask, size: int, window: int, stride: int, dilation: int, before: int) -> Mask:
    """The cells, of ``size`` along one axis, that lie in the windows of the marked ones."""
    found = np.zeros(size, np.bool_)
    starts = np.flatnonzero(cells) * stride - before
    places = (starts[:, None] + np.arange(window) * dilation).ravel()
    found[places[(places >= 0) & (places < size)]] = True
    return found


def _behind_groups(groups: int, depth: int, filters: Mask) -> Mask:
    used = filters.reshape(groups, -1).any(axis=1)
    return np.repeat(used, depth // groups)


def _neighbours(depths: Mask, n: int) -> Mask:
    """The depths that LRN reads: ``n // 2`` before each marked one, ``(n − 1) // 2`` behind."""
    found = np.zeros_like(depths)
    for at in np.flatnonzero(depths):
        found[max(0, at - n // 2) : at + (n - 1) // 2 + 1] = True
    return found


def _only(place: int, size: int) -> Mask:
    mask = np.zeros(size, np.bool_)
    mask[place] = True
    return mask


def _all(volume: Volume) -> Cells:
    return Cells(*(np.ones(side, np.bool_) for side in volume))


def _none(volume: Volume) -> Cells:
    return Cells(*(np.zeros(side, np.bool_) for side in volume))
