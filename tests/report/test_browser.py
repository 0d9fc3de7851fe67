"""The page in a real browser: its numbers are the lens', and everyone can reach them."""

import re

import numpy as np
import pytest

from convlens.lens import explain_in
from convlens.lens.wording import number
from convlens.report import look, page
from tests.report.conftest import AXE_SCRIPT, picture_for, untrained

SHOW_ALL = "for (const part of document.querySelectorAll('details')) part.open = true"


def test_opens_from_disk_without_complaint(opened, document):
    site = opened(document)
    assert site.troubles == []
    assert site.asked() == []
    assert site.page.title() == "<i>every</i> kind – through the lens"
    assert site.page.locator("h1").inner_text() == "<i>every</i> kind"


def places(look_, count, seed=0):
    """Random cells of channels that the page shows."""
    random = np.random.default_rng(seed)
    names = list(look_.holding.shown)
    for number_ in range(count):
        name = names[number_ % len(names)]
        _, height, width = look_.pictures[0].way.volumes[name].shape
        channel = random.choice(look_.holding.shown[name])
        yield name, int(channel), int(random.integers(width)), int(random.integers(height))


def test_the_numbers_are_the_lens_own(opened, looked, document):
    site = opened(document)
    for place in places(looked, 150):
        said = site.page.evaluate("place => lens.explain(...place)", list(place))
        true = explain_in(looked.pictures[0].way, *place)
        assert said["value"] == pytest.approx(true.value, rel=1e-6, abs=1e-9), place
        assert said["terms"]["total"] == pytest.approx(true.value, rel=1e-5, abs=2e-6), place
        box = true.field
        assert said["field"] == [box.left, box.top, box.right, box.bottom], place
        assert said["ends"] == true.ends, place
        assert len(said["steps"]) == len(true.steps), place
        for step, expected in zip(said["steps"], true.steps, strict=True):
            at = (expected.layer.name, expected.channel, expected.x, expected.y)
            assert (step["name"], step["channel"], step["x"], step["y"]) == at, place
            assert step["value"] == pytest.approx(expected.value, rel=1e-6, abs=1e-9)
            assert step["terms"]["total"] == pytest.approx(expected.value, rel=1e-5, abs=2e-6)
            assert (step["won"], step["windows"]) == (expected.won, expected.windows), place


def heading(site):
    return site.page.locator(".scope:not([hidden]) h4").inner_text()


def test_a_click_on_a_cell_shows_its_arithmetic(opened, looked, document):
    site = opened(document)
    channel = looked.holding.shown["conv1"][1]
    tile = site.page.locator(f'[data-stage="conv1"] .maps [data-channel="{channel}"] canvas')
    tile.scroll_into_view_if_needed()
    box = tile.bounding_box()
    _, height, width = looked.pictures[0].way.volumes["conv1"].shape
    x, y = 4, 2
    site.page.mouse.click(
        box["x"] + box["width"] * (x + 0.5) / width, box["y"] + box["height"] * (y + 0.5) / height
    )
    true = explain_in(looked.pictures[0].way, "conv1", channel, x, y)
    assert heading(site) == f"conv1, channel {channel}, x {x}, y {y} = {number(true.value)}"
    scope = site.page.locator(".scope:not([hidden])")
    assert f"+ bias {number(true.terms.bias)} = {number(true.value)}" in scope.inner_text()
    assert scope.locator("table.grid").count() == 9  # inputs, weights, products of three colours
    shown = scope.locator("table.grid").first.locator("td").all_inner_texts()
    assert len(shown) == 9
    assert site.page.locator(".scope [role=status]").inner_text().startswith("conv1, channel")
    scope.locator("table.grid button").first.click()
    assert heading(site).startswith("input, channel ")
    assert "level" in scope.inner_text()
    scope.get_by_text("← back").click()
    assert heading(site).startswith(f"conv1, channel {channel}, x {x}, y {y}")
    assert site.troubles == []


