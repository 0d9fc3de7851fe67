"""The regions "Try it" and "Test" in a real browser, on a studio that learns the digits."""

import io
import json
import re
import time

import numpy as np
import pytest
from PIL import Image

import convlens
from tests.report.conftest import AXE_SCRIPT

ANSWERED = 60_000
"""Milliseconds within which a busy machine answers."""

HOSTILE = "</script><script>document.title='bad'</script><b>bold</b>"


@pytest.fixture(scope="module")
def address(shared):
    """A studio that learns the digits."""
    return shared.begin()


class Site:
    """The studio's page, with what it complained of and asked others for."""

    def __init__(self, browser, address, **options):
        self.page = browser.new_page(**options)
        self.page.set_default_timeout(ANSWERED)
        self.troubles, self.elsewhere = [], []
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("console", self._told)
        self.page.on("request", lambda request: self._asked(request.url, address))
        self.page.goto(address)
        self.page.wait_for_selector("html[data-ready]")
        self.region = self.page.get_by_role("region", name="Try it")
        self.test = self.page.get_by_role("region", name="Test")
        self.page.wait_for_selector("#try .pad", state="visible")

    def _told(self, message):
        refused = "Failed to load resource" in message.text  # what a test brought about
        if message.type in ("error", "warning") and not refused:
            self.troubles.append(message.text)

    def _asked(self, url, address):
        if not url.startswith((address, "blob:", "data:")):
            self.elsewhere.append(url)

    def ask(self, path):
        """A question to the studio, from its own page."""
        return self.page.evaluate("async path => (await fetch(path)).json()", f"api/{path}")

    def command(self, path, body=None):
        self.page.evaluate(
            """([path, body]) => fetch(path, {method: "POST", body,
               headers: {"Content-Type": "application/json"}})""",
            [f"api/{path}", json.dumps(body or {})],
        )

    def rest(self):
        """Pause, unless it has learned all it was to learn."""
        if self.ask("state")["phase"] == "training":
            self.command("pause")
        until(lambda: self.ask("state")["phase"] in ("paused", "finished"))

    def draw(self, *points):
        """A stroke on the pad through points in shares of its width and height."""
        pad = self.region.get_by_role("application", name="Drawing pad")
        pad.scroll_into_view_if_needed()
        box = pad.bounding_box()
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
        self.page.mouse.move(*places[0])
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*place, steps=5)
        self.page.mouse.up()

    def probabilities(self):
        """Those of all classes, as the page holds them, once they are there."""
        shown = self.region.locator("[data-probabilities]")
        shown.wait_for(state="attached")
        return json.loads(shown.get_attribute("data-probabilities"))

    def looked_at(self):
        """The picture that Try it shows."""
        source = self.region.locator(".try-pictures img.pixels").get_attribute("src") or ""
        return source.removeprefix("api/picture/").removesuffix(".png").replace("%3A", ":")


@pytest.fixture(scope="module")
def opened(browser, address):
    """The page, opened once: it is slow to load on a busy machine."""
    found = Site(browser, address, viewport={"width": 1300, "height": 900})
    yield found
    found.page.close()


@pytest.fixture
def site(opened):
    """The page, its pad empty."""
    clear = opened.region.get_by_role("button", name="Clear")
    if clear.is_enabled():
        clear.click()
    yield opened
    assert opened.troubles == []
    assert opened.elsewhere == []


