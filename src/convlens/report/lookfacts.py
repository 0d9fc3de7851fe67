"""A whole look as the JSON and the blocks of numbers that the page's script reads."""

from __future__ import annotations

import numpy as np

from convlens.data.names import printable
from convlens.lens import tiles
from convlens.report.datapart import data_facts
from convlens.report.facts import Facts, network_facts, picture_facts
from convlens.report.look import Look
from convlens.report.packing import Block
from convlens.report.picturepart import answers


def look_facts(look: Look) -> tuple[Facts, list[Block]]:
    """What the script reads, and the blocks of numbers: the weights, then one for each picture."""
    facts, block = network_facts(look.classifier, look.plan, look.holding)
    blocks = [block]
    facts["classes"] = [printable(name) for name in look.classifier.classes]
    facts["temperature"] = look.classifier.model.temperature
    facts["colours"] = {
        "signed": tiles.signed(np.linspace(-1, 1, 256), 1.0).tolist(),
        "rising": tiles.sequential(np.linspace(0, 1, 256), 1.0).tolist(),
    }
    facts["pictures"] = []
    for number, one in enumerate(look.pictures):
        told, block = picture_facts(one.way, printable(one.name), number, look.holding)
        told["answers"] = answers(one)
        told["statistics"] = {
            layer: {"low": of.low, "high": of.high, "zero": of.zero}
            for layer, of in one.statistics.items()
        }
        facts["pictures"].append(told)
        blocks.append(block)
    facts["map"] = None if look.data is None else data_facts(look.data)
    return facts, blocks
