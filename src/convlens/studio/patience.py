"""How long who connects may take: to say what is wanted, and to send what was promised.

uvicorn itself waits for ever. Who takes too long is told so, where nothing has been said yet, and
the line is closed; who only listens, to events or to a long answer, may take any time.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from convlens.studio.guard import HEADERS

HEAD = 15.0
"""Seconds until a request's headers are there."""

BODY, SLOWEST = 20.0, 4096
"""Seconds that any body may take, and the bytes that must have come for each one more."""

MOST = 512
"""Connections at a time."""

LOOK = 1.0
"""Seconds between two looks at how far a connection has come."""

TOO_SLOW = "the request took too long to come"


class Patient(H11Protocol):
    """One connection, closed where its client takes too long; beyond ``MOST`` one makes room."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to look at the clock."""
        super().connection_made(transport)
        self._stage: object = None
        self._since, self._came = self.loop.time(), 0
        self._looking = self.loop.call_later(LOOK, self._look)
        if len(self.connections) > MOST:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Look no more."""
        self._looking.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what comes."""
        self._came += len(data)
        super().data_received(data)

    def send_400_response(self, msg: str) -> None:
        """Say that this is no HTTP, unless an answer has begun, into which that cannot be said."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(msg)
        self._leave()

    @property
    def _asks_nothing(self) -> bool:
        """Whether no request is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def _make_room(self) -> None:
        """End the one that has asked nothing for longest: this one, where all others have."""
        known = cast("set[Patient]", self.connections)
        idle = [one for one in known if one._asks_nothing and one is not self]
        min(idle, key=lambda one: one._since, default=self).transport.abort()

    def _look(self) -> None:
        now = self.loop.time()
        self._looking = self.loop.call_later(LOOK, self._look)
        closing, sending = self.transport.is_closing(), self.conn.their_state
        stage = (self.cycle, closing, sending, self._asks_nothing)
        if stage != self._stage:
            self._stage, self._since, self._came = stage, now, 0
        waited = now - self._since
        if closing:
            if waited > HEAD:  # the last words are not read
                self.transport.abort()
        elif sending is h11.IDLE:
            if waited > HEAD:
                self._end()
        elif sending is h11.SEND_BODY:
            if self.flow.read_paused:  # it is for us to go on
                self._since += LOOK
            # after the answer nobody wants the rest, however fast it comes
            elif waited > BODY + (0 if self._asks_nothing else self._came / SLOWEST):
                self._end()

    def _end(self) -> None:
        """Close the line, with a word where a request has begun to come and no answer has."""
        unused = self.conn.their_state is h11.IDLE and not self.conn.trailing_data[0]
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE) and not unused:
            self.transport.write(_too_slow())
        self._leave()

    def _leave(self) -> None:
        """Close the line; who makes an answer hears at once that nobody waits for it."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()


def _too_slow() -> bytes:
    document: dict[str, Any] = {"error": {"message": TOO_SLOW, "hint": None}}
    content = json.dumps(document).encode()
    headers = HEADERS | {
        b"content-type": b"application/json",
        b"content-length": str(len(content)).encode(),
        b"cache-control": b"no-store",
        b"connection": b"close",
    }
    lines = [name + b": " + value for name, value in headers.items()]
    return b"\r\n".join((b"HTTP/1.1 408 Request Timeout", *lines, b"", content))
