"""The studio on a real socket: streams, sleeping pages, uploads, ports; the training is a fake."""

import asyncio
import contextlib
import http.client
import json
import signal
import socket
import threading
import time
import urllib.request

import pytest

from convlens.errors import SettingsError
from convlens.studio import serving
from convlens.studio.place import Place
from convlens.studio.run import Asked
from convlens.studio.serving import interrupts, listen, names_of
from convlens.studio.session import Session
from convlens.studio.studio import Manner, served
from convlens.studio.subject import subject_of
from tests.studio.conftest import FAKE

QUIET = Manner(browser=False)
PATIENCE = 30
"""Seconds for what happens at once, unless another program has the processors."""


@pytest.fixture
def host(tmp_path):
    """Runs an async scenario with a studio that really listens; gives its session and address."""

    def run(scenario):
        async def scene():
            subject = subject_of("digits")
            with Place(tmp_path / "runs", subject.key) as place:
                listening = listen("127.0.0.1", 0)
                session = Session(place, subject, Asked(), FAKE)
                async with served(session, listening, QUIET):
                    async with asyncio.timeout(PATIENCE):
                        while session.phase != "training":
                            await session.changed()
                    return await scenario(session, listening)

        return asyncio.run(scene())

    return run


async def connect(session, listening, path="api/events"):
    """A page that has asked for ``path``; what it hears is up to its reader."""
    reader, writer = await asyncio.open_connection("127.0.0.1", listening.port)
    address = f"GET /{session.place.token}/{path} HTTP/1.1\r\nHost: 127.0.0.1:{listening.port}\r\n"
    writer.write(f"{address}\r\n".encode())
    return reader, writer


async def heard(reader, text):
    """What comes until ``text`` has and then nothing for a while."""
    found = b""
    async with asyncio.timeout(PATIENCE):
        while text not in found:
            found += await reader.read(1 << 20)
    with contextlib.suppress(TimeoutError):
        while chunk := await asyncio.wait_for(reader.read(1 << 20), 0.5):
            found += chunk
    return found


def test_a_sleeping_page_costs_nothing_and_wakes_to_the_present(host):
    async def scenario(session, listening):
        sleeping, sleeper = await connect(session, listening)
        awake, other = await connect(session, listening)
        await heard(awake, b"event: state")
        begun = time.monotonic()
        await session.ask("flood", count=10_000)
        took = time.monotonic() - begun
        for found in (await heard(sleeping, b"10001"), await heard(awake, b"10001")):
            text = found.decode()
            assert text.count("event: state") <= 10 * (took + 1) + 2
            last = text.rpartition("event: points\ndata: ")[2].partition("\n")[0]
            assert json.loads(last)["step"][-1] == 10_001
            assert len(found) < 5e6
        tasks = len(asyncio.all_tasks())
        for writer in (sleeper, other):
            writer.close()
            await writer.wait_closed()
        async with asyncio.timeout(PATIENCE):
            while len(asyncio.all_tasks()) > tasks - 2:
                await session.ask("flood", count=1)
                await asyncio.sleep(0.05)

    host(scenario)


def test_a_page_that_never_reads_holds_nothing_up(host):
    async def scenario(session, listening):
        _, writer = await connect(session, listening)
        writer.transport.pause_reading()
        async with asyncio.timeout(PATIENCE):
            await session.ask("flood", count=2_000)
        state = await asyncio.to_thread(fetched, session, "api/state")
        assert json.loads(state)["run"]["step"] == 2_001
        writer.close()

    host(scenario)


def fetched(session, path):
    return urllib.request.urlopen(session.address + path, timeout=PATIENCE).read()


def test_a_long_question_blocks_nobody_and_is_forgotten_with_its_page(host):
    async def scenario(session, listening):
        _, writer = await connect(session, listening, "api/view?picture=test:1&layer=silence")
        async with asyncio.timeout(PATIENCE):
            while not session.supervisor._pending:
                await asyncio.sleep(0.01)
        await asyncio.to_thread(fetched, session, "api/state")
        writer.close()
        async with asyncio.timeout(PATIENCE):
            while session.supervisor._pending:
                await asyncio.sleep(0.01)

    host(scenario)


def test_a_large_upload_is_refused_before_it_has_been_sent(host):
    def upload(session, listening):
        page = http.client.HTTPConnection("127.0.0.1", listening.port, timeout=PATIENCE)
        page.putrequest("POST", f"/{session.place.token}/api/pictures")
        page.putheader("Content-Length", str(200 << 20))
        page.endheaders(bytes(1 << 16))  # and no more: the answer comes all the same
        answer = page.getresponse()
        return answer.status, json.loads(answer.read())["error"]

    async def scenario(session, listening):
        status, error = await asyncio.to_thread(upload, session, listening)
        assert status == 413
        assert "32 MB" in error["message"]
        assert [one["do"] for one in (await session.ask("asked"))[0]["asked"]] == ["open", "asked"]

    host(scenario)


