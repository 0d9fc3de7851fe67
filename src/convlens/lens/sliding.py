"""A network that slides: fully-connected layers as convolutions, so that it takes any larger input.

On an input larger by whole steps every layer's output grows by whole cells, and the cells of one
window are those that the network computes for the window alone, as long as no padding reaches in.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional as F

from convlens.errors import SettingsError
from convlens.network.modules import Concat, FullyConnected, GlobalPool, Residual
from convlens.notation import Plan, Row
from convlens.notation import layers as kinds

Step = tuple[int, int]


class SlidingUnits(nn.Module):
    """A fully-connected layer as a convolution with filters the size of its volume."""

    def __init__(self, units: FullyConnected, row: Row) -> None:
        super().__init__()
        width, height, depth = row.input
        self.weight = units.weight.view(-1, depth, height, width)
        self.bias = units.bias

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) → (B, units, H − h + 1, W − w + 1)."""
        return F.conv2d(x, self.weight, self.bias)


class SlidingPool(nn.Module):
    """A global pooling over windows of the size that it was trained on."""

    def __init__(self, pool: GlobalPool, row: Row) -> None:
        super().__init__()
        self.kind, self.window = pool.kind, (row.input.height, row.input.width)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) → (B, C, H − h + 1, W − w + 1)."""
        pool = F.max_pool2d if self.kind == "max" else F.avg_pool2d
        return pool(x, self.window, stride=1)


@dataclass(frozen=True, slots=True)
class Sliding:
    """``network`` maps (B, C, H, W) to scores (B, classes, rows, columns).

    A window is the input that it was trained on; ``step`` (across, down) is how far the next one
    lies, in pixels of the input. ``reach`` is how many pixels inside the input's border something
    of the padding can be seen, 0 where windows are exactly what crops of them would be.
    """

    network: nn.Module
    step: Step
    reach: int


def sliding(plan: Plan, network: nn.Sequential) -> Sliding:
    """Make ``network``, of ``plan`` and in evaluation mode, slide; weights are shared.

    Raises SettingsError where branches would move at different paces.
    """
    chain, step = _chain(plan.rows, network, (1, 1))
    return Sliding(chain.eval(), step, max(_reach(plan.rows, (1, 1))))


def _chain(rows: Sequence[Row], modules: nn.Module, step: Step) -> tuple[nn.Sequential, Step]:
    """The modules of ``rows`` made to slide, and the step behind them."""
    result = OrderedDict()
    for row in rows:
        result[row.name], step = _slid(row, modules.get_submodule(row.name), step)
    return nn.Sequential(result), step


def _slid(row: Row, module: nn.Module, step: Step) -> tuple[nn.Module, Step]:
    if isinstance(module, FullyConnected):
        return SlidingUnits(module, row), step
    if isinstance(module, GlobalPool):
        return SlidingPool(module, row), step
    if isinstance(module, Residual):
        (body, one), (side, other) = (
            _chain(rows, branch, step)
            for rows, branch in zip(row.branches, (module.body, module.shortcut), strict=True)
        )
        return Residual(body, side), _agreed(row, [one, other])
    if isinstance(module, Concat):
        chains = [
            _chain(rows, branch, step)
            for rows, branch in zip(row.branches, module.branches, strict=True)
        ]
        return Concat([chain for chain, _ in chains]), _agreed(row, [end for _, end in chains])
    return module, _stepped(row, step)


def _stepped(row: Row, step: Step) -> Step:
    """The step behind a layer without branches."""
    stride = row.layer.stride if isinstance(row.layer, kinds.Conv | kinds.Pool) else 1
    return step[0] * stride, step[1] * stride


def _agreed(row: Row, ends: list[Step]) -> Step:
    if len(set(ends)) > 1:
        paces = " and ".join(f"{across} pixels" for across, _ in sorted(set(ends)))
        raise SettingsError(
            f"the network cannot slide: the branches of {row.name} move in steps of {paces}",
            "give its branches the same strides, or cut the picture into crops for predict",
        )
    return ends[0]


def _reach(rows: Sequence[Row], step: Step) -> tuple[int, int, int, int]:
    """Pixels left, right, above and below from which padding is read: a sum over the layers."""
    total = (0, 0, 0, 0)
    for row in rows:
        if row.branches:
            found = [_reach(branch, step) for branch in row.branches]
            more = tuple(max(sides) for sides in zip(*found, strict=True))
        else:
            paces = (step[0], step[0], step[1], step[1])
            more = tuple(p * max(side, 0) for p, side in zip(paces, row.padding, strict=True))
        total = (total[0] + more[0], total[1] + more[1], total[2] + more[2], total[3] + more[3])
        step = row.step
    return total
