"""What outlives tabs, reloads, the training process and the server, in a real browser."""

import csv
import io
import os
import signal
import threading

import httpx
import numpy as np
import pytest

import convlens
from tests.studio.pages import Tab, named, studio


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    with studio(tmp_path_factory.mktemp("studio"), "--epochs", "400") as found:
        yield found


@pytest.fixture(scope="module")
def opened(browser, own):
    tab = Tab(browser, own.address)
    yield tab
    tab.context.close()


@pytest.fixture
def tab(opened):
    """A tab on a studio that learns; a connection that broke is the point of some tests."""
    opened.learn()
    yield opened
    broken = ("ERR_CONNECTION", "ERR_INCOMPLETE", "ERR_EMPTY")
    opened.troubles[:] = [one for one in opened.troubles if not any(b in one for b in broken)]
    opened.well()


def saved_curves(tab, page=None):
    """The points of the curves as the page has them: loss by step."""
    with (page or tab.page).expect_download() as told:
        tab.button("Save as CSV", page).click()
    text = told.value.path().read_text(encoding="utf-8")
    return {int(r["step"]): r["loss"] for r in csv.DictReader(io.StringIO(text))
            if r["kind"] == "point"}  # fmt: skip


def test_a_reload_in_mid_run_and_a_second_tab_lose_nothing(tab):
    tab.page.locator(".charts .waiting").wait_for(state="hidden")
    before = saved_curves(tab)
    last = max(before)
    tab.page.reload()
    other = tab.open()
    for page in (tab.page, other):
        page.locator(".charts .waiting").wait_for(state="hidden")
        now = saved_curves(tab, page)
        assert all(now.get(step) == before[step] for step in before if step < last)
        assert max(now) > last  # it went on learning meanwhile
    tab.button("Pause", other).click()
    tab.until("paused")
    tab.until("paused", other)
    told = other.locator(".far p").inner_text()
    tab.expects(tab.page.locator(".far p")).to_have_text(told)
    other.close()


def test_a_training_process_that_is_killed_is_said_and_taken_up_again(tab, own):
    tab.pause()  # a checkpoint
    kept = tab.run()["step"]
    tab.open_layers()
    panel = tab.page.locator('.layer[data-layer="conv1"] .panel').first
    panel.scroll_into_view_if_needed()  # it is being asked for
    panel.locator(".tile").first.wait_for()
    tab.learn()
    tab.when(lambda state: (state["run"]["step"] or 0) > kept)
    os.kill(own.trainer(), signal.SIGKILL)
    tab.until("lost")
    alert = tab.page.locator("#notices").get_by_role("alert").filter(has_text="SIGKILL")
    alert.wait_for()
    assert "Start" in alert.inner_text()
    named(tab)
    tab.page.locator("#test").scroll_into_view_if_needed()
    tab.page.wait_for_timeout(1000)  # nobody goes on asking who is not there
    tab.well()
    tab.button("Start").click()
    tab.until("training")
    alert.wait_for(state="hidden")
    state = tab.when(lambda state: (state["run"]["step"] or 0) > kept)
    assert state["run"]["resumed_step"] >= kept
    steps = tab.series()["step"]
    assert steps == sorted(set(steps))
    assert steps[0] <= 20  # the curves of before are there still
    run = tab.run()["id"]
    tab.button("Begin anew").click()
    tab.when(lambda state: state["run"]["id"] != run and (state["run"]["step"] or 0) > 0)


def test_saved_ended_and_opened_again(tab, own, tmp_path):
    tab.pause()
    tab.field("Name of the snapshot").fill("before the end")
    tab.button("Save snapshot").click()
    tab.button("Model of before the end").wait_for()
    true = convlens.load(tab.saved(tmp_path / "now.safetensors")).model.weights
    step, run = tab.run()["step"], tab.run()["id"]
    own.end()
    gone = tab.page.get_by_text("not reachable")
    gone.wait_for()
    own.restart()
    assert own.address == tab.address
    gone.wait_for(state="hidden")
    tab.until("paused")
    assert (tab.run()["id"], tab.run()["step"]) == (run, step)
    tab.button("Open before the end").click()
    tab.when(lambda state: state["run"]["id"] != run and state["phase"] == "paused")
    opened = convlens.load(tab.saved(tmp_path / "opened.safetensors")).model.weights
    np.testing.assert_equal(dict(opened), dict(true))


def test_a_server_that_is_killed_is_found_again_by_an_open_page(tab, own):
    tab.pause()
    kept = tab.run()["step"]
    tab.learn()
    own.end(signal.SIGKILL)
    gone = tab.page.get_by_text("not reachable")
    gone.wait_for()
    assert tab.page.locator("#vital .phase").inner_text() == "no connection"
    own.restart()
    gone.wait_for(state="hidden")
    tab.when(lambda state: state["phase"] in ("training", "paused"))
    tab.learn()
    tab.when(lambda state: (state["run"]["step"] or 0) > kept)


def test_of_two_networks_applied_at_once_one_is_learned_on(tab):
    revision, answers = tab.run()["revision"], []

    def apply(units):
        body = {"net": f"FC {units} - RELU - FC", "keep": False, "revision": revision}
        answers.append(httpx.post(f"{tab.address}api/network", json=body, timeout=30))

    pages = [threading.Thread(target=apply, args=(units,)) for units in (11, 12)]
    for page in pages:
        page.start()
    for page in pages:
        page.join()
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    late = next(answer for answer in answers if answer.status_code == 409).json()["error"]
    assert "another page was quicker" in late["message"]
    state = tab.when(lambda state: state["phase"] == "training" and (state["run"]["step"] or 0) > 0)
    assert len([one for one in state["runs"] if "FC 1" in one["net"]]) == 1
