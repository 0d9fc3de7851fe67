"""Everything behind every cell: what the report's script needs to show the arithmetic."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from convlens.lens.opened import check_channel, row_of
from convlens.notation import Plan
from convlens.report.holding import Holding, holding
from convlens.report.look import look
from convlens.report.lookfacts import look_facts
from convlens.report.packing import Block
from convlens.studio.process.blocks import Answer, packed
from convlens.studio.process.subject import Subject


def snapshot(
    subject: Subject,
    reference: str,
    name: str,
    pixels: NDArray[np.uint8],
    around: tuple[str, int] | None = None,
) -> Answer:
    """The network and one picture's way through it, in float64, as they are at this step.

    A large network's numbers come in part; those ``around`` a layer's channel come alone where
    that is said. Raises SettingsError where there is no such layer or channel.
    """
    found = look(subject.frozen(), [(name, pixels)], explain=False)
    if around is not None:
        found = replace(found, holding=_held_around(found.plan, *around))
    facts, (weights, values) = look_facts(found)
    document = {"step": subject.step, "picture": reference, "facts": facts}
    return packed(document, {"weights": _whole(weights), "values": _whole(values)})


def _held_around(plan: Plan, layer: str, channel: int) -> Holding:
    """What the values of a layer are made of, ``channel`` among those that are shown."""
    row = row_of(plan, layer)
    check_channel(row, channel)
    strength = np.zeros(row.output.depth)
    strength[channel] = 1
    return holding(plan, {row.name: strength}, 1)


def _whole(block: Block) -> NDArray[np.float32]:
    return np.concatenate(block.parts) if block.parts else np.empty(0, np.float32)
