"""What people do to a page: bring files of all kinds, draw with a finger, let it sleep."""

import asyncio
import csv
import io
import json
import os
import re
import signal
import threading
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional

from convlens.lens.wording import number
from convlens.studio.place import Place
from convlens.studio.run import Asked
from convlens.studio.serving import listen
from convlens.studio.session import Session
from convlens.studio.studio import Manner, served
from convlens.studio.subject import subject_of
from tests.report.conftest import CHROMIUM, PLAIN
from tests.same import PROBABILITY
from tests.studio.conftest import FAKE
from tests.studio.pages import Tab, studio

NET = "CONV 6@3x3 - RELU - POOL - FC"
LARGE = 200 << 20  # bytes
ROOM = 40_000  # kB that a server may take for what it refuses


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    folder = tmp_path_factory.mktemp("studio")
    with studio(folder, "--epochs", "2000", "--net", NET, "--paused") as found:
        yield found


@pytest.fixture(scope="module")
def opened(browser, own):
    tab = Tab(browser, own.address, viewport={"width": 1280, "height": 900})
    tab.until("paused")
    yield tab
    tab.context.close()


@pytest.fixture
def tab(opened):
    """A tab on a run that rests; what a test has refused is no trouble."""
    yield opened
    opened.troubles[:] = [one for one in opened.troubles if "status of 422" not in one]
    opened.well()


# A network of ConvNetJS


def drawn_at_random(random, *shape):
    """Weights as ConvNetJS' own JSON.stringify writes a Float64Array."""
    values = random.normal(size=shape) * 0.3
    return values, {str(at): value for at, value in enumerate(values.ravel().tolist())}


def filters_of(random, count, width, height, depth):
    """``count`` filters (count, depth, height, width), and how ConvNetJS writes them."""
    values, written = [], []
    for _ in range(count):
        one, told = drawn_at_random(random, height, width, depth)  # depth is innermost
        values.append(one.transpose(2, 0, 1))
        written.append({"sx": width, "sy": height, "depth": depth, "w": told})
    return torch.from_numpy(np.array(values)), written


def convnetjs():
    """A network of ConvNetJS for the digits: what ``toJSON`` gives, and (filters, biases) twice."""
    random = np.random.default_rng(3)
    size = lambda depth, side: {"out_depth": depth, "out_sx": side, "out_sy": side}  # noqa: E731
    filters, told = filters_of(random, 5, 3, 3, 1)
    units, said = filters_of(random, 10, 4, 4, 5)
    bias, lift = (drawn_at_random(random, count) for count in (5, 10))
    volume = lambda depth, w: {"sx": 1, "sy": 1, "depth": depth, "w": w}  # noqa: E731
    units_told = [{"sx": 1, "sy": 1, "depth": 80, "w": one["w"]} for one in said]
    document = {"layers": [
        {"layer_type": "input", **size(1, 8)},
        {"layer_type": "conv", **size(5, 8), "sx": 3, "sy": 3, "stride": 1, "pad": 1,
         "in_depth": 1, "filters": told, "biases": volume(5, bias[1])},
        {"layer_type": "relu", **size(5, 8)},
        {"layer_type": "pool", **size(5, 4), "sx": 2, "sy": 2, "stride": 2, "pad": 0,
         "in_depth": 5},
        {"layer_type": "fc", **size(10, 1), "num_inputs": 80, "filters": units_told,
         "biases": volume(10, lift[1])},
        {"layer_type": "softmax", **size(10, 1), "num_inputs": 10},
    ]}  # fmt: skip
    return document, filters, torch.from_numpy(bias[0]), units, torch.from_numpy(lift[0])


def test_a_network_of_convnetjs_is_opened_and_looked_into(tab, tmp_path):
    document, filters, bias, units, lift = convnetjs()
    (tmp_path / "theirs.json").write_text(json.dumps(document))
    pixels = np.random.default_rng(4).integers(0, 256, (8, 8), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "eight.png")
    before = tab.run()["id"]
    with tab.page.expect_file_chooser() as chooser:
        tab.button("Open file").click()
    chooser.value.set_files(tmp_path / "theirs.json")
    tab.when(lambda state: state["run"]["id"] != before and state["run"]["net"])
    tab.until("paused")
    tab.region("Files").get_by_text("theirs.json is open as a new run").wait_for()
    assert tab.run()["net"] == "INPUT 8x8x1 - CONV 5@3x3 - RELU - POOL 2x2 - FC"

    x = torch.from_numpy(pixels / 255 - 0.5)[None, None]
    maps = functional.conv2d(x, filters, bias, padding=1)
    pooled = functional.max_pool2d(maps.relu(), 2)
    scores = functional.conv2d(pooled, units, lift).ravel()
    region = tab.region("Try it")
    region.scroll_into_view_if_needed()
    region.get_by_label("Upload a picture").set_input_files(tmp_path / "eight.png")
    region.get_by_text("as given: eight.png").wait_for()
    said = json.loads(region.locator("[data-probabilities]").get_attribute("data-probabilities"))
    assert said == pytest.approx(scores.softmax(0).tolist(), abs=PROBABILITY)

    tab.button("Look at it in Network").click()
    for layer, values in (("conv1", maps), ("pool1", pooled)):
        card = tab.region("Network").locator(f'.layer[data-layer="{layer}"]')
        card.locator("h4 button").click()
        tile = card.locator('.panel[data-part="activations"] .tile canvas').nth(2)
        tile.scroll_into_view_if_needed()
        tile.hover(position={"x": 2, "y": 2})
        readout = card.locator('.panel[data-part="activations"] .readout')
        tab.expects(readout).to_have_text(
            f"channel 2, x 0, y 0: {number(float(values[0, 2, 0, 0]))}"
        )


