"""Who may ask: the three checks, each by itself, on every route; and what every answer has."""

import asyncio
import re
from urllib.parse import unquote

import httpx
import pytest

from convlens.studio.guard import (
    HEADERS,
    MOST_COMMAND,
    MOST_PICTURE,
    POLICY,
    Guard,
    hosts_of,
)

BASE = "http://127.0.0.1:8763"


def routes(app):
    """Every route with something for each parameter in its path."""
    for route in app.routes:
        for method in route.methods:
            yield method, re.sub(r"\{[^}]*\}", "1", route.path)


def check_headers(answer):
    for name, value in HEADERS.items():
        assert answer.headers.get_list(name.decode()) == [value.decode()]
    assert "set-cookie" not in answer.headers
    cached = "no-cache" if re.search("/(static|report)/", str(answer.url)) else "no-store"
    assert answer.headers.get_list("cache-control") == [cached]


def test_every_route_wants_token_host_and_origin(play):
    async def scenario(desk):
        token = desk.session.place.token
        transport = httpx.ASGITransport(desk.guard)
        found = list(routes(desk.guard.app))
        assert len(found) > 30
        async with httpx.AsyncClient(transport=transport) as stranger:
            for method, path in found:
                right = f"{BASE}/{token}{path}"
                wrong = [
                    (f"{BASE}{path}", {}),
                    (f"{BASE}/{token[:-1]}{path}", {}),
                    (f"{BASE}/{token}x{path}", {}),
                    (f"{BASE}/{token[::-1]}{path}", {}),
                    (right, {"Host": "evil.example:8763"}),
                    (right, {"Host": "127.0.0.1"}),
                    (right, {"Host": "127.0.0.1:8764"}),
                    (right, {"Host": "127.0.0.1:8763.evil.example"}),
                    (right, {"Origin": "http://evil.example"}),
                    (right, {"Origin": "null"}),
                    (right, {"Origin": "https://127.0.0.1:8763"}),
                    (right, {"Origin": "http://127.0.0.1:8764"}),
                ]
                for url, headers in wrong:
                    answer = await stranger.request(method, url, headers=headers)
                    assert answer.status_code == 403, (method, url, headers)
                    assert answer.json()["error"]["message"]
                    assert token not in answer.text
                    check_headers(answer)
        await desk.phase("training")
        return [one["do"] for one in await desk.asked()]

    assert play(scenario) == ["open", "asked"]  # the process heard of none of it


def test_every_answer_has_the_headers(play):
    async def scenario(desk):
        await desk.phase("training")
        for method, path in routes(desk.guard.app):
            if path in ("/api/events", "/api/stop"):
                continue
            answer = await desk.page.request(method, path.lstrip("/") or "./", json={})
            check_headers(answer)
            assert answer.status_code < 500, (method, path, answer.text)  # the process lives on
            if answer.status_code >= 400:
                assert answer.json()["error"]["message"]
        for path in ("nothing", "api/nothing", "static/%2e%2e%2fguard.py"):
            answer = await desk.page.get(path)
            assert answer.status_code == 404
            check_headers(answer)

    play(scenario)


def test_names_of_this_computer_and_origins_of_our_page_are_let_in(play):
    async def scenario(desk):
        for host in ("127.0.0.1:8763", "localhost:8763", "[::1]:8763"):
            headers = {"Host": host, "Origin": f"http://{host}"}
            await desk.get("api/state", headers=headers)

    play(scenario)


def test_policy_has_no_loophole():
    assert "unsafe" not in POLICY
    assert "default-src 'none'" in POLICY
    assert "http:" not in POLICY
    assert "*" not in POLICY


@pytest.mark.parametrize(
    ("host", "names", "known"),
    [
        ("127.0.0.1", (), ["127.0.0.1:80", "localhost:80", "[::1]:80", "127.0.0.1"]),
        ("192.168.1.5", (), ["192.168.1.5:80", "192.168.1.5"]),
        ("::", ("fe80::1", "me"), ["[::]:80", "[fe80::1]:80", "me:80", "me"]),
    ],
)
def test_hosts(host, names, known):
    assert set(known) <= set(hosts_of(host, 80, names))
    assert not set(hosts_of(host, 81, names)) & {"127.0.0.1", "192.168.1.5", "me"}


