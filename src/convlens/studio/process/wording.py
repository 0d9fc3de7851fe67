"""What is told on the command line, in the words of a page with knobs and buttons."""

from __future__ import annotations

import re

_WORDS = (
    (r"a (lower|higher) learning rate[,:] --lr [\d.]+", r"a \1 learning rate"),
    (r"--lr 0\.\d+", "a lower learning rate"),
    (r"--lr \d+", "a higher learning rate"),
    (r"begin anew with --fresh in place of --resume, or go on .* --anyway", "begin anew"),
    (r"begin anew with --fresh", "begin anew"),
    (r"--epochs above ([\d.]+), or --budget above \S+", r"more than \1 epochs"),
    (r"a smaller --size, --batch or network", "a smaller size, batch or network"),
    (r"begin another with --out FILE", "begin another"),
    (r"say where with --out FILE", "free some room"),
    (r"(are dead, the same for every picture): try\b", r"\1, and mostly stay so: begin anew with"),
    (r"the recipe's (\w+_)?rate\b", "the learning rate"),
    (r"the recipe's (\w+_)?momentum\b", "the momentum"),
    (r"the recipe's weight_decay\b", "the weight decay"),
    (r"the recipe's batch\b", "the batch size"),
    (r"the recipe's (shift|zoom|method)\b", r"the \1"),
    (r"--(size|batch|epochs|net|seed)\b", r"\1"),
)


def for_page(text: str) -> str:
    """``text`` without options of the command line."""
    for pattern, word in _WORDS:
        text = re.sub(pattern, word, text)
    return text