# Files of all kinds


def drop(tab, where, *paths):
    """Drop files of this computer, as its window manager does, in the middle of ``where``."""
    target = tab.page.locator(where)
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    mouse = tab.context.new_cdp_session(tab.page)
    for kind in ("dragEnter", "dragOver", "drop"):
        mouse.send("Input.dispatchDragEvent", {"type": kind, **place, "data": data})
    mouse.detach()


@pytest.fixture
def desk(tmp_path):
    """A folder as people have it: pictures, a text, an empty file, another folder."""
    random = np.random.default_rng(0)
    for name in ("one.png", "two.png"):
        Image.fromarray(random.integers(0, 256, (30, 40), np.uint8)).save(tmp_path / name)
    (tmp_path / "photos").mkdir()
    (tmp_path / "letter.txt").write_text("no picture")
    (tmp_path / "empty.png").touch()
    for name in ("large.png", "large.json", "large.safetensors"):
        with (tmp_path / name).open("wb") as file:
            file.truncate(LARGE)
    return tmp_path


def faults(region):
    return [fault.inner_text() for fault in region.get_by_role("alert").all()]


def test_what_is_dropped_on_try_it_is_shown_or_refused_in_a_line(tab, desk):
    region = tab.region("Try it")
    said = [
        (["photos"], "photos is a folder, or cannot be read."),
        (["letter.txt"], "letter.txt cannot be read: not a picture"),
        (["empty.png"], "empty.png is empty."),
        (["one.png", "two.png", "letter.txt"], "Of 3 files the first is shown."),
        (["photos", "one.png"], "photos is a folder, or cannot be read."),
    ]
    for names, line in said:
        drop(tab, "#try h2", *(desk / name for name in names))
        region.get_by_role("alert").get_by_text(line).wait_for()
        assert len(faults(region)) == 1, names
        assert region.get_attribute("class") == "region"  # nothing hovers any more
    region.get_by_text("as given: one.png").wait_for()  # what was refused took nothing away
    drop(tab, "#try h2", desk / "two.png")
    region.get_by_text("as given: two.png").wait_for()
    assert faults(region) == []


def test_a_file_dropped_beside_does_not_take_the_page_away(tab, desk):
    for where in ("#learn h2", "#network h2", "#lead"):
        drop(tab, where, desk / "one.png")
    tab.drawn()
    assert [page.url for page in tab.context.pages] == [tab.address]


PASTED = """async ([bytes, text]) => {
  const held = new DataTransfer();
  if (text) held.setData("text/plain", text);
  else held.items.add(new File([new Uint8Array(bytes)], "pasted.png", {type: "image/png"}));
  const event = new ClipboardEvent("paste", {clipboardData: held, bubbles: true, cancelable: true});
  document.querySelector("#net, textarea").dispatchEvent(event);
  return event.defaultPrevented;
}"""


def test_a_picture_is_taken_from_the_clipboard_and_text_left_where_it_belongs(tab, desk):
    assert tab.page.evaluate(PASTED, [list((desk / "one.png").read_bytes()), None])
    region = tab.region("Try it")
    region.get_by_text("as given: pasted.png").wait_for()
    assert not tab.page.evaluate(PASTED, [None, "CONV 8@3x3 - FC"])
    assert faults(region) == []


