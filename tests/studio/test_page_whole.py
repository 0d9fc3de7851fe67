"""What the studio promises, from the first screen to the layers' values, with nothing given."""

import io
import json
import re

import numpy as np
import pytest
from PIL import Image

import convlens
from convlens.lens import activations, tiles
from convlens.lens.wording import number
from tests.studio.pages import Tab, named, studio

SOON = 30_000  # ms


def test_with_nothing_given_the_digits_pass_90_percent_within_half_a_minute(browser, tmp_path):
    with studio(tmp_path) as found:
        tab = Tab(browser, found.address)
        told = "() => parseFloat(document.querySelector('#vital b').textContent) > 90"
        tab.page.wait_for_function(told, timeout=SOON)
        assert tab.run()["validation_accuracy"] > 0.9
        tab.context.close()
    tab.well()


@pytest.fixture(scope="module")
def opened(browser, shared):
    tab = Tab(browser, shared.begin(), viewport={"width": 1280, "height": 900})
    yield tab
    tab.context.close()


@pytest.fixture
def tab(opened):
    """A tab on a run that learns for long."""
    opened.learn()
    yield opened
    opened.well()


def weights(tab, path):
    """The weights as they are, from the file that the page gives."""
    return convlens.load(tab.saved(path)).model.weights


def test_paused_nothing_moves_and_a_step_is_one_step(tab, tmp_path):
    tab.pause()
    tab.page.wait_for_timeout(500)  # the last answers of views
    path = tmp_path / "now.safetensors"
    before, held = tab.page.inner_text("#learn"), weights(tab, path)
    step = tab.run()["step"]
    tab.page.wait_for_timeout(1000)
    assert tab.page.inner_text("#learn") == before
    np.testing.assert_equal(weights(tab, path), held)
    tab.button("Step").click()
    tab.expects(tab.page.locator(".far p")).to_contain_text(f"step {step + 1:,} ")
    assert tab.run()["step"] == step + 1
    assert tab.series()["step"][-1] == step + 1
    with pytest.raises(AssertionError):
        np.testing.assert_equal(weights(tab, path), held)


def stepped(tab, path):
    """How far one step moves the weights of a layer, in the middle."""
    before = weights(tab, path)
    step = tab.run()["step"]
    tab.button("Step").click()
    tab.when(lambda state: state["run"]["step"] == step + 1)
    after = weights(tab, path)
    moved = [np.abs(after[name] - before[name]).mean() for name in after if "running" not in name]
    return float(np.median(moved))


def test_the_next_step_uses_the_new_learning_rate(tab, tmp_path):
    tab.pause()
    path = tmp_path / "now.safetensors"
    whole = stepped(tab, path)
    knob, rate = tab.field("Learning rate"), tab.run()["knobs"]["rate"]["value"]
    knob.fill(str(rate / 1000))
    knob.press("Enter")
    told = tab.page.locator(".knob", has=knob).locator(".told")
    tab.expects(told).to_contain_text(f"from step {tab.run()['step'] + 1:,}")
    assert 0 < stepped(tab, path) < whole / 100
    tab.post("knobs", {"rate": rate})
    assert stepped(tab, path) > whole / 5


def test_a_correction_is_applied_and_learned_on(tab):
    network, before = tab.region("Network"), tab.run()["id"]
    box = tab.page.get_by_role("textbox", name="Network")
    box.fill("CONV 6@3x3 - RELU - POOL - CONV 8@3x3 - TANHH - POOL - FC")
    network.locator(".misread").get_by_role("button", name=re.compile("^Use ")).click()
    network.locator(".misread").wait_for(state="hidden")
    tab.expects(tab.button("Apply")).to_be_enabled()
    tab.button("Apply").click()
    state = tab.when(lambda state: state["run"]["id"] != before and (state["run"]["step"] or 0) > 0)
    assert "TANH -" in state["run"]["net"]
    network.locator('.layer[data-layer="tanh1"]').wait_for()
    tab.troubles[:] = [said for said in tab.troubles if "422" not in said]  # it was misread


DRAWN = """card => [...card.querySelectorAll('.panel')].map(panel => [panel.dataset.part, {
  tiles: [...panel.querySelectorAll('.tile canvas')].map(c => [c.width, c.height,
    [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]]),
  units: [...panel.querySelectorAll('.unit .value')].map(one => one.textContent)}])"""


def shown(tab, card, step):
    """What a layer's panels show, each drawn as it came into sight."""
    for part in ("activations", "gradients"):
        panel = card.locator(f'.panel[data-part="{part}"]')
        panel.scroll_into_view_if_needed()
        panel.locator(".tile, .unit").first.wait_for()
    tab.expects(card.locator(".when")).to_have_text(f"at step {step:,}")
    return dict(card.evaluate(DRAWN))


def compare(drawn, values, rising):
    """What was drawn or written is what the lens found."""
    if drawn["units"]:
        said = [float(text.replace("−", "-").replace(",", "")) for text in drawn["units"]]
        most = float(np.abs(values).max())
        assert said == pytest.approx(values.ravel().tolist(), rel=5e-3, abs=1e-5 * most)
        return
    scale = float(np.abs(values).max()) or 1.0
    colours = tiles.sequential if rising else tiles.signed
    assert len(drawn["tiles"]) == min(24, len(values))  # the others are on further pages
    for (width, height, data), channel in zip(drawn["tiles"], values, strict=False):
        seen = np.array(data).reshape(height, width, 4)[..., :3]
        assert np.abs(seen.astype(int) - colours(channel, scale)).max() <= 3


