"""What the network makes of a picture: layers, probabilities, arithmetic, why."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from convlens.studio.asking import Current, asked, binary, watched
from convlens.studio.routes.pictures import Label

router = APIRouter()

MOST_CHANNELS = 64


@router.get("/api/view")
async def view(
    request: Request,
    session: Current,
    picture: str,
    layer: str,
    first: Annotated[int, Query(ge=0)] = 0,
    count: Annotated[int, Query(ge=1, le=MOST_CHANNELS)] = MOST_CHANNELS,
    label: Label = None,
    seen: int | None = None,
    only: str | None = None,
) -> Response:
    """A layer's maps, gradients and weights; answered when there is something new."""
    values = {"first": first, "count": count, "class": label, "only": only}
    values |= {"picture": picture, "layer": layer}
    answer = await watched(request, session, "view", seen, **values)
    return binary(*answer)


@router.get("/api/predict")
async def predict(
    request: Request, session: Current, picture: str, seen: int | None = None
) -> dict[str, Any]:
    """What the network says now."""
    answer, _ = await watched(request, session, "predict", seen, picture=picture)
    return answer


@router.get("/api/look")
async def look(
    request: Request,
    session: Current,
    picture: str,
    label: Label = None,
    layer: str | None = None,
    channel: Annotated[int, Query(ge=0)] = 0,
) -> Response:
    """All that the arithmetic behind any cell needs, or behind one channel's of a large network."""
    values = {"picture": picture, "class": label, "layer": layer, "channel": channel}
    return binary(*await asked(request, session, "snapshot", **values))


@router.get("/api/why")
async def why(
    request: Request,
    session: Current,
    picture: str,
    label: Label = None,
    method: str | None = None,
) -> Response:
    """A map of what speaks for a class."""
    values = {"picture": picture, "class": label, "method": method}
    answer, blob = await asked(request, session, "why", **values)
    if "blocks" not in answer and "width" in answer:
        shape = [answer["height"], answer["width"]]
        answer["blocks"] = {"map": {"at": 0, "shape": shape}}
    return binary(answer, blob)
