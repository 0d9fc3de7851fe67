"""Modules of the page by themselves, in a browser, held to numpy and Python's own readers."""

import csv
import io
import math
from importlib.resources import files

import numpy as np
import pytest

ORIGIN = "http://studio.test"
ROOMS = {"static": "convlens.studio", "report": "convlens.report"}
KINDS = {"js": "text/javascript", "css": "text/css"}


def answer(route):
    """The package's own file for an address of the page; nothing is fetched from anywhere."""
    _, room, *names = route.request.url.removeprefix(ORIGIN).split("/")
    if not names:
        return route.fulfill(body="<!DOCTYPE html><title>empty</title>", content_type="text/html")
    part = files(ROOMS[room]).joinpath("static", names[0])
    return route.fulfill(body=part.read_bytes(), content_type=KINDS[names[0].rpartition(".")[2]])


@pytest.fixture(scope="module")
def page(browser):
    opened = browser.new_page()
    opened.route("**/*", answer)
    opened.goto(f"{ORIGIN}/")
    return opened


def call(page, module, name, *values):
    """What an exported function of a module gives."""
    return page.evaluate(
        f"async values => (await import('/static/{module}.js')).{name}(...values)", list(values)
    )


def test_smoothing_is_an_average_that_forgets_to_both_sides(page):
    values = np.random.default_rng(0).normal(size=60)
    apart = np.abs(np.subtract.outer(np.arange(60), np.arange(60)))
    weights = 0.7**apart
    before, after = np.tril(weights), np.triu(weights)
    expected = (before @ values / before.sum(1) + after @ values / after.sum(1)) / 2
    np.testing.assert_allclose(call(page, "series", "smoothed", values.tolist(), 0.7), expected)
    assert call(page, "series", "smoothed", [3, 1, 2], 0) == [3, 1, 2]
    assert call(page, "series", "smoothed", [5] * 9, 0.9) == pytest.approx([5] * 9)


def test_epochs_lie_straight_between_the_looks(page):
    looks = [{"step": 19, "epochs": 1}, {"step": 38, "epochs": 2}, {"step": 114, "epochs": 4}]
    series = {"looks": looks}
    steps = [0, 7, 19, 30, 60, 114, 120, 133, 5]
    found = page.evaluate(
        "async ([series, steps]) => { const { epochsOf } = await import('/static/series.js');"
        " return steps.map(epochsOf(series, [133, 4.5])); }",
        [series, steps],
    )
    assert found == pytest.approx(np.interp(steps, [0, 19, 38, 114, 133], [0, 1, 2, 4, 4.5]))


@pytest.mark.parametrize("seed", range(30))
def test_ticks_are_round_and_within(page, seed):
    random = np.random.default_rng(seed)
    low = float(random.normal() * 10.0 ** random.integers(-3, 5))
    high = low + float(random.uniform(0.5, 9) * 10.0 ** random.integers(-3, 5))
    found = call(page, "chartscale", "ticks", low, high, 6)
    assert 1 <= len(found) <= 8
    margin = (high - low) * 1e-6
    assert all(low - margin <= value <= high + margin for value in found)
    if len(found) > 1:
        step = found[1] - found[0]
        digit = step / 10 ** math.floor(math.log10(step) + 1e-6)
        assert min(abs(digit - round_) for round_ in (1, 2, 5)) < 1e-4
        np.testing.assert_allclose(np.diff(found), step, rtol=1e-6)


@pytest.mark.parametrize("log", [False, True])
def test_a_place_on_a_scale_leads_back_to_its_value(page, log):
    found = page.evaluate(
        "async log => { const { scale } = await import('/static/chartscale.js');"
        " const { place, value } = scale([0.01, 20], [300, 10], log);"
        " return [place(0.01), place(20), value(place(0.7))]; }",
        log,
    )
    assert found == pytest.approx([300, 10, 0.7])


@pytest.mark.parametrize("seed", range(20))
def test_a_view_stays_within_the_data_whatever_is_done(page, seed):
    random = np.random.default_rng(seed)
    acts = [
        [str(random.choice(["zoomed", "panned"])), float(random.choice([0.3, 0.6, 1.7, 4]))]
        for _ in range(12)
    ]
    windows = page.evaluate(
        """async acts => { const view = await import('/static/chartview.js');
        let now = view.WHOLE; const seen = [];
        for (const [act, by] of acts) { now = view[act](now, [10, 500], by);
          seen.push(view.windowOf(now, [10, 500])); }
        return seen; }""",
        acts,
    )
    for low, high in windows:
        assert low >= 10 - 1e-9
        assert high <= 500 + 1e-9
        assert high - low >= 2 - 1e-9


