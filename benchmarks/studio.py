"""What being watched costs a training: pictures a second with nobody there, and with pages open.

Starts `convlens studio` on the data and lets ConvNetJS' CIFAR-10 network learn. In turns, many
times over within the one training, nobody listens; a page listens to the events (no layer open);
a page has a layer open, asking for its activation maps, gradients, weights and weight gradients
again as soon as it has them. Then the same network is trained by `convlens train`. The speed is
counted from the pictures that the studio says it has learned from, over its own seconds.

With --browser CHROMIUM the real page is opened too, with no layer open and with one; what it
draws is then drawn by the same processors that train.

usage: python benchmarks/studio.py DATA [--rounds N] [--seconds N] [--net TEXT] [--name NAME]
       [--browser CHROMIUM]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from machine import described, written

BATCH = 256

NOBODY, PAGE, LAYER = "nobody", "a page's questions", "those of a layer open"
BROWSER, BROWSER_LAYER = "Chromium", "Chromium, a layer open"

NET = "[CONV 16@5x5 - RELU - POOL]*1 - [CONV 20@5x5 - RELU - POOL]*2 - FC"


class Studio:
    """A studio that somebody started, spoken to as its page does."""

    def __init__(self, address: str) -> None:
        self.address = address

    def get(self, path: str, **values: object) -> bytes:
        query = f"?{urlencode(values)}" if values else ""
        with urlopen(f"{self.address}api/{path}{query}", timeout=60) as answer:
            found: bytes = answer.read()
        return found

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.get("state"))
        return found

    def post(self, path: str, **values: object) -> None:
        body = json.dumps(values).encode()
        headers = {"Content-Type": "application/json"}
        urlopen(Request(f"{self.address}api/{path}", body, headers), timeout=60).close()

    def learned(self) -> tuple[int, float]:
        """Pictures learned from so far, and when that was."""
        run = self.state()["run"]
        return run["examples"], run["seconds"]


@contextmanager
def studio(data: Path, net: str, folder: Path) -> Iterator[Studio]:
    command = [sys.executable, "-m", "convlens", "studio", str(data), "--net", net]
    command += ["--epochs", "1000", "--no-browser", "--runs", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            line = next(line for line in process.stdout if "http" in line)
            yield Studio(next(word for word in line.split() if word.startswith("http")))
        finally:
            process.terminate()


def listen(there: Studio, over: threading.Event) -> None:
    """What an open page does with no layer open: read the events."""
    with urlopen(f"{there.address}api/events", timeout=60) as stream:
        while not over.is_set():
            stream.readline()


def look(there: Studio, layer: str, over: threading.Event, counted: list[int]) -> None:
    """What a page does with a layer open: ask again once it has the answer."""
    seen = -1
    asked = "activations,gradients,weights,weight_gradients"
    while not over.is_set():
        answer = there.get("view", picture="test:0", layer=layer, only=asked, seen=seen)
        told = json.loads(answer[8 : 8 + int.from_bytes(answer[:4], "little")])
        seen = told["step"]
        counted.append(seen)


@contextmanager
def watched(there: Studio, watching: str, views: list[int], browser: str | None) -> Iterator[None]:
    """Nobody or somebody watches inside."""
    over = threading.Event()
    watchers = []
    if watching in (PAGE, LAYER):
        watchers.append(threading.Thread(target=listen, args=(there, over)))
    if watching == LAYER:
        watchers.append(threading.Thread(target=look, args=(there, "conv1", over, views)))
    for watcher in watchers:
        watcher.start()
    with drawn(there, watching, browser):
        yield
    over.set()
    for watcher in watchers:
        watcher.join()


@contextmanager
def drawn(there: Studio, watching: str, browser: str | None) -> Iterator[None]:
    """The real page inside, where one is asked for."""
    if watching not in (BROWSER, BROWSER_LAYER):
        yield
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": 1400, "height": 1000})
        page.goto(there.address)
        if watching == BROWSER_LAYER:
            page.locator("#network button", has_text="conv1").first.click()
        page.wait_for_timeout(4000)  # for the page's own start
        yield
        chromium.close()


def speed(
    there: Studio, seconds: float, watching: str, views: list[int], browser: str | None
) -> float:
    """Pictures a second for so long, while nobody or somebody watches."""
    with watched(there, watching, views, browser):
        time.sleep(1)
        pictures, begun = there.learned()
        time.sleep(seconds)
        more, ended = there.learned()
    return (more - pictures) / (ended - begun)


def alone(data: Path, net: str, seconds: float) -> float:
    """Pictures a second of `convlens train`, its looks at the validation part included."""
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-m", "convlens", "train", str(data), "--net", net, "--json"]
        command += ["--quiet", "--budget", f"{seconds}s", "--out", f"{scratch}/model.safetensors"]
        command += ["--batch", str(BATCH)]
        found = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return float(BATCH * found["steps"] / found["training_seconds"])


def wait_for_training(there: Studio) -> None:
    while True:
        try:
            state = there.state()
        except URLError:
            state = {"phase": "starting"}
        if state["phase"] == "training" and state["run"] and state["run"]["step"] > 20:
            return
        if state["phase"] == "failed":
            raise SystemExit(state["error"]["message"])
        time.sleep(0.2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--net", default=NET)
    parser.add_argument("--browser", metavar="CHROMIUM")
    parser.add_argument("--name", default="studio")
    options = parser.parse_args()
    kinds = [NOBODY, PAGE, LAYER, *([BROWSER, BROWSER_LAYER] if options.browser else [])]
    found: dict[str, list[float]] = {kind: [] for kind in kinds}
    views: list[int] = []
    with (
        tempfile.TemporaryDirectory() as scratch,
        studio(options.data, options.net, Path(scratch) / "runs") as there,
    ):
        wait_for_training(there)
        for number in range(options.rounds):
            for kind in kinds if number % 2 else reversed(kinds):
                rate = speed(there, options.seconds, kind, views, options.browser)
                found[kind].append(rate)
                print(f"  {kind}: {rate:,.0f} pictures/s", file=sys.stderr)
    train = statistics.median(alone(options.data, options.net, 20) for _ in range(3))
    base = statistics.median(found[NOBODY])
    lines = [
        "# What watching costs",
        "",
        f"`{options.net}`, pictures a second, medians of {options.rounds} turns of "
        f"{options.seconds:g} s.",
        "",
        "| | pictures/s | beside nobody watching |",
        "|---|---|---|",
        *(
            f"| {kind} | {statistics.median(rates):,.0f} | "
            f"{statistics.median(a / b for a, b in zip(rates, found[NOBODY], strict=True)):.3f} |"
            for kind, rates in found.items()
        ),
        f"| `convlens train` | {train:,.0f} | {train / base:.3f} |",
        "",
        f"The open layer was drawn {len(views) / (options.rounds * (options.seconds + 1)):.1f} "
        "times a second.",
        "",
        described("fastapi", "uvicorn"),
    ]
    written(options.name, lines)


if __name__ == "__main__":
    main()
