"""A studio of its own, and its page in a real browser."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.report.conftest import AXE_SCRIPT, CHROMIUM

PATIENCE = 60_000
"""Milliseconds within which a busy machine answers."""

GOING = ("training", "ready", "paused", "finished")
REGIONS = ("Learn", "Network", "Try it", "Test", "Files")


class Studio:
    """``convlens studio`` in a process of its own; ``port`` is kept over a restart."""

    def __init__(self, folder, *options):
        if CHROMIUM is None:
            pytest.skip("no Chromium: apt install chromium")
        pytest.importorskip("playwright.sync_api")
        self.folder, self.options = folder, options
        self.process = None
        self.start()

    def start(self, port=0):
        command = [sys.executable, "-m", "convlens", "studio", "--no-browser", "--port", str(port)]
        self.process = subprocess.Popen(
            [*command, "--runs", str(self.folder / "runs"), *self.options],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=self.folder,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        self.address = self.process.stdout.readline().strip()
        assert self.address, "the studio did not start"

    def trainer(self):
        """The number of the training process."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        (child,) = children.read_text().split()
        return int(child)

    def end(self, number=signal.SIGINT):
        self.process.send_signal(number)
        self.process.wait(60)
        self.process.stdout.close()

    def restart(self):
        self.start(urlsplit(self.address).port)


class Shared:
    """A studio that several modules' tests use, each beginning a run of its own."""

    def __init__(self, address):
        self.address = address
        self.net = self.until(lambda state: state["run"] and state["run"]["net"])["run"]["net"]

    def begin(self, net=None, paused=False):
        """Begin a run on ``net``, by default the usual one; ``paused`` before its first step."""
        if paused:
            self._begun(net)
            self._post("pause")
            self.until(lambda state: state["phase"] in ("paused", "finished"))
        self._begun(net)
        return self.address

    def _begun(self, net):
        run = self._post("network", net=net or self.net)["run"]
        self.until(lambda state: state["run"]["id"] == run and state["phase"] in GOING)

    def _post(self, path, **values):
        answer = httpx.post(f"{self.address}api/{path}", json=values, timeout=60)
        return answer.raise_for_status().json()

    def until(self, true):
        """Wait until ``true(state)``; returns it."""
        end = time.monotonic() + PATIENCE / 1000
        while not true(state := httpx.get(f"{self.address}api/state", timeout=60).json()):
            assert time.monotonic() < end, state
            time.sleep(0.05)
        return state


@contextmanager
def studio(folder, *options):
    """A studio that is ended at the end."""
    found = Studio(folder, *options)
    try:
        yield found
    finally:
        if found.process.poll() is None:
            found.end()


class Tab:
    """The studio's page in a tab of its own, with what it complained of and asked for."""

    def __init__(self, browser, address, **options):
        self.context = browser.new_context(reduced_motion="reduce", **options)
        self.context.set_default_timeout(PATIENCE)
        self.address = address
        self.troubles, self.hosts = [], set()
        self.page = self.open()

    def open(self):
        page = self.context.new_page()
        page.on("console", lambda said: said.type == "error" and self.troubles.append(said.text))
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))
        page.goto(self.address)
        page.wait_for_selector("html[data-ready]")
        page.wait_for_selector("#vital .phase[data-phase]")
        return page

    def well(self):
        """Nothing was complained of, and nobody else was asked for anything."""
        assert not self.troubles, self.troubles
        elsewhere = self.hosts - {urlsplit(self.address).netloc, ""}
        assert not elsewhere, elsewhere

    def button(self, name, page=None):
        return (page or self.page).get_by_role("button", name=name, exact=True)

    def field(self, name, page=None):
        return (page or self.page).get_by_label(name, exact=True)

    def region(self, name):
        return self.page.get_by_role("region", name=name)

    def expects(self, what):
        from playwright.sync_api import expect

        expect.set_options(timeout=PATIENCE)
        return expect(what)

    def drawn(self):
        """Wait until what was asked for is on the screen."""
        self.page.evaluate(
            "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )

    def get(self, path):
        return self.context.request.get(f"{self.address}api/{path}").json()

    def bytes(self, path):
        answer = self.context.request.get(f"{self.address}api/{path}")
        assert answer.ok, answer.text()
        return answer.body()

    def post(self, path, values=None):
        answer = self.context.request.post(
            f"{self.address}api/{path}", data=json.dumps(values or {}),
            headers={"Content-Type": "application/json"},
        )  # fmt: skip
        assert answer.ok, answer.text()
        return answer.json()

    def state(self):
        return self.get("state")

    def run(self):
        return self.state()["run"]

    def series(self):
        return self.get(f"runs/{self.run()['id']}/series")

    def when(self, true):
        """Wait until ``true(state)``; returns it."""
        end = time.monotonic() + PATIENCE / 1000
        while not true(state := self.state()):
            assert time.monotonic() < end, state
            self.page.wait_for_timeout(50)
        return state

    def until(self, phase, page=None):
        (page or self.page).wait_for_selector(f'#vital .phase[data-phase="{phase}"]')

    def pause(self):
        if self.state()["phase"] == "training":
            self.button("Pause").click()
        self.until("paused")

    def learn(self):
        still = ", ".join(f'#vital .phase[data-phase="{phase}"]' for phase in GOING)
        self.page.wait_for_selector(still)
        if self.state()["phase"] != "training":
            self.button("Start").click()
        self.until("training")

    def saved(self, path):
        """The network as it is now, saved through the page at ``path``."""
        with self.page.expect_download() as told:
            self.button("Download model").click()
        told.value.save_as(path)
        return path

    def open_layers(self):
        """Open every layer with all that it shows."""
        network = self.region("Network")
        network.locator(".layer h4 button").first.wait_for()
        closed = network.locator('.layer h4 button[aria-expanded="false"]')
        closed.evaluate_all("heads => heads.forEach(head => head.click())")
        hidden = network.locator('.toggle[aria-pressed="false"]')
        hidden.evaluate_all("toggles => toggles.forEach(toggle => toggle.click())")
        network.locator(".panel").first.wait_for()

    def axe(self, where="document"):
        """What axe-core finds serious, or worse."""
        if not AXE_SCRIPT.exists():
            pytest.skip("no axe-core: npm install --no-save --prefix build/axe axe-core")
        if self.page.evaluate("typeof axe") == "undefined":
            self.page.evaluate(AXE_SCRIPT.read_text(encoding="utf-8"))
        before = list(self.troubles)
        found = self.page.evaluate(f"axe.run({where}, {{resultTypes: ['violations']}})")
        self.drawn()
        self.troubles[:] = before  # axe-core's own styles are refused by the page's policy
        serious = [one for one in found["violations"] if one["impact"] in ("serious", "critical")]
        return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in serious]


def named(tab):
    """Every name that others rely on means exactly one thing, by a part of it already."""
    page = tab.page
    for name in REGIONS:
        assert page.get_by_role("region", name=name).count() == 1, name
    for name in ("Start", "Pause", "Step", "Apply"):
        assert page.get_by_role("button", name=name).count() == 1, name
    for name in ("Learning rate", "Momentum", "Batch size", "Weight decay"):
        assert page.get_by_label(name).count() == 1, name
    assert page.get_by_role("textbox", name="Network").count() == 1
