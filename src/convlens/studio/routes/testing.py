"""How good the network is: random pictures, the whole part, its mistakes."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from convlens.studio.asking import Current, asked, watched, while_there
from convlens.studio.routes.pictures import PAGE, Count, Offset
from convlens.studio.session import Session

router = APIRouter()

Index = Annotated[int, Query(ge=0)]


class Test(BaseModel):
    """Which part to test on, and whether over views."""

    part: str = "test"
    views: bool = False


@router.get("/api/test/sample")
async def sample(
    request: Request,
    session: Current,
    part: str | None = None,
    count: Annotated[int, Query(ge=1, le=200)] = 12,
    seed: int = 0,
) -> dict[str, Any]:
    """Random pictures, and what the network says of them."""
    answer, _ = await watched(request, session, "sample", part=part, count=count, seed=seed)
    return answer


@router.post("/api/test")
async def test(request: Request, session: Current, chosen: Test) -> dict[str, Any]:
    """Test on all pictures of a part."""
    session.looked_into()
    working = asyncio.create_task(_tested(session, chosen))
    working.add_done_callback(_heard)
    return await while_there(request, asyncio.shield(working))


def _heard(done: asyncio.Task[Any]) -> None:
    """Take note of how it ended: where the page has gone, nobody else asks."""
    if not done.cancelled():
        done.exception()


async def _tested(session: Session, chosen: Test) -> dict[str, Any]:
    """The test, kept also where the page that asked for it has gone."""
    run = session.current
    try:
        answer, _ = await session.ask("test", part=chosen.part, views=chosen.views)
    finally:
        session.testing = None
        session.touch()
    result = {"part": chosen.part, "views": chosen.views, **answer}
    result["run"] = None if run is None else run.id
    if run is session.current:
        session.tested = result
    return result


@router.get("/api/test")
async def tested(session: Current) -> dict[str, Any] | None:
    """What the last test came to, or nothing."""
    return session.tested


@router.get("/api/test/cell")
async def cell(
    request: Request,
    session: Current,
    true: Index,
    said: Index,
    offset: Offset = 0,
    count: Count = PAGE,
) -> dict[str, Any]:
    """Pictures of one class that were taken for another."""
    values = {"true": true, "said": said, "offset": offset, "count": count}
    answer, _ = await asked(request, session, "cell", **values)
    return answer


@router.get("/api/test/worst")
async def worst(
    request: Request, session: Current, offset: Offset = 0, count: Count = PAGE
) -> dict[str, Any]:
    """The mistakes, the surest first."""
    answer, _ = await asked(request, session, "worst", offset=offset, count=count)
    return answer
