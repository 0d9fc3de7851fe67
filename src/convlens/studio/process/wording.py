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
    (r"--(size|batch|epochs|net|seed)\b", r"\1"),
)


def for_page(text: str) -> str:
    """``text`` without options of the command line."""
    for pattern, word in _WORDS:
        text = re.sub(pattern, word, text)
    return text
