"""A studio as a whole: session, application and server run together until it is ended."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from convlens.errors import ConvLensError
from convlens.studio import commands
from convlens.studio.guard import hosts_of
from convlens.studio.serving import Listening, interrupts, names_of, open_browser
from convlens.studio.session import Session

if TYPE_CHECKING:
    import uvicorn

GRACE = 3
"""Seconds that answers under way have when the studio is ended."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a studio is opened."""

    paused: bool = False  # begin without training
    browser: bool = True


def run(
    session: Session, listening: Listening, manner: Manner, tell: Callable[[str], None]
) -> int | None:
    """Serve until SIGINT or SIGTERM, which is returned. ``tell`` says that the end was heard."""
    ended: list[int] = []

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        over = asyncio.Event()

        def ask(number: int) -> None:
            ended.append(number)
            loop.call_soon_threadsafe(over.set)

        with interrupts(ask, session.supervisor.kill):
            async with served(session, listening, manner):
                await over.wait()
                tell("ending: the training process keeps a checkpoint (again: at once)")

    asyncio.run(serve())
    return ended[0] if ended else None


@contextlib.asynccontextmanager
async def served(session: Session, listening: Listening, manner: Manner) -> AsyncIterator[None]:
    """Within it the studio answers, and trains."""
    session.place.port = listening.port
    session.address = listening.address(session.place.token)
    await session.open()
    beginning = asyncio.create_task(_begin(session, manner.paused))
    server = _server(session, listening)  # imported while the training process starts
    serving = asyncio.create_task(server.serve(sockets=[listening.socket]))
    try:
        while not server.started and not serving.done():
            await asyncio.sleep(0.005)
        if manner.browser:
            await open_browser(session.address)
        yield
    finally:
        beginning.cancel()
        session.dismiss_all()
        server.should_exit = True
        try:
            await asyncio.gather(serving, beginning, return_exceptions=True)
        finally:
            await session.close()


async def _begin(session: Session, paused: bool) -> None:
    try:
        await commands.begin_with(session, paused=paused)
    except ConvLensError as error:
        if session.phase != "lost":
            session.fail(error.message, error.hint)


def _server(session: Session, listening: Listening) -> uvicorn.Server:
    import uvicorn

    from convlens.studio.app import application
    from convlens.studio.guard import Guard
    from convlens.studio.patience import Patient

    class Server(uvicorn.Server):
        """One that leaves signals to the studio."""

        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            """Nothing: signals are heard by who runs the studio."""
            yield

    hosts = hosts_of(listening.host, listening.port, names_of(listening.host))
    config = uvicorn.Config(
        Guard(application(session), session.place.token, hosts),
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        date_header=False,
        ws="none",
        loop="asyncio",
        http=Patient,
        timeout_graceful_shutdown=GRACE,
        proxy_headers=False,
    )
    return Server(config)