def test_who_sends_it_all_before_listening_hears_it_too(host):
    def upload(session, listening):
        page = http.client.HTTPConnection("127.0.0.1", listening.port, timeout=PATIENCE)
        page.request("POST", f"/{session.place.token}/api/pictures", bytes(40 << 20))
        return page.getresponse().status

    async def scenario(session, listening):
        assert await asyncio.to_thread(upload, session, listening) == 413

    host(scenario)


def test_the_end_of_the_studio_ends_streams_at_once(host):
    def page(address, ends):
        with urllib.request.urlopen(address + "api/events", timeout=PATIENCE) as stream:
            stream.read()  # to its end
            ends.append(time.monotonic())

    async def scenario(session, listening):
        ends = []
        thread = threading.Thread(target=page, args=(session.address, ends))
        thread.start()
        await asyncio.sleep(0.3)
        assert not ends
        return thread, ends, time.monotonic()

    thread, ends, begun = host(scenario)
    thread.join(PATIENCE)
    assert ends[0] - begun < 5


def test_what_http_itself_forbids_is_no_way_in(host):
    def ask(listening, lines):
        with socket.create_connection(("127.0.0.1", listening.port), timeout=PATIENCE) as page:
            page.sendall(lines)
            return page.recv(1 << 16).split(b"\r\n")[0]

    async def scenario(session, listening):
        path = f"/{session.place.token}/api/state"
        right = f"Host: 127.0.0.1:{listening.port}\r\n"
        for head in (
            f"GET {path} HTTP/1.1\r\n\r\n",
            f"GET {path} HTTP/1.1\r\n{right}Host: evil\r\n\r\n",
            f"GET http://evil{path} HTTP/1.1\r\nHost: evil\r\n\r\n",
            f"GET {path} HTTP/1.1\r\n{right}Origin: http://evil\r\nOrigin: x\r\n\r\n",
        ):
            line = await asyncio.to_thread(ask, listening, head.encode())
            assert line.split()[1] in (b"400", b"403", b"404"), (head, line)
        good = f"GET {path} HTTP/1.1\r\n{right}\r\n"
        assert (await asyncio.to_thread(ask, listening, good.encode())).split()[1] == b"200"

    host(scenario)


def test_an_answer_is_sent_at_once():
    """Otherwise its body waits for the other side to acknowledge its head, 40 ms on Linux."""

    async def accepted(listening):
        writers = asyncio.Queue()
        async with await asyncio.start_server(
            lambda _, writer: writers.put_nowait(writer), sock=listening.socket
        ):
            _, ours = await asyncio.open_connection("127.0.0.1", listening.port)
            theirs = await writers.get()
            found = theirs.get_extra_info("socket")
            at_once = found.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            for writer in (ours, theirs):
                writer.close()
            return at_once

    assert asyncio.run(accepted(listen("127.0.0.1", 0)))


def test_ports(monkeypatch):
    first = listen("127.0.0.1", 0)
    with first.socket:
        with pytest.raises(SettingsError, match=f"port {first.port} is in use"):
            listen("127.0.0.1", first.port)
        monkeypatch.setattr(serving, "PORT", first.port)
        second = listen("127.0.0.1", None)
        with second.socket:
            assert second.port != first.port
        again = listen("127.0.0.1", None, liked=second.port)
        with again.socket:
            assert again.port == second.port
    with pytest.raises(SettingsError, match="is no address of this machine"):
        listen("192.0.2.7", 0)
    with pytest.raises(SettingsError, match="is no address of this machine"):
        listen("no such host", 0)


def test_the_first_signal_asks_and_the_second_ends_at_once():
    heard = []
    before = signal.getsignal(signal.SIGTERM)
    with interrupts(heard.append, lambda: heard.append("now")):
        signal.raise_signal(signal.SIGTERM)
        assert heard == [signal.SIGTERM]
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert heard == [signal.SIGTERM, "now"]
    assert signal.getsignal(signal.SIGTERM) is before


def test_names():
    assert names_of("127.0.0.1") == []
    assert {"127.0.0.1", "localhost", socket.gethostname()} <= set(names_of("0.0.0.0"))


@pytest.mark.parametrize(
    ("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::1", "[::1]")]
)
def test_addresses(host, shown):
    with socket.socket() as unused:
        assert serving.Listening(unused, host, 5).address("t") == f"http://{shown}:5/t/"
