"""The search for a correction: remedies tried until a text reads and fits."""

from __future__ import annotations

from collections.abc import Callable

from convlens.notation.faults import Fault, apply

_REPAIRS = 4
"""Slips of one text that are mended together, at most."""

_TRIALS = 48
"""Texts that are tried, at most, and fewer where each takes long to read."""

_TRIED_CHARACTERS = 400_000


def correction(text: str, fault: Fault, attempt: Callable[[str], object]) -> str | None:
    """Return a text like ``text`` that ``attempt`` takes without a Fault; None if none is found.

    Texts with one remedy are tried before those with two, and so on.
    """
    trials = min(_TRIALS, 1 + _TRIED_CHARACTERS // (len(text) + 1))
    seen = {text}
    faulty = [(text, fault)]
    for _ in range(_REPAIRS):
        further = []
        for wrong, reason in faulty:
            for remedy in reason.remedies:
                candidate = apply(wrong, remedy)
                if candidate in seen:
                    continue
                if trials == 0:
                    return None
                trials -= 1
                seen.add(candidate)
                try:
                    attempt(candidate)
                except Fault as another:
                    further.append((candidate, another))
                else:
                    return candidate
        faulty = further
    return None
