"""What the studio answers where it does not do what was asked."""

from __future__ import annotations

from typing import Any

from convlens.errors import ConvLensError, NotationError

WRONG, MISSING, REFUSED, GONE, TOO_LARGE = 422, 404, 409, 503, 413
"""Statuses: the request is at fault; there is no such thing; not as things stand; no process
answers; too many bytes."""


class RefusedError(ConvLensError):
    """A request that is not carried out, with the status that says why."""

    def __init__(self, message: str, hint: str | None = None, status: int = REFUSED) -> None:
        super().__init__(message, hint)
        self.status = status


def status_of(error: ConvLensError) -> int:
    """The status of an answer that tells ``error``."""
    return error.status if isinstance(error, RefusedError) else WRONG


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
