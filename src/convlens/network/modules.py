"""The layers that torch lacks, or has in another shape.

Every module maps ``(B, C, H, W)`` to ``(B, C', H', W')``; after a fully-connected layer the volume
is ``(B, n, 1, 1)``, so that any layer can follow any other.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from convlens.notation.volumes import Sides

Pad = tuple[int, int, int, int]
"""left, right, top, bottom: the order of ``torch.nn.functional.pad`` and of ``Sides``."""


def even(sides: Sides) -> bool:
    """Whether opposite sides are padded alike, which torch's own layers can do by themselves."""
    return sides.left == sides.right and sides.top == sides.bottom


class PaddedConv(nn.Conv2d):
    """A convolution whose padding may differ from side to side."""

    def __init__(
        self,
        channels: int,
        filters: int,
        kernel: tuple[int, int],
        *,
        sides: Sides,
        stride: int = 1,
        dilation: int = 1,
        groups: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__(
            channels,
            filters,
            kernel,
            stride=stride,
            dilation=dilation,
            groups=groups,
            bias=bias,
            padding=(sides.top, sides.left) if even(sides) else 0,
        )
        self.sides: Pad | None = None if even(sides) else (*sides,)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) → (B, K, H', W')."""
        return super().forward(x if self.sides is None else F.pad(x, self.sides))


class MaxPool(nn.Module):
    """The largest value of each window; cells of padding never win."""

    def __init__(self, kernel: tuple[int, int], stride: int, sides: Sides) -> None:
        super().__init__()
        self.kernel, self.stride, self.sides = kernel, stride, sides

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) → (B, C, H', W')."""
        padding = (self.sides.top, self.sides.left)
        if not even(self.sides):
            x = F.pad(x, tuple(self.sides), value=-torch.inf)
            padding = (0, 0)
        return F.max_pool2d(x, self.kernel, self.stride, padding)

    def extra_repr(self) -> str:
        """What ``print`` shows of the layer."""
        return f"kernel={self.kernel}, stride={self.stride}, sides={tuple(self.sides)}"


class AveragePool(MaxPool):
    """The mean of each window over the cells that lie in the picture; padding does not count."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) → (B, C, H', W')."""
        if not any(self.sides):
            return F.avg_pool2d(x, self.kernel, self.stride)
        inside = x.new_ones(1, 1, *x.shape[2:])
        share = F.avg_pool2d(F.pad(inside, tuple(self.sides)), self.kernel, self.stride)
        return F.avg_pool2d(F.pad(x, tuple(self.sides)), self.kernel, self.stride) / share


class L2Pool(MaxPool):
    """The L2 norm of each window, ``sqrt(Σ x²)``; its gradient at a window of zeros is zero."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) → (B, C, H', W')."""
        squares = F.pad(x * x, tuple(self.sides))
        total = F.avg_pool2d(squares, self.kernel, self.stride, divisor_override=1)
        some = total > 0
        return torch.where(some, torch.where(some, total, 1.0).sqrt(), total)


class GlobalPool(nn.Module):
    """One number for each depth slice: (B, C, H, W) → (B, C, 1, 1)."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) → (B, C, 1, 1)."""
        return x.amax((2, 3), keepdim=True) if self.kind == "max" else x.mean((2, 3), keepdim=True)


class FullyConnected(nn.Linear):
    """Dot products with the whole volume, read depth by depth, row by row."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) → (B, units, 1, 1)."""
        return super().forward(x.flatten(1))[:, :, None, None]


class Maxout(nn.Module):
    """The largest of every ``group`` neighbours in depth: (B, C, H, W) → (B, C/group, H, W)."""

    def __init__(self, group: int) -> None:
        super().__init__()
        self.group = group

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) → (B, C/group, H, W)."""
        batch, depth, height, width = x.shape
        return x.reshape(batch, depth // self.group, self.group, height, width).amax(2)


class Residual(nn.Module):
    """The sum of two paths from the same input."""

    def __init__(self, body: nn.Module, shortcut: nn.Module) -> None:
        super().__init__()
        self.body, self.shortcut = body, shortcut

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) → (B, C', H', W')."""
        result: Tensor = self.body(x) + self.shortcut(x)
        return result


class Concat(nn.Module):
    """The branches' outputs, one behind the other in depth."""

    def __init__(self, branches: list[nn.Module]) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) → (B, ΣC, H, W)."""
        return torch.cat([branch(x) for branch in self.branches], dim=1)
