"""A studio under fire: whatever is sent is answered in a line; killed, it goes on where it was.

``CONVLENS_ATTACKS=20`` tries twenty times as much.
"""

import contextlib
import io
import json
import os
import random
import signal
import struct
import sys
import time
import zipfile
import zlib
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi.openapi.utils import get_openapi
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable

from convlens.studio.app import application
from convlens.studio.guard import MOST_MODEL, MOST_PICTURE
from convlens.studio.place import begun
from tests.studio.besieged import HARDER, PATIENCE, besieged

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")

EXAMPLES = 2 * HARDER
"""Of each operation and each way to make them."""

ROUNDS = 2 * HARDER
"""Of killing, every other one of the server."""

SLOW = 20
"""Seconds after which an answer counts as none."""

ENDLESS = "/api/events"
ALIVE = ("training", "paused", "finished")
TEXT = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with besieged(tmp_path_factory.mktemp("besieged"), "--epochs", "4000") as found:
        found.until(lambda state: state["phase"] == "training")
        yield found


@pytest.fixture(autouse=True)
def lives_on(server):
    """After each attack the page is answered, nothing is broken, and the log has no traceback."""
    before, said = outside(server.folder), len(server.said())
    yield
    state = server.until(lambda state: state["phase"] in ALIVE)
    assert json.dumps(state, ensure_ascii=False).encode()  # what a page can read
    assert "Traceback" not in server.said()[said:], server.said()[said:][-5000:]
    assert outside(server.folder) == before


def outside(folder):
    """What lies around the place of the studio's runs."""
    above = folder.parent
    return {one for one in above.rglob("*") if folder / "runs" not in (one, *one.parents)}


def sound(status, content):
    """Not broken, and refused in a line where it is refused."""
    assert status < 500, (status, content[:500])
    if status >= 400:
        message = json.loads(content)["error"]["message"]
        assert message
        assert message.isprintable(), message


def operations():
    """What the routes take, as schemathesis reads it from them, and the ways to fill it in."""
    schemathesis = pytest.importorskip("schemathesis", reason="pip install schemathesis")
    told = get_openapi(title="studio", version="0", routes=application(None).routes)
    assert len(told["paths"]) > 30
    right, wrong = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE
    for found in schemathesis.openapi.from_dict(told).get_all_operations():
        operation = found.ok()
        yield operation, right
        if operation.query or operation.body:
            yield operation, wrong


def attack(operation, mode, send):
    """``send`` what the operation may, or may not, be asked."""

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck), phases=[Phase.generate],
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def one(case):
        send(operation.label, case)

    with contextlib.suppress(Unsatisfiable):  # nothing could be wrong with it
        one()


def test_whatever_the_routes_are_sent_is_answered(server):
    found = list(operations())
    import requests

    origin, tried = {"Origin": f"http://{server.host}"}, []

    def send(label, case):
        sent = case.as_transport_kwargs(base_url=server.address.rstrip("/"))
        sent["headers"] = {**(sent.get("headers") or {}), **origin}
        with page.request(**sent, timeout=SLOW, stream=True) as answer:
            if case.path != ENDLESS or answer.status_code != 200:
                sound(answer.status_code, answer.content)
            tried.append((label, answer.status_code))

    with requests.Session() as page:
        for operation, mode in found:
            attack(operation, mode, send)
    assert {label for label, _ in tried} == {operation.label for operation, _ in found}
    assert {200, 404, 422} <= {status for _, status in tried}


