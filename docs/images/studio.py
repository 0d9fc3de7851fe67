"""Makes the pictures of the studio: ConvNetJS' network while it learns CIFAR-10, in Chromium.

usage: python docs/images/studio.py CIFAR10_FOLDER [--browser /usr/bin/chromium]
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent
NET = "[CONV 16@5x5 - RELU - POOL]*1 - [CONV 20@5x5 - RELU - POOL]*2 - FC"
WIDE, TALL = {"width": 1280, "height": 860}, {"width": 1280, "height": 1260}
NARROW = {"width": 390, "height": 844}
PATIENCE = 300
"""Seconds in which the network has learned enough to be looked at."""


@contextmanager
def studio(data: Path) -> Iterator[str]:
    """The address of a studio on ``data``."""
    with tempfile.TemporaryDirectory() as runs:
        command = [sys.executable, "-m", "convlens", "studio", str(data), "--net", NET]
        command += ["--epochs", "40", "--no-browser", "--runs", runs]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            try:
                yield process.stdout.readline().strip()
            finally:
                process.terminate()
                process.wait(60)


def taken(page: Page, name: str, height: int | None = None) -> None:
    """Write what the window shows, 256 colours of it: half the bytes, and nobody sees it."""
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    if height is not None:
        image = image.crop((0, 0, image.width, height))
    small = image.quantize(256, dither=Image.Dither.NONE)
    small.save(HERE / f"studio-{name}.png", optimize=True)


def shown(page: Page, name: str, above: int = 70) -> None:
    """Scroll so that an element stands below the page's bar."""
    page.locator(name).first.evaluate(
        "(one, above) => scrollTo({ top: one.getBoundingClientRect().top + scrollY - above,"
        " behavior: 'instant' })",
        above,
    )
    page.wait_for_timeout(2500)


def until(page: Page, condition: str) -> None:
    """Wait until what the server says makes ``condition`` true."""
    state = "const state = async () => (await fetch('api/state')).json();"
    for _ in range(PATIENCE):
        if page.evaluate(f"async () => {{ {state} return {condition}; }}"):
            return
        page.wait_for_timeout(1000)
    raise SystemExit(f"never came true: {condition}")


def pictures(page: Page) -> None:
    """Walk through the regions and take each."""
    until(page, "(await state()).run?.epochs > 4")
    for one in page.get_by_role("button", name="Dismiss").all():
        one.click()
    page.get_by_label("Learning rate").fill("0.05")
    page.get_by_label("Learning rate").press("Enter")
    page.set_viewport_size(TALL)
    page.wait_for_timeout(9000)
    taken(page, "learn")
    page.set_viewport_size(WIDE)
    page.locator("#network button", has_text="conv1").first.click()
    for panel in ("Activation gradients", "Weight gradients"):
        page.locator("#network button", has_text=panel).first.click()
    page.wait_for_timeout(2000)
    shown(page, "#network button:has-text('conv1')")
    taken(page, "layer")
    page.locator("#network .tiles canvas, #network canvas").nth(3).click(
        position={"x": 40, "y": 40}
    )
    page.wait_for_timeout(3000)
    shown(page, ".scope")
    taken(page, "arithmetic", 640)
    shown(page, "#try")
    page.locator("#try button img").nth(5).click()
    page.wait_for_timeout(2500)
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Show why").click()
    page.wait_for_timeout(3000)
    shown(page, "#try")
    taken(page, "try")
    page.get_by_role("button", name="Test all").click()
    until(page, "(await (await fetch('api/test')).json()) !== null")
    page.wait_for_timeout(1000)
    shown(page, "#test")
    taken(page, "test")


def main() -> None:
    """Start a studio, and take its pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--browser", default="/usr/bin/chromium")
    options = parser.parse_args()
    with studio(options.data) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.browser, args=["--no-sandbox"])
        page = browser.new_page(viewport=WIDE, color_scheme="light", reduced_motion="reduce")
        page.goto(address)
        pictures(page)
        for scheme, size, name in (("dark", TALL, "dark"), ("light", NARROW, "phone")):
            other = browser.new_page(viewport=size, color_scheme=scheme, reduced_motion="reduce")
            other.goto(address)
            other.wait_for_timeout(3000)
            taken(other, name)
        browser.close()


if __name__ == "__main__":
    main()
