"""What the studio answers where it does not do what was asked."""

from __future__ import annotations

from typing import Any

from convlens.errors import ConvLensError, NotationError, RunError

WRONG, MISSING, REFUSED, GONE, TOO_LARGE, BROKEN = 422, 404, 409, 503, 413, 500
"""Statuses: the request is at fault; there is no such thing; not as things stand; no process
answers; too many bytes; a mistake of ours."""

LEFT = 499
"""Status of answers that nobody waits for."""


class RefusedError(ConvLensError):
    """A request that is not carried out, with the status that says why.

    ``passing`` where a moment later it will be: a run gives way to another, pictures are read.
    """

    def __init__(
        self,
        message: str,
        hint: str | None = None,
        status: int = REFUSED,
        *,
        passing: bool = False,
    ) -> None:
        super().__init__(message, hint)
        self.status, self.passing = status, passing or status == GONE


def status_of(error: ConvLensError) -> int:
    """The status of an answer that tells ``error``: a run's state is no fault of the request."""
    if isinstance(error, RefusedError):
        return error.status
    return REFUSED if isinstance(error, RunError) else WRONG


def told(error: ConvLensError) -> dict[str, Any]:
    """``error`` as a page reads it; of notation also where it stands and what would be right."""
    document: dict[str, Any] = {"message": error.message, "hint": error.hint}
    if isinstance(error, NotationError):
        document |= {"start": error.start, "end": error.end, "expected": error.expected}
        document["correction"] = None
        if error.correction is not None:
            label = " ".join(error.correction.split())
            document["correction"] = {"text": error.correction, "label": f"Use {label}"}
    return {"error": document}