def test_every_layer_shows_what_the_lens_finds(tab, tmp_path):
    tab.pause()
    tab.open_layers()
    step, network = tab.run()["step"], tab.region("Network")
    classifier = convlens.load(tab.saved(tmp_path / "now.safetensors"))
    ref = network.locator(".seenpicture").get_attribute("src")
    picture = tmp_path / "picture.png"
    picture.write_bytes(tab.context.request.get(tab.address + ref).body())
    label = network.locator(".seen figcaption b").inner_text()
    found = activations(classifier, picture, gradients_of=label)
    for name, layer in found.layers.items():
        card = network.locator(f'.layer[data-layer="{name}"]')
        drawn = shown(tab, card, step)
        compare(drawn["activations"], layer.values, bool((layer.values >= 0).all()))
        compare(drawn["gradients"], layer.gradient, False)
        if drawn["activations"]["tiles"]:
            tile = card.locator('.panel[data-part="activations"] .tile canvas').nth(1)
            tile.scroll_into_view_if_needed()
            tile.hover(position={"x": 2, "y": 2})
            value = number(float(layer.values[1, 0, 0]))
            said = card.locator('.panel[data-part="activations"] .readout')
            tab.expects(said).to_have_text(f"channel 1, x 0, y 0: {value}")


def on_its_side(path):
    """A picture as a phone held upright takes it: lying, with a word on how it is to be turned."""
    size = np.linspace(0, 255, 40 * 60).reshape(40, 60).astype(np.uint8)
    size[5:15, 10:20] = 255
    lying = Image.fromarray(size)
    told = Image.Exif()
    told[0x0112] = 6
    lying.save(path, "JPEG", quality=95, exif=told)
    return np.array(Image.open(io.BytesIO(path.read_bytes())).rotate(-90, expand=True))


def apart(one, other):
    """The mean difference of two pictures' pixels."""
    return np.abs(one.astype(float) - other).mean()


def test_a_phones_picture_is_seen_upright(tab, tmp_path):
    tab.pause()
    path = tmp_path / "phone.jpg"
    upright = on_its_side(path)
    region = tab.region("Try it")
    region.scroll_into_view_if_needed()
    region.get_by_label("Upload a picture").set_input_files(path)
    region.get_by_text("as given: phone.jpg").wait_for()
    said = region.locator("[data-probabilities]")
    said.wait_for(state="attached")
    classifier = convlens.load(tab.saved(tmp_path / "now.safetensors"))
    pixels = classifier.pixels(str(path))
    true = classifier.probabilities(pixels[None])[0]
    values = np.array(json.loads(said.get_attribute("data-probabilities")))
    assert values.sum() == pytest.approx(1, abs=1e-5)
    assert values == pytest.approx(true, abs=1e-4)
    turned, lying = [apart(pixels, classifier.pixels(one)) for one in (upright, np.rot90(upright))]
    assert turned < 0.1 * lying


def test_a_network_too_large_is_said_before_it_starts(tab):
    before = tab.run()["id"]
    box = tab.page.get_by_role("textbox", name="Network")
    box.fill("CONV 20000@3x3 - RELU - CONV 20000@3x3 - RELU - FC")
    warning = tab.region("Network").locator(".warning")
    tab.expects(warning).to_contain_text("memory")
    tab.button("Apply").click()
    fault = tab.region("Network").get_by_role("alert").filter(has_text="memory")
    fault.first.wait_for()
    assert tab.run()["id"] == before
    assert tab.state()["phase"] == "training"
    tab.button("Back to the running network").click()
    tab.troubles[:] = [said for said in tab.troubles if "422" not in said]


def test_names_mean_one_thing_and_nothing_keeps_anyone_out(tab):
    tab.open_layers()
    test = tab.region("Test")
    tab.button("Test all").click()
    test.locator("td[data-is]").first.wait_for()
    test.locator("td.right").first.click()
    test.get_by_role("list", name="Pictures of this cell").get_by_role("button").first.click()
    tab.page.locator("#try").scroll_into_view_if_needed()
    tab.page.locator("#try .try-layers").scroll_into_view_if_needed()
    tab.region("Try it").get_by_role("button", name="Show why").click()
    tab.region("Network").get_by_text("The same as a table").click()
    tile = tab.region("Network").locator(".tile").first
    tile.scroll_into_view_if_needed()
    tile.click()
    tab.region("Network").locator(".scope:not([hidden])").wait_for()
    named(tab)
    tab.pause()
    named(tab)
    for scheme, width in (("light", 1280), ("dark", 1280), ("dark", 390), ("light", 390)):
        tab.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        tab.page.set_viewport_size({"width": width, "height": 900})
        tab.drawn()
        assert tab.axe() == [], (scheme, width)
        assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tab.button("Stop").click()
    tab.until("finished")
    named(tab)
