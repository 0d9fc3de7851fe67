"""Everything behind every cell: what the report's script needs to show the arithmetic."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convlens.report.look import look
from convlens.report.lookfacts import look_facts
from convlens.report.packing import Block
from convlens.studio.process.blocks import Answer, packed
from convlens.studio.process.subject import Subject


def snapshot(subject: Subject, reference: str, name: str, pixels: NDArray[np.uint8]) -> Answer:
    """The network and one picture's way through it, in float64, as they are at this step."""
    found = look(subject.frozen(), [(name, pixels)], explain=False)
    facts, (weights, values) = look_facts(found)
    document = {"step": subject.step, "picture": reference, "facts": facts}
    return packed(document, {"weights": _whole(weights), "values": _whole(values)})


def _whole(block: Block) -> NDArray[np.float32]:
    return np.concatenate(block.parts) if block.parts else np.empty(0, np.float32)
