"""Questions of a page, carried to the training process and back; forgotten when the page goes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
import time
from collections.abc import Awaitable, Mapping
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request, Response

from convlens.studio.refusal import LEFT, RefusedError
from convlens.studio.session import Session
from convlens.studio.supervisor import Answer

T = TypeVar("T")

PATIENCE = 30.0
"""Seconds that a picture is waited for while there is no network."""

HEARD = 0.5
"""Seconds within which a page has heard that there is no network, and asks no more."""


def _session(request: Request) -> Session:
    session = request.app.state.session
    assert isinstance(session, Session)
    return session


Current = Annotated[Session, Depends(_session)]
"""The studio that is asked."""


async def asked(
    request: Request, session: Session, do: str, blob: bytes = b"", /, **values: Any
) -> Answer:
    """Ask the training process about the current network.

    Raises RefusedError where there is none, or the page has gone meanwhile.
    """
    session.looked_into()
    given = {name: value for name, value in values.items() if value is not None}
    return await while_there(request, session.ask(do, blob, **given))


async def watched(
    request: Request, session: Session, do: str, seen: int | None = None, /, **values: Any
) -> Answer:
    """Ask for what changes with the network; what has been ``seen`` is held until there is more.

    Where there is no network just now, while a run gives way to another or its process has ended,
    there is nothing new, which is no mistake of who looks on.
    """
    try:
        return await asked(request, session, do, seen=seen, **values)
    except RefusedError as error:
        if not error.passing:
            raise
        await asyncio.sleep(HEARD)
        return {"unchanged": True, "step": seen}, b""


async def asked_in_time(request: Request, session: Session, do: str, /, **values: Any) -> Answer:
    """Ask, and where the pictures are being read or the process begins anew, once that is over.

    For what a page shows by its address alone, which asks once and cannot ask again. Raises
    RefusedError where it takes too long.
    """
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return await asked(request, session, do, **values)
        except RefusedError as error:
            left = end - time.monotonic()
            if not error.passing or left <= 0:
                raise
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(session.changed(), min(left, HEARD))


async def while_there(request: Request, work: Awaitable[T]) -> T:
    """What ``work`` gives; it is cancelled when the page goes. Raises RefusedError then.

    Raises HTTPException where more is sent than is taken.
    """
    working = asyncio.ensure_future(work)
    leaving = asyncio.create_task(_gone(request))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        leaving.result()  # raises where it sent too much
        raise RefusedError("the page has gone", None, LEFT)
    finally:
        working.cancel()
        leaving.cancel()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def binary(document: Mapping[str, Any], blob: bytes) -> Response:
    """A document and blocks of numbers in one answer."""
    text = json.dumps(document, separators=(",", ":")).encode()
    padding = b"\0" * (-len(text) % 4)
    content = b"".join((struct.pack("<II", len(text), 0), text, padding, blob))
    return Response(content, media_type="application/octet-stream")
