"""Whether a network's own layers are right and quicker in bf16 on this processor, by trying."""

from __future__ import annotations

import contextlib
import hashlib
import json
import platform
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from convlens.errors import OutputError
from convlens.files import write_atomically
from convlens.network.modules import even
from convlens.notation import Plan
from convlens.notation.layers import Conv
from convlens.notation.volumes import Sides

LARGEST_DEVIATION = 0.03
"""Relative to the largest value; bf16 has 8 bits, so one product is right to 2^-9 = 0.002."""

MOST_TIMED = 6
"""Layers timed: those with the most work, which take nearly all of the time. All must be right."""

TRIAL_WORK = 30_000_000
"""Multiply-adds of one trial of a layer: about a millisecond."""

REPEATS = 5

KEPT = "engines.json"
"""What was found on this machine, in the folder of the cache."""


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


def gains_by_bf16(shapes: tuple[Shape, ...], folder: Path | None) -> bool:
    """Whether these layers come out right in bf16, forward and backward, and in less time.

    What was found is kept in ``folder`` for this machine and these shapes, so that the answer, and
    with it the weights of a seed, do not change with how busy the machine is.
    """
    key = _key(shapes)
    known = {} if folder is None else _kept(folder)
    if isinstance(known.get(key), bool):
        return bool(known[key])
    found = _try(shapes)
    if folder is not None:
        text = json.dumps({**known, key: found}, indent=1, sort_keys=True)
        with contextlib.suppress(OutputError):  # no cache: it is tried again next time
            write_atomically(folder / KEPT, text.encode())
    return found


def _kept(folder: Path) -> dict[str, Any]:
    """What is known of this machine; nothing where that does not read."""
    try:
        known = json.loads((folder / KEPT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _key(shapes: tuple[Shape, ...]) -> str:
    told = [processor(), torch.__version__, torch.get_num_threads(), *shapes]
    return hashlib.blake2b(json.dumps(told).encode(), digest_size=12).hexdigest()


@cache
def processor() -> str:
    """The processor's name, as far as the system tells."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


@cache
def _try(shapes: tuple[Shape, ...]) -> bool:
    """On one thread: several would wait for each other on a busy machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return all(is_right(shape) for shape in shapes) and is_quicker(shapes[:MOST_TIMED])
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


def is_quicker(shapes: tuple[Shape, ...]) -> bool:
    """Whether all of them together take less time in bf16: each at its quickest, by turns."""
    total = {torch.float32: 0.0, torch.bfloat16: 0.0}
    for shape in shapes:
        batch = max(1, TRIAL_WORK // shape.multiply_adds)
        runs = {dtype: convolution(shape, dtype, batch)[2] for dtype in total}
        quickest = dict.fromkeys(total, float("inf"))
        for _ in range(REPEATS):
            for dtype, run in runs.items():
                quickest[dtype] = min(quickest[dtype], seconds_of(run))
        for dtype, seconds in quickest.items():
            total[dtype] += seconds / batch
    return total[torch.bfloat16] < total[torch.float32]


def seconds_of(run: Callable[[], Tensor]) -> float:
    """Of one pass forward and back."""
    begun = time.perf_counter()
    result = run()
    torch.autograd.backward(result, torch.ones_like(result))
    return time.perf_counter() - begun