def memory(pid, what="VmHWM"):
    """The most that a process ever took, or takes now, in kB."""
    return int(re.search(rf"{what}:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1])


def test_two_hundred_megabytes_are_refused_before_they_are_sent(tab, own, desk):
    before, sent = memory(own.process.pid), []
    state = tab.state()["run"]
    told = lambda request: request.method == "POST" and sent.append(request.url)  # noqa: E731
    tab.page.on("request", told)
    drop(tab, "#try h2", desk / "large.png")
    tab.region("Try it").get_by_text("large.png has 209.7 MB").wait_for()
    files = tab.region("Files")
    for name, line in (
        ("large.json", "large.json has 209.7 MB"),
        ("large.safetensors", "large.safetensors is no model file"),
        ("one.png", "one.png is neither a .safetensors nor a .json file"),
        ("photos", "photos is a folder, or cannot be read"),
    ):
        drop(tab, "#files .drop", desk / name)
        files.get_by_text(line).wait_for()
        assert len(faults(files)) == 1
    drop(tab, "#files .drop", desk / "one.png", desk / "two.png")
    files.get_by_text("Open one at a time.").wait_for()
    tab.page.remove_listener("request", told)
    assert [url for url in sent if "/api/open" in url or "/api/pictures" in url] == []
    assert memory(own.process.pid) - before < ROOM
    assert tab.state()["run"] == state
    drop(tab, "#try h2", desk / "two.png")  # the page works as before
    tab.region("Try it").get_by_text("as given: two.png").wait_for()


# A finger, a camera


def test_a_finger_draws_and_the_page_keeps_still(browser, own):
    tab = Tab(browser, own.address, viewport={"width": 390, "height": 844}, has_touch=True,
              is_mobile=True)  # fmt: skip
    pad = tab.page.get_by_role("application", name="Drawing pad")
    pad.evaluate("pad => pad.scrollIntoView({block: 'center'})")
    tab.drawn()
    box, scrolled = pad.bounding_box(), tab.page.evaluate("scrollY")
    finger = tab.context.new_cdp_session(tab.page)

    def touch(kind, *places):
        points = [{"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]}
                  for x, y in places]  # fmt: skip
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", (0.5, 0.1))
    for y in np.linspace(0.1, 0.9, 20):
        touch("touchMove", (0.5, float(y)))
    touch("touchEnd")
    region = tab.region("Try it")
    region.locator("[data-probabilities]").wait_for(state="attached")
    assert tab.page.evaluate("scrollY") == scrolled
    assert region.locator(".pad-cursor").is_hidden()  # that is for who draws by keyboard
    light = """canvas => { const {width, height} = canvas;
      const data = canvas.getContext("2d").getImageData(0, 0, width, height).data;
      const at = (x, y) => data[4 * (Math.round(y * height) * width + Math.round(x * width))];
      return [at(.5, .1), at(.5, .5), at(.5, .88), at(.2, .5)]; }"""
    assert pad.evaluate(light) == [255, 255, 255, 0]
    tab.context.close()
    tab.well()


def test_a_camera_that_is_not_allowed_is_said_in_a_line(browser, own):
    refused = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream=deny"]
    another = browser.browser_type.launch(executable_path=CHROMIUM, args=[*PLAIN, *refused])
    tab = Tab(another, own.address, viewport={"width": 1280, "height": 900})
    region = tab.region("Try it")
    tab.button("Camera").click()
    region.get_by_text("The browser did not allow the camera.").wait_for()
    assert len(faults(region)) == 1
    assert region.locator("video").is_hidden()
    assert tab.button("Camera").get_attribute("aria-expanded") == "false"
    another.close()
    tab.well()


# A page that sleeps


@contextmanager
def fake_studio(folder):
    """A studio served from a thread, its training process a fake; ``(address, ask)``."""
    subject, begun, over = subject_of("digits"), threading.Event(), []
    loop = asyncio.new_event_loop()
    with Place(folder / "runs", subject.key) as place:
        listening = listen("127.0.0.1", 0)
        session = Session(place, subject, Asked(), FAKE)

        async def serve():
            async with served(session, listening, Manner(browser=False)):
                over.append(asyncio.Event())
                begun.set()
                await over[0].wait()

        thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
        thread.start()
        assert begun.wait(60)

        def ask(do, **values):
            return asyncio.run_coroutine_threadsafe(session.ask(do, **values), loop).result(60)

        try:
            yield listening.address(place.token), ask
        finally:
            loop.call_soon_threadsafe(over[0].set)
            thread.join()
            loop.close()


@contextmanager
def asleep(browser):
    """Within it no tab of ``browser`` runs, as on a computer whose lid was closed."""
    control = browser.new_browser_cdp_session()
    found = control.send("SystemInfo.getProcessInfo")["processInfo"]
    control.detach()
    tabs = [one["id"] for one in found if one["type"] == "renderer"]
    try:
        for one in tabs:
            os.kill(one, signal.SIGSTOP)
        yield
    finally:
        for one in tabs:
            os.kill(one, signal.SIGCONT)


def test_a_tab_that_slept_through_ten_thousand_events_catches_up(browser, tmp_path):
    with fake_studio(tmp_path) as (address, ask):
        tab = Tab(browser, address)
        tab.until("training")
        ask("flood", count=100)
        tab.expects(tab.page.locator(".far p")).to_contain_text("step 101 ")
        before = memory(os.getpid(), "VmRSS")
        with asleep(browser):
            for _ in range(20):
                ask("flood", count=600)
            assert memory(os.getpid(), "VmRSS") - before < ROOM
        tab.expects(tab.page.locator(".far p")).to_contain_text("step 12,101 ")
        with tab.page.expect_download() as told:
            tab.button("Save as CSV").click()
        text = told.value.path().read_text(encoding="utf-8")
        rows = [row for row in csv.DictReader(io.StringIO(text)) if row["kind"] == "point"]
        true = tab.series()
        assert [int(row["step"]) for row in rows] == true["step"]
        assert [float(row["loss"]) for row in rows] == pytest.approx(true["loss"])
        tab.well()
        tab.context.close()
