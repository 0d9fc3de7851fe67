"""The server from its first breath to its last: sockets, signals, the browser."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import socket
import sys
import webbrowser
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType

from convlens.errors import SettingsError
from convlens.studio.guard import bracketed

PORT = 8763
"""Where a studio is served when nobody says."""

TRIED = 50
"""Ports that are tried behind it."""

ANY = ("0.0.0.0", "::")
"""Hosts that mean every address of this machine."""

FAR = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
"""Addresses of documentation, which nobody has, far from every network of ours."""

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Listening:
    """A socket that listens at ``host``:``port``."""

    socket: socket.socket
    host: str
    port: int

    def address(self, token: str) -> str:
        """What to open in a browser."""
        host = "127.0.0.1" if self.host == "0.0.0.0" else self.host
        host = "::1" if host == "::" else host
        return f"http://{bracketed(host)}:{self.port}/{token}/"


def listen(host: str, port: int | None, liked: int | None = None) -> Listening:
    """Listen at ``port``, or at ``liked``, the usual one or the next that is free.

    Raises SettingsError where the port given is in use, or the host is none of this machine's.
    """
    if port is not None:
        return Listening(*_bound(host, port))
    tried = [liked] if liked else []
    for one in [*tried, *range(PORT, PORT + TRIED), 0]:
        with contextlib.suppress(_TakenError):
            return Listening(*_bound(host, one))
    raise SettingsError(f"no port from {PORT} on is free", "name one with --port N")


class _TakenError(SettingsError):
    """The port is in use."""


def _bound(host: str, port: int) -> tuple[socket.socket, str, int]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, place = found[0]
        # asyncio sends at once (TCP_NODELAY) only where the protocol is named
        listening = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError, OverflowError) as error:
        raise SettingsError(f"{host} is no address of this machine", "give 127.0.0.1") from error
    try:
        if hasattr(socket, "SO_REUSEADDR") and not hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(place)
        listening.listen(128)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise _TakenError(
                f"port {port} is in use", "name another with --port N, or leave it out"
            ) from error
        if error.errno == errno.EACCES:
            raise SettingsError(
                f"port {port} is not open to you", "name one above 1023 with --port N"
            ) from error
        raise SettingsError(f"{host} is no address of this machine", "give 127.0.0.1") from error
    return listening, host, int(listening.getsockname()[1])


def names_of(host: str) -> list[str]:
    """What else this machine is called by those who reach it at ``host``."""
    if host not in ANY:
        return []
    names = ["127.0.0.1", "localhost", "[::1]"]
    with contextlib.suppress(OSError, UnicodeError):
        name = socket.gethostname()
        names += [name, socket.getfqdn(name)]
        names += [str(found[4][0]).partition("%")[0] for found in socket.getaddrinfo(name, None)]
    return list(dict.fromkeys([*names, *outward(host)]))


def outward(host: str) -> list[str]:
    """The addresses by which what is served at ``host`` is reached from elsewhere."""
    found = []
    for family, far in FAR if host in ANY else ():
        if family is socket.AF_INET6 and host != "::":
            continue
        with (
            contextlib.suppress(OSError),
            socket.socket(family, socket.SOCK_DGRAM) as probe,
        ):
            probe.connect((far, 9))  # nothing is sent; it only tells which of ours is used
            found.append(str(probe.getsockname()[0]))
    return found


@contextlib.contextmanager
def interrupts(ask: Callable[[int], None], at_once: Callable[[], None]) -> Iterator[None]:
    """Within it the first SIGINT or SIGTERM calls ``ask``, a second ``at_once`` before it ends."""
    asked = False
    before = {}

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            at_once()
            raise KeyboardInterrupt
        asked = True
        ask(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        before[number] = signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


async def open_browser(address: str) -> None:
    """Show ``address`` in the user's browser, where there is one with windows."""
    displays = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "WSL_DISTRO_NAME")
    if sys.platform == "linux" and not any(os.environ.get(name) for name in displays):
        return  # a browser of the terminal would take the terminal
    with contextlib.suppress(webbrowser.Error, OSError):
        await asyncio.to_thread(webbrowser.open, address)
