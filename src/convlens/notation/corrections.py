"""The search for a correction: remedies tried until a text reads and fits."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from convlens.notation.faults import Fault, apply
from convlens.notation.translation import translated

_REPAIRS = 4
"""Slips of one text that are mended together, at most."""

_TRIALS = 48
"""Texts that are tried, at most, and fewer where each takes long to read."""

_TRANSLATIONS = 6
"""Of those, texts that are also tried with every layer brought into our words."""

_TRIED_CHARACTERS = 400_000

_TRIED_LAYERS = 15_000
"""Layers that are read for it, with all repeats written out: a few characters may say thousands."""


def correction(text: str, fault: Fault, attempt: Callable[[str], object]) -> str | None:
    """Return a text like ``text`` that ``attempt`` takes without a Fault; None if none is found.

    Texts with one remedy are tried before those with two, and so on. Of the first, the one where
    every layer that is written in another way is written in ours.
    """
    trials = min(_TRIALS, 1 + _TRIED_CHARACTERS // (len(text) + 1))
    layers, translations = _TRIED_LAYERS, _TRANSLATIONS
    seen = {text}
    faulty = [(text, fault)]
    for _ in range(_REPAIRS):
        further = []
        for wrong, reason in faulty:
            translations -= 1
            for candidate in _candidates(wrong, reason, translate=translations >= 0):
                if candidate in seen:
                    continue
                if trials == 0 or layers < 0:
                    return None
                trials -= 1
                seen.add(candidate)
                try:
                    attempt(candidate)
                except Fault as another:
                    layers -= another.layers
                    further.append((candidate, another))
                else:
                    return candidate
        faulty = further
    return None


def _candidates(text: str, fault: Fault, *, translate: bool) -> Iterator[str]:
    if translate:
        yield translated(text)
    for remedy in fault.remedies:
        yield apply(text, remedy)