def test_everything_by_keyboard(opened, looked, document):
    site = opened(document)
    tab = site.page.locator('.tab[data-layer="relu1"]')
    tab.focus()
    site.page.keyboard.press("Enter")
    assert tab.get_attribute("aria-pressed") == "true"
    site.page.locator('[data-stage="conv1"] .maps button').first.focus()
    site.page.keyboard.press("Enter")
    channel = looked.holding.shown["relu1"][0]
    values = looked.pictures[0].way.volumes["relu1"][channel]
    y, x = np.unravel_index(np.abs(values.astype(np.float32)).argmax(), values.shape)
    assert heading(site).startswith(f"relu1, channel {channel}, x {x}, y {y} =")
    assert site.page.evaluate("document.activeElement.getAttribute('role')") == "application"
    for key, dx, dy in (("Home", -int(x), 0), ("ArrowRight", 1, 0), ("ArrowDown", 0, 1)):
        site.page.keyboard.press(key)
        x, y = x + dx, min(y + dy, len(values) - 1)
        assert heading(site).startswith(f"relu1, channel {channel}, x {x}, y {y} ="), key


def test_another_picture(opened, looked, document):
    site = opened(document)
    site.page.locator('[data-picture="1"]').click()
    site.page.wait_for_selector('[data-picture="1"][aria-pressed="true"]')
    second = looked.pictures[1].way
    channel = looked.holding.shown["conv1"][0]
    said = site.page.evaluate("c => lens.explain('conv1', c, 1, 1).value", channel)
    assert said == pytest.approx(float(second.volumes["conv1"][channel, 1, 1]), rel=1e-6)
    assert (
        site.page.locator("#says [data-of]:not([hidden]) figcaption")
        .inner_text()
        .startswith("second.png")
    )


def test_names_are_never_markup(opened, document):
    site = opened(document)
    assert site.page.locator("#says b, #says script, img[onerror]").count() == 0
    site.page.evaluate("lens.go('fc2', 0, 0, 0)")
    assert "</script>" in heading(site)
    assert site.page.title() != "bad"
    assert site.troubles == []


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_nothing_keeps_anyone_out(opened, document, scheme, width):
    if not AXE_SCRIPT.exists():
        pytest.skip("no axe-core: npm install --no-save --prefix build/axe axe-core")
    site = opened(document, color_scheme=scheme, viewport={"width": width, "height": 900},
                  bypass_csp=True)  # fmt: skip
    site.page.evaluate(f"{SHOW_ALL}; document.querySelector('.map').click()")
    site.page.add_script_tag(content=AXE_SCRIPT.read_text(encoding="utf-8"))
    found = site.page.evaluate("axe.run({resultTypes: ['violations']})")
    grave = [v for v in found["violations"] if v["impact"] in ("serious", "critical")]
    told = [(v["id"], [node["html"][:160] for node in v["nodes"][:3]]) for v in grave]
    assert told == []
    assert site.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_no_picture_and_a_switch_of_colours(opened):
    classifier = untrained("INPUT 8x8x1 - CONV 4@3x3 - RELU - POOL - FC")
    site = opened(page(look(classifier, [])), color_scheme="light")
    assert site.troubles == []
    assert site.page.locator(".maps").count() == 0
    assert site.page.locator("img[alt^='What filter']").count() == 4
    paper = "getComputedStyle(document.body).backgroundColor"
    before = site.page.evaluate(paper)
    site.page.locator("#theme").click()
    assert site.page.evaluate(paper) != before


def test_a_large_volume_is_summarised_not_written(opened):
    classifier = untrained(
        "INPUT 300x300x1 - CONV 12@3x3 - RELU - POOL 4x4 - CONV 4 - RELU - GLOBALPOOL - FC"
    )
    found = look(classifier, [("large.png", picture_for(classifier))])
    html = page(found)
    assert len(html) < 8e6
    assert {"conv1", "relu1"} <= found.holding.dropped
    site = opened(html)
    assert re.search(
        r"conv1 has 1,080,000 values, too many", site.page.locator("main").inner_text()
    )
    true = explain_in(found.pictures[0].way, "conv2", 1, 3, 4)
    said = site.page.evaluate("lens.explain('conv2', 1, 3, 4)")
    assert said["terms"]["total"] == pytest.approx(true.value, rel=1e-5)
    assert site.troubles == []
