"""The region Network in a real browser, on a studio of the digits that was never trained."""

import json
import re
import struct
import time
from urllib.parse import urlencode, urlsplit

import httpx
import numpy as np
import pytest

import convlens
from convlens.lens import explain, tiles
from convlens.lens.wording import number
from convlens.notation import Architecture, Volume
from tests.report.conftest import AXE_SCRIPT
from tests.same import same_values

PATIENCE = 60_000  # ms
NET = "CONV 6@3x3 - RELU - POOL - RES[CONV 6@3x3 - RELU] - FC"
OTHER = "CONV 4@5x5 - RELU - FC"
DIGITS = Volume(8, 8, 1)
COLOURS = "import('./static/colours.js').then(({colours}) => colours)"


@pytest.fixture(scope="module")
def address(shared):
    """Where a studio serves its page, before the first step."""
    return shared.begin(NET, paused=True)


class Tab:
    """The studio's page in a tab, with what it complained of and asked for."""

    def __init__(self, browser, address, **options):
        self.context = browser.new_context(reduced_motion="reduce", **options)
        self.context.set_default_timeout(PATIENCE)
        self.address = address
        self.troubles, self.requests = [], []
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("console", self._heard)
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(address)
        self.region = self.page.get_by_role("region", name="Network", exact=True)
        self.region.locator(".layer").first.wait_for()

    def _heard(self, said):
        refused = "422" in said.text or "409" in said.text  # an answer that the page is to show
        if said.type == "error" and not refused:
            self.troubles.append(said.text)

    @property
    def box(self):
        return self.region.get_by_role("textbox", name="Network", exact=True)

    def button(self, name, inside=None):
        return (inside or self.region).get_by_role("button", name=name, exact=True)

    def card(self, layer):
        """The card of a layer, opened and brought into sight."""
        card = self.region.locator(f'.layer[data-layer="{layer}"]')
        head = card.locator("h4 button").first
        if head.get_attribute("aria-expanded") == "false":
            head.click()
        card.evaluate("card => card.scrollIntoView()")
        return card

    def panel(self, layer, part="activations"):
        panel = self.card(layer).locator(f'.panel[data-part="{part}"]')
        panel.locator(".tile, .unit").first.wait_for()
        return panel

    def drawn(self):
        """Wait until the page has seen what is on the screen."""
        self.page.evaluate(
            "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )

    def until(self, script, *values):
        self.page.wait_for_function(script, arg=values[0] if values else None)

    def applied(self, text, name="Apply"):
        """Apply a network and wait until it runs."""
        before = self.state()["run"]["id"]
        self.box.fill(text)
        self.button(name).click()
        self.stands(lambda run: run["id"] != before and run["net"])

    def stands(self, true):
        """Wait until ``true(run)`` of the current run."""
        end = time.monotonic() + PATIENCE / 1000
        while not true(self.state()["run"]):
            assert time.monotonic() < end
            self.page.wait_for_timeout(50)

    def state(self):
        return self.page.evaluate("fetch('api/state').then(answer => answer.json())")

    def asked(self, what):
        return [url for url in self.requests if f"/api/{what}" in url]


@pytest.fixture
def tab(browser, address):
    tab = Tab(browser, address)
    yield tab
    tab.context.close()
    assert tab.troubles == []
    assert {urlsplit(url).netloc for url in tab.requests} == {urlsplit(address).netloc}


def view(address, **values):
    """A view as the server gives it: its document, and its blocks by name."""
    content = httpx.get(f"{address}api/view?{urlencode(values)}").content
    (length,) = struct.unpack_from("<I", content)
    told = json.loads(content[8 : 8 + length])
    numbers = np.frombuffer(content, "<f4", offset=8 + length + -length % 4)
    sizes = {name: int(np.prod(b["shape"])) for name, b in told["blocks"].items()}
    blocks = {
        name: numbers[b["at"] : b["at"] + sizes[name]].reshape(b["shape"])
        for name, b in told["blocks"].items()
    }
    return told, blocks


def test_what_is_typed_is_drawn_and_counted(tab):
    plan = Architecture(OTHER).plan(DIGITS, 10)
    tab.box.fill(OTHER)
    totals = tab.region.locator(".totals")
    totals.get_by_text(f"{plan.parameters:,}", exact=True).wait_for()
    assert f"{plan.multiply_adds:,}" in totals.inner_text()
    drawing = tab.region.locator(".drawing svg")
    assert f"{plan.parameters:,} parameters" in drawing.locator("desc").text_content()
    fill = "box => getComputedStyle(box.querySelector('.conv')).fill"
    assert drawing.evaluate(fill) == "rgb(91, 155, 213)"  # the style sheet is there without inline
    tab.region.get_by_text("The same as a table").click()
    rows = tab.region.locator(".everylayer tbody tr")
    assert rows.locator("th").all_inner_texts() == [row.name for row in plan.rows]
    assert f"{plan.rows[0].parameters:,}" in rows.first.inner_text()


def test_a_mistake_is_marked_and_corrected_by_a_click(tab):
    wrong = "CONV 4@3x3 - RELU\n- POL 2x2 - FC"
    tab.box.fill(wrong)
    marked = tab.region.locator(".misread")
    marked.wait_for()
    line, carets = marked.locator(".wrongline").inner_text().splitlines()
    assert line == "- POL 2x2 - FC"
    assert line[carets.index("^") : carets.rindex("^") + 1] == "POL"
    assert tab.region.locator(".mirror u").inner_text() == "POL"
    assert tab.box.get_attribute("aria-invalid") == "true"
    assert "POL" in marked.get_by_role("alert").inner_text()
    assert tab.button("Apply").is_disabled()
    marked.get_by_role("button", name=re.compile("^Use ")).click()
    marked.wait_for(state="hidden")
    assert "POOL 2x2" in tab.box.input_value()
    assert Architecture(tab.box.input_value()).plan(DIGITS, 10)
    tab.until("() => !document.querySelector('#network .primary').disabled")
    tab.box.press("Control+z")
    assert tab.box.input_value() == wrong
    tab.button("Back to the running network").click()
    tab.until("() => document.querySelector('#network .primary').disabled")


def test_an_example_is_taken(tab):
    tab.region.get_by_text("Examples that fit these pictures").click()
    example = tab.region.locator(".example").first
    assert "multiply-adds" in example.inner_text()
    example.wait_for()
    text = example.locator("code").inner_text()
    example.click()
    assert tab.box.input_value() == text
    tab.button("Undo").click()
    assert tab.box.input_value() != text


def test_tiles_have_the_colours_of_the_values(tab, address):
    table = tab.page.evaluate(COLOURS)
    places = np.linspace(-1, 1, 256)
    assert np.abs(np.array(table["signed"]) - tiles.signed(places, 1.0)).max() <= 1
    assert np.abs(np.array(table["rising"]) - tiles.sequential((places + 1) / 2, 1.0)).max() <= 1
    panel = tab.panel("conv1")
    tab.region.locator(".when").first.wait_for()
    told, blocks = view(address, picture="test:0", layer="conv1")
    scale = max(abs(told["stats"]["activations"]["min"]), abs(told["stats"]["activations"]["max"]))
    data = "c => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]"
    for channel in (0, 5):
        drawn = panel.locator(".tile canvas").nth(channel).evaluate(data)
        colours = np.array(drawn).reshape(8, 8, 4)[..., :3]
        expected = tiles.signed(blocks["activations"][channel], scale)
        assert np.abs(colours.astype(int) - expected).max() <= 2
    tile = panel.locator(".tile").nth(5)
    box = tile.locator("canvas").bounding_box()
    tab.page.mouse.move(box["x"] + box["width"] * 2.5 / 8, box["y"] + box["height"] * 6.5 / 8)
    value = number(float(blocks["activations"][5, 6, 2]))
    assert panel.locator(".readout").inner_text() == f"channel 5, x 2, y 6: {value}"


def test_a_click_on_a_cell_shows_the_arithmetic_of_the_lens(tab, address, tmp_path):
    tile = tab.panel("conv2").locator(".tile").nth(2)
    box = tile.locator("canvas").bounding_box()
    tab.page.mouse.click(box["x"] + box["width"] * 1.5 / 4, box["y"] + box["height"] * 2.5 / 4)
    scope = tab.region.locator(".scope:not([hidden])")
    scope.wait_for()
    path = tmp_path / "now.safetensors"
    path.write_bytes(httpx.get(f"{address}api/download/model").content)
    shown = httpx.get(f"{address}api/picture/test:0.png").content
    picture = tmp_path / "shown.png"
    picture.write_bytes(shown)
    true = explain(convlens.load(path), str(picture), "conv2", 2, 1, 2)
    heading = scope.locator("h4").inner_text()
    assert heading == f"conv2, channel 2, x 1, y 2 = {number(true.value)}"
    assert number(true.terms.bias) in scope.inner_text()
    assert "step 0" in tab.region.locator(".ofstep").inner_text()
    scope.locator("table.grid button").first.click()
    assert scope.locator("h4").inner_text().startswith("pool1, channel ")
    scope.locator("table.grid button").first.click()
    assert scope.locator("h4").inner_text().startswith("relu1, channel ")
    scope.locator("h4").press("Escape")
    tab.region.locator(".scope").wait_for(state="hidden")


def test_the_numbers_around_one_channel_come_alone(tab, address):
    asked = {"picture": "test:0", "layer": "conv2", "channel": 5}
    content = httpx.get(f"{address}api/look?{urlencode(asked)}").content
    (length,) = struct.unpack_from("<I", content)
    told = json.loads(content[8 : 8 + length])
    numbers = np.frombuffer(content, "<f4", offset=8 + length + -length % 4)
    shown = {layer["name"]: layer["shown"] for layer in told["facts"]["layers"]}
    assert 5 in shown.pop("conv2")
    assert not any(shown.values())
    volumes = told["facts"]["pictures"][0]["volumes"]
    assert volumes.keys() == {
        "input",
        "pool1",
        "conv2",
    }  # and no channel of what it reads is left out
    assert volumes["pool1"]["channels"] is None
    place = told["blocks"]["values"]["at"] + volumes["conv2"]["at"]
    at = place + (volumes["conv2"]["channels"] or list(range(6))).index(5) * 16
    _, blocks = view(address, picture="test:0", layer="conv2")
    same_values(numbers[at : at + 16], blocks["activations"][5].ravel())
    unknown = httpx.get(f"{address}api/look?{urlencode(asked | {'layer': 'conv9'})}")
    assert unknown.status_code == 422
    assert "conv9" in unknown.json()["error"]["message"]


def test_a_step_moves_what_is_shown(tab):
    card = tab.card("conv1")
    tab.button("Activation gradients", card).click()
    tab.button("Weight gradients", card).click()
    absent = card.locator('.panel[data-part="weight_gradients"] .absent')
    card.locator('.panel[data-part="weight_gradients"]').scroll_into_view_if_needed()
    absent.get_by_text("none before the first step").wait_for()
    tab.panel("conv1").locator(".tile canvas").first.click()
    tab.region.get_by_text("The network at step 0.").wait_for()
    tab.button("Step", tab.page).first.click()
    card.locator(".when").get_by_text("at step 1").wait_for()
    tab.panel("conv1", "weight_gradients").scroll_into_view_if_needed()
    absent.wait_for(state="hidden")
    tab.region.get_by_text("The network at step 1.").wait_for()  # by itself, as nothing is learning


def test_only_what_is_on_the_screen_is_asked_for(tab):
    panel = tab.panel("conv1")
    tab.until("() => document.querySelector('#network .when').textContent !== ''")
    kinds = [dict(p.split("=") for p in url.split("?")[1].split("&")) for url in tab.asked("view")]
    assert {kind["layer"] for kind in kinds} == {"conv1"}
    assert not any("gradients" in kind["only"] for kind in kinds)
    tab.page.evaluate("scrollTo(0, 0)")
    panel.wait_for()
    tab.until(
        "() => document.querySelector('#network .panel').getBoundingClientRect().top > innerHeight"
    )
    before = len(tab.asked("view"))
    tab.button("Step", tab.page).first.click()
    tab.page.wait_for_timeout(1200)
    assert len(tab.asked("view")) == before


def test_what_left_the_screen_before_it_came_is_drawn_all_the_same(tab):
    late = []

    def wait(route):
        late[:] = [route]  # answered when told to

    tab.page.route("**/api/view?*layer=conv1*", wait)
    tab.card("conv1")
    tab.until("() => document.querySelector('#network .panel') !== null")
    while not late:
        tab.page.wait_for_timeout(20)
    tab.page.evaluate("scrollTo(0, 0)")
    tab.drawn()
    late[0].continue_()
    tab.page.unroute("**/api/view?*layer=conv1*")
    tab.panel("conv1")


def test_everything_by_keyboard(tab):
    tab.region.locator('.layer[data-layer="conv1"] h4 button').focus()
    tab.page.keyboard.press("Enter")
    tiles_ = tab.panel("conv1").locator(".tile")
    tiles_.first.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft"):
        tab.page.keyboard.press(key)
    assert tab.page.evaluate("document.activeElement.ariaLabel") == "channel 1"
    assert tiles_.evaluate_all("all => all.filter(one => one.tabIndex === 0).length") == 1
    tab.page.keyboard.press("Enter")
    heading = tab.region.locator(".scope h4")
    heading.get_by_text("conv1, channel 1, x ").wait_for()
    assert tab.page.evaluate("document.activeElement.getAttribute('role')") == "application"
    before = heading.inner_text()
    tab.page.keyboard.press("Home")
    tab.page.keyboard.press("ArrowRight")
    assert "x 1," in heading.inner_text()
    assert before.startswith("conv1, channel 1, x ")
    tab.button("Close the arithmetic").click()
    assert tab.page.evaluate("document.activeElement.ariaLabel") == "channel 1"


def test_the_picture_is_chosen_by_class_and_agreed_upon_with_the_other_regions(tab):
    heard = "addEventListener('convlens:picture', e => (window.heard = e.detail.picture))"
    tab.page.evaluate(f"document.{heard}")
    tab.region.get_by_label("Class", exact=True).select_option("7")
    strip = tab.region.get_by_role("group", name="Pictures to choose from")
    strip.get_by_role("button", name=re.compile("^[^7]")).first.wait_for(state="hidden")
    assert strip.get_by_role("button", name=re.compile("^7, ")).count() > 3
    strip.get_by_role("button").nth(2).click()
    chosen = strip.locator('[aria-pressed="true"]').get_attribute("data-picture")
    assert tab.page.evaluate("heard") == chosen
    tab.region.locator(".seen figcaption b").get_by_text("7", exact=True).wait_for()
    tab.button("Next picture").click()
    assert tab.page.evaluate("heard") != chosen
    detail = "{picture: 'test:1', layer: 'conv2', from: 'test'}"
    elsewhere = f"new CustomEvent('convlens:picture', {{detail: {detail}}})"
    tab.page.evaluate(f"document.dispatchEvent({elsewhere})")
    tab.panel("conv2")
    tab.until("() => document.querySelector('#network .seenpicture').src.includes('test%3A1')")


def test_what_is_being_written_outlives_a_reload_and_another_tab(browser, address, tab):
    tab.applied(OTHER)
    assert Architecture(tab.state()["run"]["net"]) == Architecture(f"INPUT {DIGITS} - {OTHER}")
    tab.until("() => document.querySelectorAll('#network .layer').length === 4")
    mine = f"{OTHER} # not yet"
    tab.box.fill(mine.replace("4@", "5@"))
    tab.page.wait_for_timeout(400)
    tab.page.reload()
    tab.until("() => document.getElementById('network-text')?.value.includes('not yet')")
    second = Tab(browser, address)
    second.applied(NET)
    question = tab.region.locator(".question")
    question.get_by_text("changed elsewhere").wait_for()
    assert "not yet" in tab.box.input_value()
    tab.button("Take theirs", question).click()
    tab.until("() => !document.getElementById('network-text').value.includes('not yet')")
    assert second.troubles == []
    second.context.close()


def test_a_page_that_was_too_late_may_choose(tab):
    stale = {"now": True}

    def late(route):
        body = json.loads(route.request.post_data)
        if stale["now"]:
            body["revision"] -= 1
        stale["now"] = False
        route.continue_(post_data=json.dumps(body))

    tab.page.route("**/api/network", late)
    run = tab.state()["run"]
    tab.box.fill(OTHER)
    tab.button("Apply").click()
    question = tab.region.locator(".question")
    tab.button("Take mine", question).wait_for()
    assert tab.state()["run"]["id"] == run["id"]
    assert tab.box.input_value() == OTHER
    tab.button("Take mine", question).click()
    tab.stands(lambda now: now["id"] != run["id"])
    question.wait_for(state="hidden")
    tab.until("() => document.querySelectorAll('#network .layer').length === 4")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_nothing_keeps_anyone_out(browser, address, scheme, width):
    if not AXE_SCRIPT.exists():
        pytest.skip("no axe-core: npm install --no-save --prefix build/axe axe-core")
    size = {"width": width, "height": 900}
    tab = Tab(browser, address, color_scheme=scheme, viewport=size, bypass_csp=True)
    tab.box.fill("CONV 4@3x3 - POL - FC")
    tab.region.locator(".misread").wait_for()
    tab.panel("conv1").locator(".tile").first.click()
    tab.region.locator(".scope:not([hidden])").wait_for()
    tab.region.get_by_text("The same as a table").click()
    tab.page.add_script_tag(content=AXE_SCRIPT.read_text(encoding="utf-8"))
    found = tab.page.evaluate("axe.run('#network', {resultTypes: ['violations']})")
    grave = [v for v in found["violations"] if v["impact"] in ("serious", "critical")]
    assert [(v["id"], [node["html"][:160] for node in v["nodes"][:3]]) for v in grave] == []
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert tab.troubles == []
    tab.context.close()
