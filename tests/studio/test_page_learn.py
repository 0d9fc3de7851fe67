"""The shell, Learn and Files in a real browser, on a studio that learns the digits."""

import csv
import io
import re
import struct
from importlib.resources import files
from itertools import pairwise

import pytest

from tests.studio.pages import REGIONS, Tab

STATIC = files("convlens.studio").joinpath("static")
NARROW = {"width": 390, "height": 800}


@pytest.fixture(scope="module")
def address(shared):
    """Where a studio serves its page, a run just begun."""
    return shared.begin()


@pytest.fixture(scope="module")
def opened(browser, address):
    made = Tab(browser, address)
    made.learn()
    made.page.locator(".charts .waiting").wait_for(state="hidden")
    yield made
    made.context.close()


@pytest.fixture
def tab(opened):
    """A tab on a studio that learns; nothing may be complained of, nothing asked elsewhere."""
    opened.learn()
    opened.troubles.clear()
    yield opened
    opened.well()


def test_the_first_screen_says_what_is_going_on(tab):
    heading = tab.page.get_by_role("heading", level=1)
    assert "is learning to tell the ten digits apart, right now" in heading.inner_text()
    for name in ("Learn", "Network", "Try it", "Test", "Files"):
        assert tab.page.get_by_role("region", name=name, exact=True).count() == 1
    tab.expects(tab.page).to_have_title(re.compile(r"\d %"))


def test_pause_one_step_and_on_by_the_keyboard(tab):
    tab.button("Pause").focus()
    tab.page.keyboard.press("Enter")
    tab.until("paused")
    before = tab.state()["run"]["step"]
    assert tab.page.evaluate("document.activeElement.textContent") == "Start"
    tab.button("Step").click()
    tab.expects(tab.page.locator(".far p")).to_contain_text(f"step {before + 1:,} ")
    assert tab.state()["run"]["step"] == before + 1
    assert tab.state()["phase"] == "paused"
    tab.button("Start").press("Enter")
    tab.until("training")
    assert tab.page.evaluate("document.activeElement.textContent") == "Pause"
    tab.expects(tab.page.locator(".far p")).not_to_contain_text(f"step {before + 1:,} ")


def test_a_knob_takes_effect_at_the_next_step_is_marked_and_seen_elsewhere(tab):
    other = tab.open()
    now = tab.state()["run"]["knobs"]["weight_decay"]["value"]
    wanted = 0.0005 if now != 0.0005 else 0.0002
    knob = tab.field("Weight decay")
    knob.fill(str(wanted))
    knob.press("Enter")
    told = tab.page.locator(".knob", has=knob).locator(".told")
    tab.expects(told).to_contain_text("from step")
    step = int(re.search(r"from step ([\d,]+)", told.inner_text())[1].replace(",", ""))
    assert tab.state()["run"]["knobs"]["weight_decay"]["value"] == wanted
    tab.expects(tab.field("Weight decay", other)).to_have_value(str(wanted))
    other.close()
    tab.when(
        lambda _: any(
            mark["step"] == step and str(wanted) in mark["text"] for mark in tab.series()["marks"]
        )
    )


def test_a_value_refused_is_said_under_its_field_and_nothing_changes(tab):
    before = tab.state()["run"]["knobs"]["rate"]["value"]
    knob = tab.field("Learning rate")
    knob.fill("99")
    knob.press("Enter")
    fault = tab.page.locator(".knob", has=knob).get_by_role("alert")
    fault.wait_for()
    assert "99" in fault.inner_text()
    assert knob.get_attribute("aria-invalid") == "true"
    assert knob.input_value() == "99"
    assert tab.state()["run"]["knobs"]["rate"]["value"] == before
    knob.press("Escape")
    assert float(knob.input_value()) == pytest.approx(before, rel=1e-5)
    tab.expects(fault).to_be_hidden()
    # the browser says of every refused request that it was refused
    tab.troubles[:] = [said for said in tab.troubles if "422" not in said and "400" not in said]


def test_what_another_page_sets_does_not_disturb_who_is_typing(tab):
    knob = tab.field("Shift")
    knob.fill("0.1")
    before = tab.state()["run"]["knobs"]["shift"]["value"]
    tab.post("knobs", {"shift": 0.2 if before != 0.2 else 0.25})
    row = tab.page.locator(".knob", has=knob)
    row.get_by_text("changed elsewhere").wait_for()
    assert knob.input_value() == "0.1"
    knob.press("Escape")
    assert float(knob.input_value()) in (0.2, 0.25)
    tab.post("knobs", {"shift": before})


