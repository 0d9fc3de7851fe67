import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from convlens.studio import commands
from convlens.studio.app import application
from convlens.studio.guard import Guard, hosts_of
from convlens.studio.place import Place
from convlens.studio.run import Asked
from convlens.studio.session import Session
from convlens.studio.subject import subject_of
from tests.report.conftest import CHROMIUM, PLAIN
from tests.studio.pages import Shared, studio

FAKE = [sys.executable, str(Path(__file__).parent / "fake.py")]
PORT = 8763


@dataclass
class Desk:
    """A studio without a socket, and a page to ask it."""

    session: Session
    page: httpx.AsyncClient
    guard: Guard

    async def until(self, true, seconds=60.0):
        """Wait until ``true(state)``."""
        async with asyncio.timeout(seconds):
            while not true(self.session.state()):
                await self.session.changed()
        return self.session.state()

    async def phase(self, *wanted):
        return await self.until(lambda state: state["phase"] in wanted)

    async def get(self, path, status=200, **options):
        answer = await self.page.get(path, **options)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def post(self, path, body=None, status=200):
        answer = await self.page.post(path, json={} if body is None else body)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def asked(self):
        """What the training process was asked."""
        return (await self.session.ask("asked"))[0]["asked"]


@pytest.fixture
def play(tmp_path):
    """Runs an async scenario against a studio whose training process is a fake."""

    def run(scenario, data="digits", folder=None, paused=False, asked=None, begin=True):
        async def scene():
            subject = subject_of(str(data))
            with Place(folder or tmp_path / "runs", subject.key) as place:
                session = Session(place, subject, asked or Asked(), FAKE)
                await session.open()
                guard = Guard(application(session), place.token, hosts_of("127.0.0.1", PORT))
                page = httpx.AsyncClient(
                    transport=httpx.ASGITransport(guard, raise_app_exceptions=False),
                    base_url=f"http://127.0.0.1:{PORT}/{place.token}/",
                )
                try:
                    async with page:
                        if begin:
                            await commands.begin_with(session, paused=paused)
                        return await scenario(Desk(session, page, guard))
                finally:
                    await session.close(patience=2)

        return asyncio.run(scene())

    return run


@pytest.fixture(scope="session")
def shared(tmp_path_factory):
    """A studio of the digits for all modules that need none of their own."""
    with studio(tmp_path_factory.mktemp("studio"), "--epochs", "400") as found:
        yield Shared(found.address)


class Browser:
    """One for all modules of pages: playwright has one at a time, beside which no loop runs."""

    def __init__(self):
        self.playwright = self.running = None

    def opened(self):
        """Its camera is a made-up one, and allowed."""
        if self.running is None:
            api = pytest.importorskip("playwright.sync_api")
            camera = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
            self.playwright = api.sync_playwright().start()
            self.running = self.playwright.chromium.launch(
                executable_path=CHROMIUM, args=[*PLAIN, *camera]
            )
        return self.running

    def close(self):
        if self.running is not None:
            self.running.close()
        if self.playwright is not None:
            self.playwright.stop()
        self.playwright = self.running = None


BROWSER = Browser()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item, nextitem):
    """After the last of the modules of pages, let the browser go."""
    try:
        return (yield)
    finally:
        if nextitem is None or not nextitem.path.name.startswith("test_page_"):
            BROWSER.close()


@pytest.fixture(scope="module")
def browser():
    """What a module opened in it is closed with the module."""
    if CHROMIUM is None:
        pytest.skip("no Chromium: apt install chromium")
    found = BROWSER.opened()
    yield found
    for context in found.contexts:
        context.close()