WAYS_OUT = [
    "static/../guard.py",
    "static/..%2fguard.py",
    "static/%2e%2e/guard.py",
    "static/guard.py%00.js",
    "static/main.js%00",
    "static//main.js",
    "static/.",
    "static/..",
    "static/sub/main.js",
    "static/..\\guard.py",
    "static/%2fetc%2fpasswd",
    "static//etc/passwd",
    "report/../../studio/guard.py",
    "report/%00",
    "api/picture/..%2f..%2fetc%2fpasswd.png",
]


def test_no_way_out_of_the_files(play):
    async def scenario(desk):
        for way in WAYS_OUT:
            path = unquote(f"/{desk.session.place.token}/{way}")
            sent = await call(desk.guard, [], [b""], path, "GET", b"127.0.0.1:8763")
            assert sent[0]["status"] == 404, way
            assert b"Guard" not in sent[1]["body"]

    play(scenario, begin=False)


def test_a_link_that_leads_out_is_not_listed(tmp_path):
    from convlens.studio.routes.page import listed

    (tmp_path / "a.js").write_text("1")
    (tmp_path / "b.js").symlink_to("/etc/passwd")
    (tmp_path / "c.py").write_text("1")
    (tmp_path / "d.js").mkdir()
    assert set(listed(tmp_path)) == {"a.js"}


async def call(app, headers, chunks, path="/t/api/pictures", method="POST", host=b"h:1"):
    """Send a request by hand; returns what was answered and how much of it was taken."""
    sent, taken = [], []
    waiting = list(chunks)

    async def receive():
        if not waiting:
            return {"type": "http.disconnect"}
        taken.append(len(waiting[0]))
        body = waiting.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(waiting)}

    async def send(message):
        sent.append({**message, "taken": sum(taken)})

    scope = {"type": "http", "method": method, "path": path, "query_string": b"",
             "raw_path": path.encode(), "headers": [(b"host", host), *headers]}  # fmt: skip
    await app(scope, receive, send)
    return sent


async def reader(scope, receive, send):
    from starlette.requests import Request
    from starlette.responses import Response

    body = await Request(scope, receive).body()
    await Response(str(len(body)))(scope, receive, send)


def test_too_much_is_refused_by_its_length_before_any_of_it_is_read():
    guard = Guard(reader, "t", ["h:1"])
    length = (b"content-length", str(MOST_PICTURE + 1).encode())
    sent = asyncio.run(call(guard, [length], [bytes(1 << 20)] * 33))
    assert sent[0]["status"] == 413
    assert b"32 MB" in sent[1]["body"]
    assert sent[1]["taken"] == 0  # the answer was out before a byte was taken
    small = (b"content-length", b"5")
    sent = asyncio.run(call(guard, [small], [b"hello"]))
    assert (sent[0]["status"], sent[1]["body"]) == (200, b"5")


def test_too_much_without_a_length_is_refused_on_the_way():
    guard = Guard(reader, "t", ["h:1"])
    chunk = bytes(1 << 20)
    from starlette.exceptions import HTTPException

    with pytest.raises(HTTPException) as caught:
        asyncio.run(call(guard, [], [chunk] * 200))
    assert caught.value.status_code == 413


def test_commands_are_short(play):
    async def scenario(desk):
        answer = await desk.page.post("api/read", content=b"[" * (MOST_COMMAND + 1))
        assert answer.status_code == 413
        answer = await desk.page.post("api/read", content=b"{not json")
        assert answer.status_code == 422
        assert answer.json()["error"]["message"]

        async def drops():
            for _ in range(70):
                yield bytes(1 << 19)

        answer = await desk.page.post("api/pictures", content=drops())
        assert answer.status_code == 413
        assert answer.json()["error"]["message"]

    play(scenario, paused=True)