def test_values_read_from_the_curves_are_those_of_the_series(tab):
    tab.pause()
    series = tab.get(f"runs/{tab.state()['run']['id']}/series")
    chart = tab.page.get_by_role("application", name="Curves of loss")
    chart.focus()
    chart.press("Home")
    for _ in range(3):
        chart.press("ArrowRight")
    tab.drawn()
    cells = tab.page.locator(".reading tbody tr").first.locator("td").all_inner_texts()
    at = series["step"].index(int(cells[1].replace(",", "")))
    # half a unit of the last place: 86.25 % may be rounded to either side
    assert float(cells[2]) == pytest.approx(series["loss"][at], abs=0.000_501)
    number, unit = cells[4].split()
    assert unit == "%"
    assert float(number) == pytest.approx(100 * series["accuracy"][at], abs=0.050_1)
    assert cells[1].replace(",", "") in tab.page.locator(
        ".reading [role=status]"
    ).inner_text().replace(",", "")


def test_dragging_zooms_and_the_whole_run_comes_back(tab):
    tab.pause()
    chart = tab.page.get_by_role("application", name="Curves of loss")
    chart.scroll_into_view_if_needed()
    whole = tab.button("Whole run")
    assert whole.is_disabled()
    box = chart.bounding_box()
    y = box["y"] + box["height"] / 2
    tab.page.mouse.move(box["x"] + 0.4 * box["width"], y)
    tab.page.mouse.down()
    tab.page.mouse.move(box["x"] + 0.6 * box["width"], y + 2, steps=4)
    tab.page.mouse.up()
    tab.expects(whole).to_be_enabled()
    last = tab.get(f"runs/{tab.state()['run']['id']}/series")["step"][-1]
    chart.press("End")
    tab.drawn()
    step = int(tab.page.locator(".reading tbody td").nth(1).inner_text().replace(",", ""))
    assert step < 0.75 * last
    whole.click()
    tab.expects(whole).to_be_disabled()


def test_curves_are_drawn_and_saved(tab):
    tab.pause()
    run = tab.state()["run"]["id"]
    series = tab.get(f"runs/{run}/series")
    with tab.page.expect_download() as told:
        tab.button("Save as CSV").click()
    text = told.value.path().read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    points = [row for row in rows if row["kind"] == "point" and row["run"] == run]
    assert [float(row["step"]) for row in points] == series["step"]
    assert [float(row["loss"]) for row in points] == series["loss"]
    looks = [row for row in rows if row["kind"] == "look"]
    assert [float(row["validation_accuracy"]) for row in looks] == [
        look["validation_accuracy"] for look in series["looks"]
    ]
    assert sum(row["kind"] == "change" for row in rows) == len(series["marks"])
    with tab.page.expect_download() as told:
        tab.button("Save as PNG").click()
    picture = told.value.path().read_bytes()
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", picture[16:24]) > (1000, 1000)
    inked = tab.page.evaluate(
        """() => { const canvas = document.querySelector('canvas.plot');
        const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        const seen = new Set(); for (let i = 0; i < data.length; i += 4)
          if (data[i + 3] > 200) seen.add(data.slice(i, i + 3).join());
        return [...seen]; }"""
    )
    assert "11,106,115" in inked  # the accent: the curve of training


def test_clear_begins_the_curves_anew_and_can_be_taken_back(tab):
    tab.pause()
    tab.button("Clear the curves").click()
    tab.page.locator(".charts .waiting").wait_for()
    tab.button("Bring back").click()
    tab.page.locator(".charts .waiting").wait_for(state="hidden")


def test_a_run_begun_anew_is_compared_with_the_one_before(tab):
    before = tab.state()["run"]["id"]
    tab.button("Begin anew").click()
    tab.when(lambda state: state["run"]["id"] != before and state["phase"] == "training")
    tab.page.locator(".kept tbody tr").nth(len(tab.state()["runs"]) - 1).wait_for()
    tab.until("training")
    runs = {run["id"]: run["name"] for run in tab.state()["runs"]}
    assert tab.state()["run"]["id"] != before
    box = tab.page.get_by_role("checkbox", name=f"Compare with {runs[before]}", exact=True)
    box.check()
    legend = tab.page.locator(".legend .others")
    drawn = tab.page.locator(".reading tbody tr")
    chart = tab.page.get_by_role("application", name="Curves of loss")
    chart.press("End")
    tab.expects(drawn).to_have_count(2)
    legend.get_by_role("checkbox", name=runs[before], exact=True).uncheck()
    tab.expects(drawn).to_have_count(1)
    assert box.is_checked()
    box.uncheck()
    tab.expects(legend).to_be_hidden()


def test_a_reload_loses_nothing(tab):
    tab.pause()
    told = tab.page.locator(".far p").inner_text()
    tab.page.reload()
    tab.page.wait_for_selector("html[data-ready]")
    tab.page.locator(".charts .waiting").wait_for(state="hidden")
    tab.expects(tab.page.locator(".far p")).to_have_text(told)