NUMBER = "9" * 5000
BODIES = [
    b"", b"null", b"[]", b'""', b"1", b"{", b"[" * 900_000, b'{"a":' * 100_000, b"\xff\xfe{\0}\0",
    *(b'{"%s": 7}' % name for name in (b"id", b"do", b"blob", b"then", b"self", b"re")),
    b'{"rate": [NaN]}', b'{"rate": NaN}', b'{"epochs": 1e999}', b'{"epochs": "x"}',
    b'{"epochs": []}', b'{"epochs": -5}', b'{"batch": -3}', b'{"batch": 1%s}' % (b"0" * 4000),
    b'{"flip": {}}', b'{"method": "\\ud800"}', b'{"\\ud800": 1}', b'{"\\u001b[31m": 1}',
    b'{"net": "\\ud800", "name": "\\ud800", "part": "\\ud800"}', b'{"net": "\\u0000"}',
    b'{"net": "%s"}' % (b"[" * 150_000), b'{"net": "[[[[RELU]*99]*99]*99]*99"}',
    b'{"net": "CONV %s"}' % (b"9" * 100_000),
]  # fmt: skip
COMMANDS = ("knobs", "read", "start", "network", "runs/studio-1/name", "test")
QUESTIONS = [
    f"picture/test:{NUMBER}.png", "picture/..%2f..%2fetc%2fpasswd.png", "picture/%00%ff.png",
    f"pictures?offset={NUMBER}", f"pictures?class={NUMBER[:30]}", f"pictures?part={NUMBER}",
    f"test/sample?seed={NUMBER[:300]}", "test/sample?seed=-1", "test/sample?part=%1b%ff",
    "view?picture=test:0&layer=%00", f"view?picture=test:0&layer=fc&seen={NUMBER[:300]}",
    f"predict?picture=test:0&seen={NUMBER[:30]}", f"why?picture=test:0&class={NUMBER[:50]}",
    f"look?picture=test:0&layer=fc&channel={NUMBER[:99]}", "runs/%00/series",
    "snapshots/1%00/model", f"test/cell?true={NUMBER[:40]}&said={NUMBER[:40]}", "..%2f..%2f",
    f"state?x={NUMBER * 8}",
]  # fmt: skip


def test_values_that_nobody_means(server):
    for question in QUESTIONS:
        sound(*server.ask(f"api/{question}", timeout=SLOW))
    for command in COMMANDS:
        for body in BODIES:
            sound(*server.ask(f"api/{command}", body, TEXT, timeout=SLOW))


def test_who_lacks_token_host_or_origin_is_refused_whatever_is_sent(server):
    for wrong in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}):
        for body in BODIES:
            assert server.ask("api/knobs", body, TEXT | wrong, timeout=SLOW)[0] == 403
    right, server.address = server.address, f"http://{server.host}/{server.token[::-1]}/"
    try:
        for body in BODIES:
            assert server.ask("api/knobs", body, TEXT, timeout=SLOW)[0] == 403
    finally:
        server.address = right


def test_broken_http_and_lines_that_break_leave_no_traceback(server):
    head = f"HTTP/1.1\r\nHost: {server.host}\r\n"
    chunked = f"{head}Transfer-Encoding: chunked\r\n\r\n"
    api, much = f"/{server.token}/api", ("ffff\r\n" + "a" * 65535 + "\r\n") * 20
    question = f"GET {api}/view?picture=test:0&layer=fc&seen=1 "
    for sent, status in {
        f"GET {api}/events {chunked}no length\r\n": 400,
        f"POST {api}/read {chunked}3\r\nabc\r\nno length\r\n": 400,
        f"POST {api}/read {head}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc": 400,
        f"POST {api}/pictures {head}Content-Length: 1000\r\n\r\nabc": None,
        f"POST {api}/open?name=../x {head}Content-Length: 1000\r\n\r\nabc": None,
        f"{question}{chunked}{much}": 413,
        f"GET {api}/events {chunked}{much}": None,
        f"GET {api}/state {head}X: {'a' * 100_000}\r\n\r\n": None,
        f"GET {api}/state {head}\r\n" * 50 + "no request\r\n\r\n": 200,
        "\x16\x03\x01\x02\0\x01\0": 400,
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n": 403,
    }.items():
        try:
            found = server.raw(sent.encode("latin-1"), SLOW)
        except ConnectionError:  # it was closed while there was more to say
            found = b""
        if status is not None and found:
            assert int(found.split()[1]) == status, (sent[:99], found[:99])
        assert b"Traceback" not in found


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(
        ">I", zlib.crc32(kind + content)
    )  # fmt: skip


def png(width, height, *more):
    """A grey picture that says it is so large, and has next to no pixels."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(bytes(width + 1) if width < 99 else b"\0"))
    return b"".join((b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", head), *more, body, chunk(b"IEND", b"")))


def bomb():
    """64 MB of nothing in a zip of 64 KB."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../evil.txt", bytes(64 << 20))
    return packed.getvalue()


