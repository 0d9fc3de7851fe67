"""Clients that dawdle, and streams that nobody reads: others are served, and nothing is left."""

import asyncio
import contextlib
import gc
import random
import resource
import socket
import struct
import sys
import time
from pathlib import Path

import pytest

from convlens.studio import patience
from convlens.studio.place import Place
from convlens.studio.run import Asked
from convlens.studio.serving import listen
from convlens.studio.session import Session
from convlens.studio.studio import Manner, served
from convlens.studio.subject import subject_of
from tests.studio.besieged import HARDER
from tests.studio.conftest import FAKE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="counts in /proc")

STREAMS = min(200 * HARDER, 400)
PATIENCE = 30
SOON = 2.0
"""Seconds within which others are answered."""


class Host:
    """A studio with a fake training process, in this process, and ways to misuse it."""

    def __init__(self, session, listening):
        self.session, self.port = session, listening.port
        self.path = f"/{session.place.token}/api"

    async def open(self, sent):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(sent.encode())
        return reader, writer

    def head(self, method, path, *more):
        lines = (f"{method} {self.path}/{path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", *more)
        return "\r\n".join((*lines, "", ""))

    async def served_soon(self):
        """See that another client is answered soon."""
        begun = time.monotonic()
        reader, writer = await self.open(self.head("GET", "state", "Connection: close"))
        async with asyncio.timeout(PATIENCE):
            assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
        assert time.monotonic() - begun < SOON
        writer.close()
        await writer.wait_closed()

    async def as_before(self, tasks, files):
        """Wait until no more tasks and descriptors are open than there were."""
        async with asyncio.timeout(PATIENCE):
            while len(asyncio.all_tasks()) > tasks or descriptors() > files:
                self.session.touch()
                gc.collect()
                await asyncio.sleep(0.05)


def descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("slow")


@pytest.fixture
def host(place):
    """Runs an async scenario with a studio that really listens."""

    def run(scenario):
        complaints = []

        async def scene():
            asyncio.get_running_loop().set_exception_handler(
                lambda _, context: complaints.append(context)
            )
            subject = subject_of("digits")
            with Place(place / "runs", subject.key) as found:
                listening = listen("127.0.0.1", 0)
                session = Session(found, subject, Asked(), FAKE)
                async with served(session, listening, Manner(browser=False)):
                    async with asyncio.timeout(PATIENCE):
                        while session.phase != "training":
                            await session.changed()
                    host = Host(session, listening)
                    await host.served_soon()
                    await scenario(host, len(asyncio.all_tasks()), descriptors())

        asyncio.run(scene())
        assert not complaints

    return run


async def trickle(writer, forever):
    """A little at a time, as long as somebody takes it."""
    with contextlib.suppress(OSError):
        while True:
            writer.write(forever)
            await writer.drain()
            await asyncio.sleep(0.1)


