"""Pictures: those of the data, and those that a page sends."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from convlens.studio.asking import Current, asked, asked_in_time
from convlens.studio.refusal import MISSING, REFUSED, WRONG, RefusedError

router = APIRouter()

PAGE = 50
"""Pictures told of at once where nobody says."""

MOST = 500

Label = Annotated[int | None, Query(alias="class", ge=0)]
Offset = Annotated[int, Query(ge=0)]
Count = Annotated[int, Query(ge=1, le=MOST)]


@router.get("/api/pictures")
async def pictures(
    request: Request,
    session: Current,
    part: str | None = None,
    label: Label = None,
    offset: Offset = 0,
    count: Count = PAGE,
) -> dict[str, Any]:
    """Some pictures of a part, of one class or all."""
    values = {"part": part, "class": label, "offset": offset, "count": count}
    answer, _ = await asked(request, session, "pictures", **values)
    return answer


@router.get("/api/picture/{reference}.png")
async def picture(reference: str, request: Request, session: Current) -> Response:
    """A picture as the network is given it."""
    try:
        _, content = await asked_in_time(request, session, "picture", picture=reference)
    except RefusedError as error:
        if error.status not in (WRONG, REFUSED) or error.passing:
            raise
        raise RefusedError(error.message, error.hint, MISSING) from error
    return Response(content, media_type="image/png")


@router.post("/api/pictures")
async def put(request: Request, session: Current) -> dict[str, Any]:
    """Take a picture to try; the bytes of its file are the body."""
    content = await request.body()
    if not content:
        raise RefusedError("no picture came", "send the bytes of its file", WRONG)
    name = request.query_params.get("name", "")[:200]
    answer, _ = await asked(request, session, "put", content, name=name or None)
    return answer
