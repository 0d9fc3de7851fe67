"""Whether a network can be trained here: it reads, fits the pictures, and fits the memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from convlens.data.memory import free_memory
from convlens.errors import NotationError, SettingsError
from convlens.notation import Architecture, Plan, Volume
from convlens.notation.zoo import ZOO

if TYPE_CHECKING:
    from convlens.studio.session import Session

DEPTHS = (1, 3)
"""Of pictures: grey, or colour."""

ROOM = 0.9
"""Share of the free memory that a training may take."""

CROWDED = 0.5
"""Share from which on it is said that it will be tight."""


def named(text: str) -> Architecture:
    """The network that ``text`` says, or that has this name in the zoo; no file is looked for."""
    wanted = text.strip().lower()
    entry = next((entry for entry in ZOO if entry.name == wanted), None)
    return Architecture(text) if entry is None else entry.architecture


def planned(text: str, volume: Volume, classes: int) -> Plan:
    """The network on its own input, or else on ``volume``.

    Raises NotationError, with a correction only where that fits the pictures, too, or
    SettingsError.
    """
    try:
        architecture = named(text)
    except NotationError as error:
        correction = error.correction and _fitting(error.correction, volume, classes)
        raise _said(error, text, correction) from None
    try:
        return _on(architecture, volume, classes)
    except NotationError as error:
        raise _said(error, text, error.correction or _resized(error, volume)) from None


def _resized(error: NotationError, volume: Volume) -> str | None:
    """The network on pictures brought to a size that it does fit, where there is one."""
    if error.fits is None:
        return None
    return Architecture(error.text).with_input((*error.fits, volume.depth)).source


def _fitting(correction: str, volume: Volume, classes: int) -> str | None:
    """``correction``, or what mends it where it reads and does not fit; None where nothing does."""
    try:
        _on(Architecture(correction), volume, classes)
    except NotationError as misfit:
        return misfit.correction
    return correction


def _said(error: NotationError, text: str, correction: str | None) -> NotationError:
    """``error`` with its place in ``text``, all of it where that is but a network's name."""
    whole = error.text != text
    return NotationError(
        error.message,
        text=text,
        start=0 if whole else error.start,
        end=len(text) if whole else error.end,
        expected=error.expected,
        correction=correction,
        fits=error.fits,
    )


def _on(architecture: Architecture, volume: Volume, classes: int) -> Plan:
    stated = architecture.input
    if stated is None or stated.depth in DEPTHS:
        return architecture.plan(stated or volume, classes)
    text, right = architecture.source, (stated.width, stated.height, volume.depth)
    start = max(text.upper().find("INPUT"), 0)
    try:
        correction = _fitting(architecture.with_input(right).source, volume, classes)
    except NotationError:
        correction = None
    raise NotationError(
        f"INPUT {stated} is {stated.depth} deep; pictures are 1 (grey) or 3 (colour) deep",
        text=text,
        start=start,
        end=start + len("INPUT"),
        expected=f"INPUT {volume}, or INPUT alone",
        correction=correction,
    )


def checked(text: str, session: Session) -> Plan:
    """The network, if it can be trained here. Raises NotationError, SettingsError."""
    subject = session.subject
    plan = planned(text, subject.volume, len(subject.classes))
    check_memory(plan, batch_of(session), room(session))
    return plan


def check_memory(plan: Plan, batch: int, free: int) -> None:
    """Refuse a network for which ``free`` bytes are too few. Raises SettingsError."""
    needed = plan.training_memory(batch)
    if needed <= free:
        return
    fixed, each = plan.training_memory(0), plan.training_memory(1) - plan.training_memory(0)
    fitting = (free - fixed) // each
    raise SettingsError(
        f"training this network takes about {needed / 1e9:,.1f} GB of memory at {batch:,} pictures "
        f"in a step; about {max(free, 0) / 1e9:,.1f} GB are free",
        f"set the batch size to {fitting:,} or less, or take smaller pictures or fewer filters"
        if fitting >= 1
        else "take smaller pictures, fewer filters, or a POOL or stride early on",
    )


def warning_of(plan: Plan, batch: int, free: int) -> str | None:
    """What is to be said of a network that can be trained, but will be a burden."""
    needed = plan.training_memory(batch)
    try:
        check_memory(plan, batch, free)
    except SettingsError as error:
        return f"{error.message}: {error.hint}"
    if needed > CROWDED * free:
        return f"training takes about {needed / 1e9:,.1f} GB of memory, much of what is free"
    return None


def batch_of(session: Session) -> int:
    """Pictures in a step: as the knob stands, as the command says, or as is usual."""
    run = session.current
    knob = ((run.facts["knobs"] if run else None) or {}).get("batch") or {}
    subject = session.subject
    said = knob.get("value") or session.asked.recipe.get("batch")
    return subject.batch if said is None else subject.fewer(int(said))


def free_room(pid: int | None = None) -> int:
    """Bytes that a training may take: what is free, and what process ``pid`` will let go."""
    return int(ROOM * (free_memory() + (0 if pid is None else _held(pid))))


def room(session: Session) -> int:
    """The same beside the session's own training process."""
    return free_room(session.supervisor.pid)


def _held(pid: int) -> int:
    """Bytes that the training process holds for itself, where the system tells."""
    try:
        fields = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()
        return (int(fields[1]) - int(fields[2])) * 4096
    except (OSError, ValueError, IndexError):
        return 0