def test_a_lost_connection_is_said_and_found_again(tab):
    # the browser's word on a request that failed is the point of this test
    banner = tab.page.get_by_text("not reachable")
    assert banner.is_hidden()
    tab.context.route("**/api/events", lambda route: route.abort())
    tab.page.reload()
    banner.wait_for()
    tab.context.unroute("**/api/events")
    banner.wait_for(state="hidden")
    tab.troubles[:] = [said for said in tab.troubles if "ERR_FAILED" not in said]


def test_the_theme_is_chosen_and_remembered(tab):
    ground = "getComputedStyle(document.body).backgroundColor"
    switch = tab.page.locator("#theme")
    light = tab.page.evaluate(ground)
    while "dark" not in switch.inner_text():
        switch.click()
    dark = tab.page.evaluate(ground)
    assert dark != light
    tab.page.reload()
    tab.page.wait_for_selector("html[data-ready]")
    assert tab.page.evaluate(ground) == dark
    while "system" not in switch.inner_text():
        switch.click()


def test_a_snapshot_is_kept_and_its_name_is_text(tab):
    name = "<img src=x onerror=alert(1)>"
    tab.field("Name of the snapshot").fill(name)
    tab.button("Save snapshot").click()
    tab.page.locator(".snapshots b").first.wait_for()
    assert name in tab.page.locator(".snapshots b").all_inner_texts()
    assert tab.page.locator(".snapshots img").count() == 0
    with tab.page.expect_download() as told:
        tab.button(f"Model of {name}").click()
    assert b"__metadata__" in told.value.path().read_bytes()[:2000]


def test_the_model_is_downloaded_and_other_files_are_refused(tab, tmp_path):
    with tab.page.expect_download() as told:
        tab.button("Download model").click()
    assert told.value.suggested_filename.endswith(".safetensors")
    assert b"__metadata__" in told.value.path().read_bytes()[:2000]
    for name, content, said in (
        ("cat.png", b"x", "neither a .safetensors nor a .json file"),
        ("net.json", b"{", ""),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        tab.page.locator("#open-file").set_input_files(path)
        fault = tab.page.locator(".drop").get_by_role("alert")
        fault.wait_for()
        assert said in fault.inner_text()
        fault.evaluate("fault => fault.hidden = true")
    tab.troubles[:] = [said for said in tab.troubles if not re.search("4(00|22)", said)]


def test_every_term_that_is_explained_has_an_explanation(tab):
    scripts = [part for part in STATIC.iterdir() if part.name.endswith(".js")]
    text = "\n".join(part.read_text(encoding="utf-8") for part in scripts)
    terms = set(re.findall(r"""explain\(["']([^"']+)["']\)""", text))
    terms |= set(re.findall(r"""[tT]erm: ["']([^"']+)["']""", text))
    assert len(terms) > 15
    unknown = tab.page.evaluate(
        """async terms => { const { meaning } = await import('./static/words.js');
        return terms.filter(term => !meaning(term)); }""",
        sorted(terms),
    )
    assert unknown == []
    mark = tab.page.get_by_role("button", name="Meaning of: momentum")
    mark.focus()
    tip = tab.page.get_by_role("tooltip")
    assert "downhill" in tip.inner_text()
    tab.page.keyboard.press("Escape")
    tab.expects(tip).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_open_to_all(browser, address, scheme):
    tab = Tab(browser, address, color_scheme=scheme)
    parts = "{include: [['#learn'], ['#files'], ['header'], ['#bar'], ['#notices']]}"
    assert tab.axe(parts) == []
    tab.context.close()


@pytest.mark.parametrize("width", [320, 360, 390, 768])
def test_every_region_is_a_touch_away(tab, width):
    tab.page.set_viewport_size({"width": width, "height": 800})
    tab.drawn()
    places = "all => all.map(a => a.getBoundingClientRect()).map(r => [r.left, r.right, r.top])"
    links = tab.page.locator("#bar nav a")
    boxes = links.evaluate_all(places)
    assert links.all_inner_texts() == list(REGIONS)
    assert all(left >= 0 and right <= width for left, right, _ in boxes), boxes
    assert len({top for *_, top in boxes}) == 1, boxes
    assert all(before[1] <= after[0] for before, after in pairwise(boxes)), boxes
    sizes = links.evaluate_all("all => all.map(a => [a.offsetWidth, a.offsetHeight])")
    assert all(min(size) >= 40 for size in sizes), sizes
    tab.page.set_viewport_size({"width": 1280, "height": 720})


def test_on_a_phone_nothing_is_cut_off_and_the_buttons_stay_within_reach(browser, address):
    tab = Tab(browser, address, viewport=NARROW)
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    tab.page.locator("#files").scroll_into_view_if_needed()
    tab.page.wait_for_selector(".transport.docked")
    box = tab.button("Start").bounding_box()
    assert 0 <= box["y"] <= NARROW["height"] - 40
    tab.context.close()
