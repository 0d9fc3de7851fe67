"""A text read and held to its input, and the error that a user sees where that fails."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from convlens.errors import NotationError
from convlens.notation.expand import Reading, expand
from convlens.notation.faults import OF_THE_INPUT, Fault, Misfit
from convlens.notation.grammar import parse
from convlens.notation.plan import planned_rows
from convlens.notation.trace import ClassesUnknown, trace
from convlens.notation.tree import size_of
from convlens.notation.volumes import Row, Volume

_LARGEST_TRIED = 1_024
"""Pixels of the widest input that is tried in search of one that fits."""

_LAYERS_TRIED = 30_000
"""Layers that are followed meanwhile, which takes a fraction of a second."""


def read(text: str) -> Reading:
    """Read ``text``, and where it states its input follow the volumes; Fault where that fails.

    Behind a bare FC, whose units the text does not say, and at the end nothing is checked.
    """
    tree = parse(text)
    try:
        reading = expand(text, tree)
    except Fault as fault:
        fault.layers = size_of(tree.nodes)
        raise
    if reading.tree.input is not None:
        try:
            with contextlib.suppress(ClassesUnknown):
                trace(reading.layers, reading.tree.input, None)
        except Misfit as misfit:
            raise _fault(misfit, reading, cut=True) from None
    return reading


def complete(
    reading: Reading, volume: Volume | None, classes: int | None, *, cut: bool = True
) -> tuple[Volume, int, tuple[Row, ...]]:
    """Return the input, the number of classes and all rows; Fault where the network is not whole.

    ``volume`` is the input where the text does not state one; ``cut`` tells that a correction may
    drop layers.
    """
    stated = reading.tree.input
    if stated and volume and stated != volume:
        raise _contradiction(reading, stated, volume)
    given = stated or volume
    if given is None:
        raise _unknown_input(reading)
    try:
        return given, *planned_rows(reading.layers, given, classes)
    except Misfit as misfit:
        raise _fault(misfit, reading, cut=cut) from None


def fitting(reading: Reading, volume: Volume, classes: int | None) -> tuple[int, int] | None:
    """Return the width and height of a square input that the network fits as it stands.

    It is the smallest that is not smaller than ``volume``, which the network does not fit for its
    size; None where that is not the trouble, or where trying all would take too long.
    """
    try:
        planned_rows(reading.layers, volume, classes)
    except Misfit as misfit:
        if misfit.cause not in OF_THE_INPUT or reading.tree.input is not None:
            return None
    least = max(volume.width, volume.height)
    most = min(_LARGEST_TRIED, least + _LAYERS_TRIED // len(reading.layers))
    for side in range(least, most + 1):
        try:
            planned_rows(reading.layers, Volume(side, side, volume.depth), classes)
        except Misfit as misfit:
            if misfit.cause in OF_THE_INPUT:
                continue
        return side, side
    return None


def complained(
    text: str,
    fault: Fault,
    attempt: Callable[[str], object],
    fits: tuple[int, int] | None = None,
) -> NotationError:
    """Return the error that ``fault`` is to the user, with a correction that ``attempt`` takes.

    ``fits`` is the size of an input that would do without any.
    """
    from convlens.notation.corrections import correction  # half the room, and for errors only

    length = len(text)
    return NotationError(
        fault.message,
        text=text,
        start=min(fault.start, length),
        end=min(max(fault.start, fault.end), length),
        expected=fault.expected,
        correction=correction(text, fault, attempt),
        fits=fits,
    )


def _fault(misfit: Misfit, reading: Reading, *, cut: bool) -> Fault:
    from convlens.notation.remedies import remedies

    start, end = misfit.layer.span or (0, 0)
    message = misfit.message
    if misfit.position is not None:
        for current in reversed(reading.rounds[misfit.position]):
            if current.count > 1:
                name, _, rest = message.partition(":")
                message = f"{name}, round {current.index + 1} of {current.count}:{rest}"
                break
    fault = Fault(
        message,
        start,
        end,
        expected=misfit.expected,
        remedies=remedies(misfit, reading, cut=cut),
    )
    fault.layers = len(reading.rounds)
    return fault


def _contradiction(reading: Reading, stated: Volume, volume: Volume) -> Fault:
    span = reading.tree.input_span
    return Fault(
        f"the text says INPUT {stated}, and the input given is {volume}",
        *span,
        expected=f"INPUT {volume}, or INPUT alone to take what is given",
        remedies=[((*span, f"INPUT {volume}"),)],
    )


def _unknown_input(reading: Reading) -> Fault:
    start, end = reading.tree.input_span
    join = "" if end > start else " - "
    return Fault(
        "the volume of the input is not known",
        start,
        end,
        expected="INPUT with width x height x depth, or plan(input=(32, 32, 3))",
        remedies=[
            ((start, end, f"INPUT {volume}{join}"),)
            for volume in ("32x32x3", "28x28x1", "224x224x3")
        ],
    )
