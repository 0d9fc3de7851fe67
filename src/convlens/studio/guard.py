"""Who may ask: only pages of ours, that know the token, by an address that is ours.

The guard stands around the whole application, so that nothing is answered that it has not seen:
neither files nor streams nor refusals.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterable, MutableMapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; media-src blob:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""What a page may load, and from where: from here alone."""

HEADERS = {
    b"content-security-policy": POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(self), microphone=(), geolocation=()",
}
"""Sent with every answer, refusals too."""

MOST_COMMAND, MOST_PICTURE, MOST_MODEL = 1 << 20, 32 << 20, 1 << 30
"""Bytes of a command, of a picture, of a model."""

SIZES = {"/api/pictures": MOST_PICTURE, "/api/open": MOST_MODEL}
"""Routes that take more than a command."""

LINGER = 10.0
"""Seconds for which the rest of a body that is refused is still taken, so that a sender who reads
only when it has said everything hears why."""

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")

Refused = tuple[int, str, str | None]
"""Status, what is wrong, what to do."""


class Guard:
    """``app`` behind token, ``Host`` and ``Origin``; ``hosts`` are the addresses that are ours."""

    def __init__(self, app: ASGIApp, token: str, hosts: Iterable[str]) -> None:
        self.app = app
        self.token = token.encode()
        self.hosts = frozenset(host.encode() for host in hosts)
        self.origins = frozenset(b"http://" + host for host in self.hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may pass, under the path behind the token."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":  # nothing of ours is a WebSocket
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        protected = _protected(send, scope["path"])
        refused = self._refused(scope)
        if refused is not None:
            await _refuse(refused, receive, protected)
            return
        behind = scope["path"][len(self.token) + 1 :]
        if not behind:
            moved = [(b"location", f"/{self.token.decode()}/".encode()), (b"content-length", b"0")]
            await protected({"type": "http.response.start", "status": 307, "headers": moved})
            await protected({"type": "http.response.body"})
            return
        most = SIZES.get(behind, MOST_COMMAND)
        if (too_large := _too_large(scope, most)) is not None:
            await _refuse(too_large, receive, protected)
            return
        inner = {**scope, "path": behind, "raw_path": behind.encode(errors="replace")}
        limited = Limited(receive, protected, most)
        await self.app(inner, limited.receive, limited.send)

    def _refused(self, scope: Scope) -> Refused | None:
        """What is wrong with who asks; each of the three is looked at by itself."""
        named = [value for name, value in scope["headers"] if name == b"host"]
        origins = [value for name, value in scope["headers"] if name == b"origin"]
        if len(named) != 1 or named[0] not in self.hosts:
            return 403, "the studio does not answer to this address", "open the address it printed"
        if any(origin not in self.origins for origin in origins):
            return 403, "another site's page may not use the studio", None
        first = scope["path"].split("/", 2)[1] if scope["path"].startswith("/") else ""
        if not secrets.compare_digest(first.encode(errors="replace"), self.token):
            return 403, "the address lacks the studio's token", "open the address it printed"
        return None


def hosts_of(host: str, port: int, names: Iterable[str] = ()) -> list[str]:
    """``Host`` headers that mean us, served at ``host`` and known by other ``names``, too."""
    here = LOOPBACK if host in ("127.0.0.1", "localhost", "::1") else (bracketed(host),)
    known = list(dict.fromkeys([*here, *map(bracketed, names)]))
    with_port = [f"{name}:{port}" for name in known]
    return [*with_port, *known] if port == 80 else with_port


def bracketed(host: str) -> str:
    """``host`` as it stands in an address: IPv6 in brackets."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _too_large(scope: Scope, most: int) -> Refused | None:
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    if not any(length.isdigit() and int(length) > most for length in lengths):
        return None
    return 413, _too_much(most), _smaller(most)


def _too_much(most: int) -> str:
    return f"that is more than {most >> 20} MB, the most that is taken here"


def _smaller(most: int) -> str | None:
    return "save the picture smaller" if most == MOST_PICTURE else None


class Limited:
    """``receive`` and ``send``, up to ``most`` bytes of a body, whatever its headers said."""

    def __init__(self, receive: Receive, send: Send, most: int) -> None:
        self._receive, self._send, self.most = receive, send, most
        self._taken, self._begun = 0, False

    async def receive(self) -> Message:
        """What comes. Raises HTTPException where it is too much, unless an answer has begun.

        Then the line ends there.
        """
        message = await self._receive()
        self._taken += len(message.get("body", b""))
        if self._taken > self.most:
            if self._begun:
                return {"type": "http.disconnect"}
            raise HTTPException(413, _too_much(self.most))
        return message

    async def send(self, message: Message) -> None:
        """Pass on an answer."""
        self._begun = True
        await self._send(message)


def _protected(send: Send, path: str) -> Send:
    """``send``, with the headers that every answer has."""
    caching = b"no-cache" if "/static/" in path or "/report/" in path else b"no-store"

    async def protected(message: Message) -> None:
        if message["type"] == "http.response.start":
            ours: MutableMapping[bytes, bytes] = {**HEADERS, b"cache-control": caching}
            kept = [(n, v) for n, v in message.get("headers", ()) if n.lower() not in ours]
            message = {**message, "headers": [*kept, *ours.items()]}
        await send(message)

    return protected


async def _refuse(refused: Refused, receive: Receive, send: Send) -> None:
    """Say no at once, then take what is still being sent, for a while."""
    status, message, hint = refused
    document: dict[str, Any] = {"error": {"message": message, "hint": hint}}
    content = json.dumps(document).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(content)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content, "more_body": True})
    begun = time.monotonic()
    while time.monotonic() - begun < LINGER:
        heard = await receive()
        if heard["type"] != "http.request" or not heard.get("more_body"):
            break
    await send({"type": "http.response.body", "body": b""})
