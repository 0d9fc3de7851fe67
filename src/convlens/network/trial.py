"""Whether a network's own layers gain by bf16 on a processor that multiplies it in tiles.

Nothing here is timed: which format a network computes in decides over the last bits of what it
learns, and these must not depend on what else the machine does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from convlens.network.modules import even
from convlens.notation import Plan
from convlens.notation.layers import Conv
from convlens.notation.volumes import Sides

LARGEST_DEVIATION = 0.03
"""Relative to the largest value; bf16 has 8 bits, so one product is right to 2^-9 = 0.002."""

LEAST_WORK, LEAST_FILTERS = 250_000, 8
"""Multiply-adds of a picture, in convolutions of so many filters, from which bf16 pays.

Whole steps of training on a Xeon with AMX, one thread, batches of 32 / 128 pictures, times as fast
as in fp32: 0.88 / 0.76 with 3,000 multiply-adds, 0.96 / 1.02 with 56,000, 1.02 / 1.18 with 342,000,
1.12 / 1.43 with 792,000, 1.3 to 1.6 from a million on. Layers of 4 filters come to 0.77 to 0.93
whatever their size. With avx512_bf16 alone nearly all come to 0.67 to 0.95.
"""


class Shape(NamedTuple):
    """A convolution: ``height`` and ``width`` are the input's, ``sides`` its padding."""

    channels: int
    filters: int
    kernel: tuple[int, int]
    stride: int
    dilation: int
    groups: int
    width: int
    height: int
    sides: Sides

    @property
    def multiply_adds(self) -> int:
        """Of one picture, about."""
        cells = self.width * self.height // self.stride**2
        window = self.kernel[0] * self.kernel[1] * self.channels // self.groups
        return max(1, self.filters * window * cells)


def shapes_of(plan: Plan) -> tuple[Shape, ...]:
    """The convolutions of ``plan``, each shape once, those with the most work first."""
    rows = [row for _, row in plan.walk() if isinstance(row.layer, Conv)]
    shapes = {
        Shape(
            row.input.depth,
            row.output.depth,
            row.layer.kernel,
            row.layer.stride,
            row.layer.dilation,
            row.layer.groups,
            row.input.width,
            row.input.height,
            row.padding,
        )
        for row in rows
        if isinstance(row.layer, Conv)
    }
    return tuple(sorted(shapes, key=lambda shape: (-shape.multiply_adds, shape)))


def gains_by_bf16(shapes: tuple[Shape, ...]) -> bool:
    """Whether these layers are enough to gain by bf16, and right in it, forward and backward."""
    work = sum(shape.multiply_adds for shape in shapes if shape.filters >= LEAST_FILTERS)
    return work >= LEAST_WORK and _are_right(shapes)


@cache
def _are_right(shapes: tuple[Shape, ...]) -> bool:
    """On one thread: several would wait for each other on a busy machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return all(is_right(shape) for shape in shapes)
    finally:
        torch.set_num_threads(threads)


def is_right(shape: Shape) -> bool:
    """Whether a convolution of that shape, and both its gradients, agree with fp32."""
    exact, rounded = (products(shape, dtype) for dtype in (torch.float32, torch.bfloat16))
    return all(
        float((a - b.float()).abs().max()) <= LARGEST_DEVIATION * float(a.abs().max())
        for a, b in zip(exact, rounded, strict=True)
    )


def products(shape: Shape, dtype: torch.dtype) -> Iterator[Tensor]:
    """The result and the gradients of input and filters, for a fixed input, in ``dtype``."""
    x, filters, run = convolution(shape, dtype, batch=2)
    result = run()
    torch.autograd.backward(result, torch.ones_like(result))
    assert x.grad is not None
    assert filters.grad is not None
    yield from (result.detach(), x.grad, filters.grad)


def convolution(
    shape: Shape, dtype: torch.dtype, batch: int
) -> tuple[Tensor, Tensor, Callable[[], Tensor]]:
    """Input (B, C, H, W), filters (K, C/groups, F, F), and what convolves the two."""
    random = torch.Generator().manual_seed(0)
    width, height = shape.kernel
    x = torch.randn(batch, shape.channels, shape.height, shape.width, generator=random)
    filters = torch.randn(shape.filters, shape.channels // shape.groups, height, width,
                          generator=random)  # fmt: skip
    x = x.to(dtype, memory_format=torch.channels_last).requires_grad_()
    filters = filters.to(dtype, memory_format=torch.channels_last).requires_grad_()
    sides, alike = shape.sides, even(shape.sides)

    def run() -> Tensor:
        return F.conv2d(
            x if alike else F.pad(x, tuple(sides)),
            filters,
            stride=shape.stride,
            padding=(sides.top, sides.left) if alike else 0,
            dilation=shape.dilation,
            groups=shape.groups,
        )

    return x, filters, run
