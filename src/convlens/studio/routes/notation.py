"""Networks as text: read, corrected, those with a name."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from convlens.studio import reading
from convlens.studio.asking import Current
from convlens.studio.fitting import batch_of, room

router = APIRouter()


class Text(BaseModel):
    """A network as it was typed."""

    net: str = Field(max_length=200_000)


@router.post("/api/read")
def read(text: Text, session: Current) -> dict[str, Any]:
    """What a network comes to on these pictures, or where it is wrong."""
    subject = session.subject
    classes = len(subject.classes)
    return reading.read(text.net, subject.volume, classes, batch_of(session), room(session))


@router.get("/api/zoo")
def zoo(session: Current) -> list[dict[str, Any]]:
    """The networks with a name."""
    return reading.zoo(session.subject.volume, len(session.subject.classes))