def test_who_takes_too_long_is_ended_and_others_are_served(host, monkeypatch):
    monkeypatch.setattr(patience, "HEAD", 1.0)
    monkeypatch.setattr(patience, "BODY", 1.0)
    monkeypatch.setattr(patience, "LOOK", 0.1)

    async def scenario(host, tasks, files):
        chunked, drop = "Transfer-Encoding: chunked", b"1\r\nx\r\n"
        kinds = {
            "nothing": ("", b"", b""),
            "half a head": (f"GET {host.path}/state HTTP/1.1\r\nX: ", b"", b"408"),
            "a head by bytes": (f"GET {host.path}/state HTTP/1.1\r\nX: ", b"x", b"408"),
            "no body": (host.head("POST", "read", "Content-Length: 900"), b"", b"408"),
            "a body by bytes": (host.head("POST", "open", "Content-Length: 900"), b"x", b"408"),
            "a picture without end": (host.head("POST", "pictures", chunked), drop, b"408"),
            "a body for a stream": (host.head("GET", "events", chunked), drop, b"200"),
            "more after the answer": (host.head("GET", "state", chunked), drop, b"200"),
            "a refused one": (
                f"POST /x HTTP/1.1\r\nHost: x\r\n{chunked}\r\n\r\n", drop, b"403",
            ),
            "much after the answer": (
                host.head("GET", "state", chunked), b"ffff\r\n%s\r\n" % bytes(65_535), b"200",
            ),
        }  # fmt: skip

        async def dawdle(sent, forever, status):
            reader, writer = await host.open(sent)
            going = asyncio.create_task(trickle(writer, forever)) if forever else None
            found = b""
            with contextlib.suppress(ConnectionError):
                while part := await reader.read(1 << 16):
                    found += part
            if going is not None:
                going.cancel()
            writer.transport.abort()
            return [*found.split(), b"", b""][1], status

        everyone = [asyncio.create_task(dawdle(*one)) for one in 5 * list(kinds.values())]
        begun = time.monotonic()
        while not all(one.done() for one in everyone):
            assert time.monotonic() - begun < PATIENCE, "somebody is waited for"
            await host.served_soon()
            await asyncio.sleep(0.1)
        for found, status in await asyncio.gather(*everyone):
            assert found in (status, b""), (found, status)
        del everyone
        await host.as_before(tasks, files)
        assert not list((host.session.place.folder / "brought").iterdir())

    host(scenario)


def test_a_slow_but_steady_picture_arrives(host, monkeypatch):
    """As many bytes a second as are asked for may take longer than any body."""
    monkeypatch.setattr(patience, "BODY", 0.3)
    monkeypatch.setattr(patience, "LOOK", 0.05)
    content = b"\x89PNG" + bytes(12 * 4096)

    async def scenario(host, tasks, files):
        head = host.head("POST", "pictures", f"Content-Length: {len(content)}", "Connection: close")
        reader, writer = await host.open(head)
        for start in range(0, len(content), 4096):
            writer.write(content[start : start + 4096])
            await asyncio.sleep(0.1)
        async with asyncio.timeout(PATIENCE):
            assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
        writer.close()

    host(scenario)


def test_streams_that_are_dropped_leave_nothing(host):
    async def scenario(host, tasks, files):
        dice = random.Random(3)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        opened = await asyncio.gather(
            *(host.open(host.head("GET", "events")) for _ in range(STREAMS))
        )
        for number, (reader, writer) in enumerate(opened):
            if number % 4 == 0:  # never read
                writer.transport.pause_reading()
            elif number % 4 == 1:  # half-read
                await reader.read(dice.randrange(1, 200))
                writer.transport.pause_reading()
        await host.session.ask("flood", count=2_000)
        await host.served_soon()
        dice.shuffle(opened)
        for number, (_, writer) in enumerate(opened):
            if number % 2:  # reset instead of an end
                line = writer.get_extra_info("socket")
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            if number % 50 == 0:
                await host.session.ask("flood", count=100)
                await host.served_soon()
        opened.clear()
        await host.as_before(tasks, files)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before  # KB
        assert grown < 200 << 10

    host(scenario)


def test_beyond_the_most_who_asks_nothing_makes_room(host, monkeypatch):
    monkeypatch.setattr(patience, "MOST", 8)

    async def scenario(host, tasks, files):
        streams = [await host.open(host.head("GET", "events")) for _ in range(3)]
        for reader, _ in streams:
            await reader.readuntil(b"retry:")
        idle = [await host.open("") for _ in range(20)]
        await host.served_soon()
        for reader, _ in idle[:10]:
            with contextlib.suppress(ConnectionError):
                assert await asyncio.wait_for(reader.read(), PATIENCE) == b""
        for reader, writer in streams:  # who asked something is kept
            assert not reader.at_eof()
            writer.transport.abort()
        for _, writer in idle:
            writer.transport.abort()
        await host.as_before(tasks, files)

    host(scenario)