def test_a_window_at_the_end_follows_the_run_and_another_does_not(page):
    found = page.evaluate(
        """async () => { const { windowed, windowOf, WHOLE } = await import('/static/chartview.js');
        const end = windowed(WHOLE, [60, 100], [0, 100]);
        const middle = windowed(WHOLE, [20, 60], [0, 100]);
        return [end, middle, WHOLE].map(view => windowOf(view, [0, 150])); }"""
    )
    assert found == [[110, 150], [20, 60], [0, 150]]


def test_arrow_keys_go_through_round_numbers_and_keep_to_the_range(page):
    log = {"scale": "log", "from": 1e-6, "zero": True, "low": 0, "high": 1}
    up, value = [], 0.1
    while value < 1:
        value = call(page, "knobscale", "next", log, value, 1)
        up.append(value)
    assert up == [0.15, 0.2, 0.3, 0.5, 0.7, 1]
    assert call(page, "knobscale", "next", log, 1, 1) == 1
    assert call(page, "knobscale", "next", log, 0.1, -1) == 0.07
    assert call(page, "knobscale", "next", log, 1e-6, -1) == 0
    assert call(page, "knobscale", "next", log, 0, 1) == 1e-6
    batch = {"scale": "doubling", "low": 1, "high": 65536}
    assert call(page, "knobscale", "next", batch, 64, 1) == 128
    assert call(page, "knobscale", "next", batch, 1, -1) == 1
    even = {"scale": "even", "by": 0.05, "low": 0, "high": 0.999}
    assert call(page, "knobscale", "next", even, 0.95, 1) == 0.999


@pytest.mark.parametrize("spec", [
    {"scale": "log", "from": 1e-5, "to": 10}, {"scale": "even", "from": 0, "to": 0.999},
])  # fmt: skip
def test_a_slider_stands_where_its_value_is(page, spec):
    for position in (0, 137, 500, 999, 1000):
        value = call(page, "knobscale", "valueAt", spec, position)
        assert call(page, "knobscale", "positionOf", spec, value) == pytest.approx(position, abs=3)


def test_a_table_of_curves_survives_hostile_names(page):
    names = ['one, "two"', "line\nbreak", "=1+1"]
    runs = [
        {"id": f"studio-{i}", "name": name, "reached": None,
         "series": {"step": [1, 2], "loss": [2.5, None], "decay": [0, 0.25], "accuracy": [0.1, 0.2],
                    "looks": [], "marks": [{"step": 2, "text": 'rate 1,0 → "2"'}]}}
        for i, name in enumerate(names)
    ]  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(call(page, "chartsave", "csv", runs), newline="")))
    assert [row["name"] for row in rows if row["kind"] == "change"] == names
    assert [row["loss"] for row in rows[:2]] == ["2.5", ""]
    assert rows[2]["change"] == 'rate 1,0 → "2"'


def test_notices_are_text_and_go_when_dismissed(page):
    found = page.evaluate(
        """async () => { const { notices } = await import('/static/notices.js');
        const heard = {}; const posted = []; const root = document.createElement('div');
        const store = { on: (name, listener) => (heard[name] = listener) };
        notices(root, { store, api: { post: async path => posted.push(path) } });
        const state = { error: null, notes: [
          { id: 3, kind: 'warning', text: '<img src=x onerror=alert(1)>' },
          { id: 4, kind: 'note', text: 'all is well' }] };
        heard.state(state); heard.state(state);
        const told = root.querySelectorAll('[data-kind=warning] p, [data-kind=note] p');
        const texts = [...told].map(p => p.textContent);
        root.querySelector('[data-kind=warning] button').click();
        await new Promise(done => setTimeout(done, 20));
        const left = root.querySelectorAll('[data-kind=warning]').length;
        heard.state({ error: { message: 'the disk is full', hint: 'make room' }, notes: [] });
        const error = root.querySelector('[data-kind=error]:not([hidden])').textContent;
        return { texts, posted, left, error, images: root.querySelectorAll('img').length }; }"""
    )
    assert found == {
        "texts": ["<img src=x onerror=alert(1)>.", "All is well."],
        "posted": ["notes/3/dismiss"],
        "left": 0,
        "error": "The disk is full.Make room.",
        "images": 0,
    }


