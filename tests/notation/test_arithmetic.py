from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convlens.notation import Architecture
from convlens.notation.arithmetic import Axis, TooLarge, Uneven, axis, dilated
from convlens.notation.volumes import Sides

sizes, windows, strides = st.integers(1, 40), st.integers(1, 9), st.integers(1, 6)


def begins(size: int, window: int, stride: int, pad: int, *, overhang: bool) -> list[int]:
    """Where windows begin, slid by hand over ``size`` cells between two times ``pad`` zeros."""
    starts, at = [], 0
    while at + window <= size + 2 * pad:
        starts.append(at)
        at += stride
    covered = starts[-1] + window if starts else 0
    if overhang and covered < size + 2 * pad and at < size + pad:
        starts.append(at)
    return starts


@given(sizes, windows, strides, st.integers(0, 5))
def test_against_sliding_by_hand(size: int, window: int, stride: int, pad: int):
    if window > size + 2 * pad:
        for fit in ("exact", "floor", "ceil"):
            with pytest.raises(TooLarge):
                axis(size, window, stride, pad, fit)
        return
    dropping = begins(size, window, stride, pad, overhang=False)
    hanging = begins(size, window, stride, pad, overhang=True)
    assert axis(size, window, stride, pad, "floor") == Axis(len(dropping), pad, pad)
    ceil = axis(size, window, stride, pad, "ceil")
    assert ceil.cells == len(hanging)
    assert ceil.before == pad
    assert ceil.after == max(pad, hanging[-1] + window - size - pad)
    whole = dropping[-1] + window == size + 2 * pad
    if whole:
        assert axis(size, window, stride, pad, "exact") == Axis(len(dropping), pad, pad)
    else:
        with pytest.raises(Uneven):
            axis(size, window, stride, pad, "exact")


@given(sizes, windows, strides, st.sampled_from(["exact", "floor", "ceil"]))
def test_same_gives_a_cell_for_every_stride(size: int, window: int, stride: int, fit):
    cells, before, after = axis(size, window, stride, "same", fit)
    assert cells == len(range(0, size, stride))
    assert after - before in (0, 1)
    last = (cells - 1) * stride + window
    assert last <= size + before + after
    assert before + after == 0 or last == size + before + after
    if stride == 1 and window % 2:
        assert before == after == (window - 1) // 2


@pytest.mark.parametrize(
    ("size", "window", "stride", "pad", "text"),
    [
        (10, 3, 2, 0, "(10 - 3 + 2·0)/2 + 1 = 4.5 is not whole"),
        (7, 2, 2, 0, "(7 - 2 + 2·0)/2 + 1 = 3.5 is not whole"),
        (10, 4, 3, 1, "(10 - 4 + 2·1)/3 + 1 = 3.67 is not whole"),
        (10, 2, 3, 0, "(10 - 2 + 2·0)/3 + 1 = 3.67 is not whole"),
        (10002, 1, 10000, 0, "(10002 - 1 + 2·0)/10000 + 1 = 2.0001 is not whole"),
    ],
)
def test_the_sum_is_said(size: int, window: int, stride: int, pad: int, text: str):
    with pytest.raises(Uneven) as caught:
        axis(size, window, stride, pad, "exact")
    assert str(caught.value) == text


def test_dilation_one_is_an_ordinary_window():
    assert [dilated(3, dilation) for dilation in (1, 2, 3)] == [3, 5, 7]
    assert dilated(1, 9) == 1


def test_width_and_height_apart():
    row = Architecture("CONV 4@2x5/2 - FC 10").plan((8, 9, 1)).rows[0]
    assert row.output == (4, 5, 4)
    assert row.padding == Sides(left=0, right=0, top=2, bottom=2)


def test_floor_keeps_the_pad_and_ceil_overhangs():
    rows = Architecture("POOL 2x2 floor - POOL 2x2 ceil - FC 10").plan((7, 7, 1)).rows
    assert [row.output[0] for row in rows] == [3, 2, 1]
    assert rows[0].padding == Sides(0, 0, 0, 0)
    assert rows[1].padding == Sides(0, 1, 0, 1)