def hostile():
    """Files that lie, by what they are."""
    text = b"x\0\0" + zlib.compress(bytes(64 << 20))
    sound_one = png(8, 1)
    tensor = {"w": {"dtype": "F32", "shape": [1 << 40], "data_offsets": [0, 1 << 42]}}
    header = json.dumps(tensor).encode()
    return {
        "nothing": b"",
        "a huge one": png(65_535, 65_535),
        "one beyond all numbers": png(2**31 - 1, 2**31 - 1),
        "a text bomb": png(8, 1, chunk(b"zTXt", text)),
        "a zip bomb": bomb(),
        "a picture and a zip": sound_one + bomb(),
        "a picture and a page": b"GIF89a/*\0\0*/=1;<script>alert(1)</script>",
        "half": sound_one[:40],
        "noise": random.Random(1).randbytes(10_000),
        "a header without end": struct.pack("<Q", 2**63) + b"{",
        "tensors without end": struct.pack("<Q", len(header)) + header,
        "deep JSON": b"[" * 100_000,
        "wide JSON": b'{"layers": [%s0]}' % (b"0," * 100_000),
        "a pickle": b"\x80\x04cos\nsystem\n(S'touch evil'\ntR.",
    }


NAMES = ["../../evil", "/tmp/evil", "..\\..\\evil", "a\0b\x1b[31m\n", "\u202egnp.x", "." * 300]


def test_hostile_files_are_answered_in_a_line(server):
    for number, (what, content) in enumerate(hostile().items()):
        name = quote(NAMES[number % len(NAMES)])
        for path in ("pictures", "open"):
            status, said = server.ask(f"api/{path}?name={name}", content, timeout=SLOW)
            sound(status, said)
            assert status >= 400 or (path == "pictures" and content[:4] == b"\x89PNG"), what
    assert not list((server.folder / "runs" / "brought").iterdir())


@pytest.mark.parametrize(("path", "most"), [("pictures", MOST_PICTURE), ("open", MOST_MODEL)])
def test_files_that_are_too_large_are_refused_by_their_length(server, path, most):
    head = f"HTTP/1.1\r\nHost: {server.host}\r\nContent-Length: {most + 1}\r\n\r\n"
    found = server.raw(f"POST /{server.token}/api/{path} {head}some".encode())
    assert found.startswith(b"HTTP/1.1 413 ")


def test_a_sound_model_is_kept_inside_whatever_it_is_called(server):
    status, model = server.ask("api/download/model", timeout=SLOW)
    assert status == 200
    for name in NAMES[:4]:
        assert server.ask(f"api/open?name={quote(name)}", model, timeout=SLOW)[0] == 200
    brought = list((server.folder / "runs" / "brought").iterdir())
    assert len(brought) == 4
    assert all(one.name.isprintable() and one.suffix == ".safetensors" for one in brought)


def ended(pid):
    """Whether that process is no more, or waits to be forgotten."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_killed_at_any_moment_it_goes_on(server):
    """The server, then the training process, each in a moment of its own, and again."""
    dice, runs = random.Random(7), server.folder / "runs"
    server.post("api/network", net="FC")
    server.until(lambda state: state["phase"] in ALIVE)
    server.post("api/start")
    server.until(lambda _: kept(runs)["phase"] == "training")  # from then on it goes on by itself
    for number in range(ROUNDS):
        time.sleep(dice.random())
        before, trainer = server.state(), server.trainer()
        saved = newest(server, before["run"]["id"])
        if number % 2:
            os.kill(trainer, signal.SIGKILL)
            server.until(lambda state: state["phase"] == "lost")
            assert server.post("api/start")[0] == 200
        else:
            server.kill()
            server.start()
        end = time.monotonic() + PATIENCE
        while not ended(trainer):
            assert time.monotonic() < end, "an orphan"
            time.sleep(0.05)
        state = server.until(
            lambda state: state["phase"] == "training" and state["run"]["step"] is not None
        )
        assert state["run"]["id"] == before["run"]["id"]
        known = {one["id"] for one in state["runs"]}
        assert all(one["id"] in known for one in before["runs"] if begun(runs / one["id"]))
        assert (state["run"]["resumed_step"] or 0) >= saved
        assert state["error"] is None


def kept(runs):
    """What is written down of the present run."""
    document = json.loads((runs / "studio.json").read_text())
    return next(one for one in document["runs"] if one["id"] == document["current"])


def newest(server, run):
    """The step of the newest checkpoint of a run; 0 where there is none."""
    found = (server.folder / "runs" / run / "checkpoints").glob("step-*.safetensors")
    return max((int(one.stem.removeprefix("step-")) for one in found), default=0)