def test_who_waits_while_a_run_is_tested_is_told_why(page):
    page.route("**/api/predict*", lambda route: None)  # never answered
    found = page.evaluate(
        """async () => { const { notices } = await import('/static/notices.js');
        const api = await import('/static/api.js');
        const heard = {}; const root = document.createElement('div');
        const store = { on: (name, listener) => (heard[name] = listener) };
        notices(root, { store, api });
        const told = () => root.querySelector('[role=status]').textContent;
        const state = phase => heard.state({ phase, error: null, notes: [] });
        const later = ms => new Promise(done => setTimeout(done, ms));
        const ask = path => { const call = new AbortController();
          api.get(path, { signal: call.signal }).catch(() => {}); return call; };
        const seen = []; state('judging');
        const held = ask('predict?picture=test:1&seen=4'); await later(1300); seen.push(told());
        const call = ask('predict?picture=test:1'); seen.push(told());
        await later(1300); seen.push(told()); state('finished'); seen.push(told());
        state('judging'); seen.push(told()); call.abort(); held.abort(); await later(50);
        seen.push(told()); return seen; }"""
    )
    assert [bool(text) for text in found] == [False, False, True, False, True, False]
    assert "is being tested" in found[2]


@pytest.mark.parametrize(("phase", "said"), [
    ("empty", "no pictures yet"), ("reading", "are being read"), ("ready", "ready to learn"),
    ("training", "is learning to tell cats and dogs apart, right now"), ("paused", "pauses"),
    ("judging", "has learned"), ("finished", "97.8 % of the test pictures"),
    ("looking", "A trained network that tells cats and dogs apart"),
    ("failed", "could not go on"), ("lost", "ended unexpectedly"),
])  # fmt: skip
def test_every_phase_has_its_sentence(page, phase, said):
    state = {
        "phase": phase, "data": {"name": "pets", "classes": ["cats", "dogs"]}, "error": None,
        "reading": {"done": 3, "total": 9},
        "run": {"parameters": 1000, "test_accuracy": 0.978, "best_accuracy": 0.9},
    }  # fmt: skip
    sentence, more = call(page, "shell", "opening", state)
    assert said in sentence
    assert isinstance(more, str)


@pytest.mark.parametrize(("parts", "right", "said", "more"), [
    ({"validation": 50, "test": 359}, 0.997, "99.7 % of the test pictures are right", "Try it"),
    ({"validation": 1, "test": 2}, 0.5, "50.0 % of the test pictures are right, as by",
     "Start"),
    ({"validation": 1, "test": 8}, 0.875, "7 of 8 test pictures are right", "So few prove little"),
    ({"validation": 80, "test": 0}, None, "97.5 % of the pictures held back are right",
     "for 60 epochs more"),
    ({"validation": 0, "test": 0}, None, "learned from all the pictures", "nobody knows"),
])  # fmt: skip
def test_a_finished_run_claims_no_more_than_it_can_show(page, parts, right, said, more):
    state = {
        "phase": "finished", "data": {"name": "pets", "classes": ["cats", "dogs"], **parts},
        "run": {"parameters": 1000, "test_accuracy": right, "best_accuracy": 0.975, "epochs": 60,
                "epochs_planned": 60, "knobs": {"epochs": {"value": 60}}},
    }  # fmt: skip
    sentence, rest = call(page, "shell", "opening", state)
    assert said in sentence
    assert more in rest


LISTENING = """async () => {
  const sources = [];
  window.EventSource = class extends EventTarget {
    constructor() { super(); sources.push(this); }
  };
  const { connect, store } = await import("/static/store.js");
  const told = [];
  store.on("state", ({ run }) => told.push(run.step));
  store.on("connection", (now) => told.push(now));
  connect();
  const say = (name, data) => sources[0].dispatchEvent(Object.assign(new Event(name), { data }));
  const state = (step) => say("state", JSON.stringify({ run: { step }, runs: [] }));
  say("open");
  state(1);
  state(2);
  say("error");
  await new Promise((done) => setTimeout(done, 400));
  say("open");
  state(3);
  await new Promise((done) => setTimeout(done, 400));
  return told;
}"""


def test_what_was_heard_last_is_told_before_the_line_breaks(page):
    assert page.evaluate(LISTENING) == ["open", 1, 2, "lost", "open", 3]