def until(true):
    """Wait until ``true()``."""
    end = time.monotonic() + ANSWERED / 1000
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def png(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def some_picture(seed=0):
    return png(np.random.default_rng(seed).integers(0, 256, (30, 40), np.uint8))


SEVEN = (0.25, 0.15), (0.75, 0.15), (0.45, 0.85)


def test_a_drawing_is_what_the_model_file_says_of_it(site, tmp_path):
    site.rest()
    site.draw(*SEVEN)
    site.page.wait_for_timeout(1500)  # until the drawing rests, and its last answer is there
    said, picture = site.probabilities(), site.looked_at()
    assert sum(said) == pytest.approx(1, abs=1e-5)
    bars = site.region.get_by_role("meter")
    values = [float(bar.get_attribute("aria-valuenow")) for bar in bars.all()]
    assert values == sorted(said, reverse=True)
    asked = """async path => [...new Uint8Array(await (await fetch(path)).arrayBuffer())]"""
    (tmp_path / "model.safetensors").write_bytes(
        bytes(site.page.evaluate(asked, "api/download/model"))
    )
    seen = bytes(site.page.evaluate(asked, f"api/picture/{picture}.png"))
    pixels = np.array(Image.open(io.BytesIO(seen)).convert("L"))
    assert pixels.max() > 200  # a light line on dark paper
    assert pixels.min() < 20
    classifier = convlens.load(tmp_path / "model.safetensors")
    shaped = pixels.reshape(1, *classifier.preprocessing.geometry.shape)
    assert said == pytest.approx(classifier.probabilities(shaped)[0].tolist(), abs=1e-4)
    best = classifier.classes[int(np.argmax(said))]
    assert site.region.locator(".try-says b").inner_text() == best
    layers = site.region.get_by_role("list", name="Every layer’s answer to it")
    site.region.locator(".try-layers").scroll_into_view_if_needed()
    layers.get_by_role("button").nth(1).wait_for()
    drawn = "document.querySelector('.layer-strip li:nth-child(2) canvas').width > 100"
    site.page.wait_for_function(drawn)


def test_it_draws_by_keyboard(site):
    pad = site.region.get_by_role("application", name="Drawing pad")
    pad.focus()
    for key in (" ", *["Shift+ArrowRight"] * 2, "ArrowDown", " "):
        site.page.keyboard.press(key)
    assert site.region.locator(".pad-cursor.down").count() == 0
    assert len(site.probabilities()) == 10
    assert site.region.get_by_role("button", name="Undo").is_enabled()
    site.page.keyboard.press("Backspace")
    site.region.locator(".try-none").wait_for()
    assert site.region.locator("[data-probabilities]").count() == 0
    assert site.region.get_by_role("button", name="Undo").is_disabled()


def test_the_answer_moves_as_the_network_learns(site):
    site.draw(*SEVEN)
    before = site.probabilities()
    site.command("anew")
    until(lambda: site.probabilities() != before)
    again = site.probabilities()
    until(lambda: site.probabilities() != again)
    site.rest()


BROUGHT = """([bytes, way]) => {
  const held = new DataTransfer();
  held.items.add(new File([new Uint8Array(bytes)], "brought.png", {type: "image/png"}));
  const event = way === "paste"
    ? new ClipboardEvent("paste", {clipboardData: held, bubbles: true, cancelable: true})
    : new DragEvent("drop", {dataTransfer: held, bubbles: true, cancelable: true});
  (way === "paste" ? document.body : document.querySelector("#try h2")).dispatchEvent(event);
}"""


def test_files_are_chosen_dropped_and_pasted(site):
    site.rest()
    site.region.scroll_into_view_if_needed()
    field = site.region.get_by_label("Upload a picture")
    seen = []
    for number, way in enumerate(("choose", "drop", "paste")):
        picture = some_picture(number)
        if way == "choose":
            field.set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": picture})
        else:
            site.page.evaluate(BROUGHT, [list(picture), way])
        name = "a.png" if way == "choose" else "brought.png"
        site.region.get_by_text(f"as given: {name}").wait_for()
        until(lambda: site.looked_at() not in ["", *seen])
        seen.append(site.looked_at())
    assert len(set(seen)) == 3
    field.set_input_files({"name": "b.png", "mimeType": "image/png", "buffer": b"no picture"})
    fault = site.region.get_by_role("alert").first
    fault.wait_for()
    assert "picture" in fault.inner_text()
    asked = []
    site.page.on("request", lambda request: asked.append(request.method))
    large = """() => {
      const held = new DataTransfer();
      held.items.add(new File([new Uint8Array(33 << 20)], "large.png", {type: "image/png"}));
      document.querySelector("#try h2").dispatchEvent(
        new DragEvent("drop", {dataTransfer: held, bubbles: true, cancelable: true}));
    }"""
    site.page.evaluate(large)
    site.region.get_by_text("large.png has 34.6 MB").wait_for()
    assert "POST" not in asked


def test_the_camera_is_live_and_then_off(site):
    site.region.get_by_role("button", name="Camera").click()
    site.probabilities()
    first = site.looked_at()
    until(lambda: site.looked_at() != first)
    site.page.evaluate(
        "globalThis.track = document.querySelector('#try video').srcObject.getTracks()[0]"
    )
    site.region.get_by_role("button", name="Take the picture").click()
    site.region.locator("video").wait_for(state="hidden")
    assert site.page.evaluate("track.readyState") == "ended"
    site.region.get_by_text("as given").first.wait_for()


def test_why_is_told_of_the_class_that_is_chosen(site):
    site.rest()
    site.draw(*SEVEN)
    site.probabilities()
    site.page.wait_for_timeout(800)
    site.region.get_by_label("Why this class").select_option("3")
    site.region.get_by_label("Method").select_option("gradient")
    site.region.get_by_role("button", name="Show why").click()
    told = site.region.locator(".why-told")
    told.get_by_text("“3”").wait_for()
    assert "It does not say" in told.inner_text()
    shade = "document.querySelector('.why-map').toDataURL()"
    before = site.page.evaluate(shade)
    site.region.get_by_label("Method").select_option("occlusion")
    told.get_by_text("a patch here is hidden").wait_for()
    assert site.page.evaluate(shade) != before


def test_the_table_adds_up_and_its_cells_open(site):
    site.rest()
    site.test.get_by_role("button", name="Test all").click()
    cells = site.test.get_by_role("grid", name="Confusion table").locator("td[data-is]")
    cells.first.wait_for()
    result = site.ask("test")
    counts = [int(text.replace(",", "") or 0) for text in cells.all_inner_texts()]
    table = np.array(counts).reshape(10, 10)
    assert np.argwhere(table).tolist() == [entry[:2] for entry in result["confused"]]
    assert table[table > 0].tolist() == [entry[2] for entry in result["confused"]]
    assert table.sum() == result["n"]
    accuracy = f"{100 * np.trace(table) / table.sum():.1f} %"
    assert site.test.locator(".test-figures b").first.inner_text() == accuracy

    cells.first.focus()
    site.page.keyboard.press("ArrowRight")
    site.page.keyboard.press("ArrowDown")
    here = "[document.activeElement.dataset.is, document.activeElement.dataset.said]"
    assert site.page.evaluate(here) == ["1", "1"]
    site.page.keyboard.press("Enter")
    tiles = site.test.get_by_role("list", name="Pictures of this cell").get_by_role("button")
    tiles.first.wait_for()
    assert tiles.count() == min(12, table[1, 1])
    assert all(text.startswith("1, right: 1 ") for text in tiles.all_text_contents())
    tiles.first.click()
    first = site.ask("test/cell?true=1&said=1&offset=0&count=1")["pictures"][0]["picture"]
    site.region.scroll_into_view_if_needed()
    until(lambda: site.looked_at() == first)
    assert "It is “1”" in site.region.locator(".try-truth").text_content()

    wrong = table.sum() - np.trace(table)
    mistakes = site.test.get_by_role("list", name="The worst mistakes").get_by_role("button")
    assert mistakes.count() == min(12, wrong)
    site.test.get_by_role("button", name="Most mistakes first").click()
    order = site.test.locator(".confusion tbody th").all_inner_texts()
    off = table.sum(0) + table.sum(1) - 2 * np.diag(table)
    assert [off[int(name)] for name in order] == sorted(off, reverse=True)


def test_a_reload_loses_no_figures(site):
    if site.ask("test") is None:
        pytest.skip("nothing was tested before")
    site.page.reload()
    site.page.wait_for_selector("#try .pad", state="visible")
    site.test.scroll_into_view_if_needed()
    site.test.locator(".test-figures b").first.wait_for()


def test_random_pictures_are_right_or_wrong_by_shape_too(site):
    site.rest()
    site.test.scroll_into_view_if_needed()
    tiles = site.test.get_by_role("list", name="Random pictures").locator(".picture-tile")
    tiles.first.wait_for()
    before = tiles.all_text_contents()
    for tile in tiles.all():
        words = tile.text_content().replace(",", "").replace(":", "").split()
        right = words[0] == words[2]
        assert words[1] == ("right" if right else "wrong")
        assert tile.locator("svg.verdict").get_attribute("class") == f"verdict {words[1]}"
    shown = tiles.count()
    tally = site.test.locator(".tally").inner_text()
    before_that = int(re.search(r"of the last (\d+) right", tally)[1])
    site.test.get_by_role("button", name="New pictures").click()
    site.test.get_by_text(f"of the last {min(200, before_that + shown)} right").wait_for()
    assert tiles.all_text_contents() != before


MANY = """async ([hostile, count]) => {
  const {bars} = await import("./static/bars.js");
  const {confusionPart} = await import("./static/confusion.js");
  const {mixups} = await import("./static/mixups.js");
  const names = Array.from({length: count}, (_, i) => `${hostile} ${i}`);
  const room = document.querySelector("#test");
  const one = bars();
  one.show(names, names.map((_, i) => (i + 1) / (count * (count + 1) / 2)));
  const confused = names.flatMap((_, i) =>
    names.map((_, j) => [i, j, i === j ? 9 : (i * 7 + j) % 50 ? 0 : 1])
      .filter((entry) => entry[2]));
  const result = {confused, recalls: names.map(() => 0.5)};
  const table = confusionPart(() => document.createElement("i"), () => {});
  const list = mixups(() => {});
  room.replaceChildren(one.element, table.element, list.element);
  table.show(result, names);
  list.show(result, names);
}"""


def test_many_classes_with_names_that_are_no_markup(browser, address):
    site = Site(browser, address, viewport={"width": 390, "height": 900})
    site.page.evaluate(MANY, [HOSTILE, 130])
    assert site.page.locator("#test b:has-text('bold') b, #test script").count() == 0
    assert site.page.title() != "bad"
    meters = site.page.locator("#test .bars").get_by_role("meter")
    assert meters.count() == 10
    assert meters.first.get_attribute("aria-label") == f"{HOSTILE} 129"
    site.page.get_by_role("button", name="Show all 130").click()
    values = [float(meter.get_attribute("aria-valuenow")) for meter in meters.all()]
    assert len(values) == 130
    assert sum(values) == pytest.approx(1)
    assert site.page.locator("#test .confusion tbody tr").count() == 100
    assert site.page.locator("#test .mixups li").count() == 30
    assert site.troubles == []
    assert site.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_nothing_keeps_anyone_out(browser, address, scheme, width):
    if not AXE_SCRIPT.exists():
        pytest.skip("no axe-core: npm install --no-save --prefix build/axe axe-core")
    site = Site(browser, address, color_scheme=scheme, bypass_csp=True,
                viewport={"width": width, "height": 900})  # fmt: skip
    site.rest()
    site.draw(*SEVEN)
    site.probabilities()
    site.region.get_by_role("button", name="Show why").click()
    site.region.locator(".why-map").wait_for()
    button = site.test.get_by_role("button", name="Test all")
    button.click()
    until(button.is_enabled)  # what was tested before makes room for what is new
    site.test.locator("td[data-is]").first.wait_for()
    site.test.locator(".mixup, td.right").first.click()
    site.test.get_by_role("list", name="Pictures of this cell").get_by_role(
        "button"
    ).first.wait_for()
    site.page.add_script_tag(content=AXE_SCRIPT.read_text(encoding="utf-8"))
    found = site.page.evaluate(
        "axe.run({include: ['#try', '#test']}, {resultTypes: ['violations']})"
    )
    grave = [v for v in found["violations"] if v["impact"] in ("serious", "critical")]
    told = [(v["id"], [node["html"][:200] for node in v["nodes"][:3]]) for v in grave]
    assert told == []
    assert site.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert site.troubles == []
    site.page.close()
