"""What pages ask for and see, the training process being a fake."""

import asyncio
import json
import os
import shutil
import signal
import struct
from dataclasses import replace

import pytest

from convlens.studio import snapshots
from convlens.studio.run import Asked
from convlens.studio.stream import Subscriber, events
from tests.cli.conftest import as_png, folder_of_shades

NET = "INPUT - CONV 4 - RELU - POOL - FC"


def test_opened_it_learns_already(play):
    async def scenario(desk):
        state = await desk.phase("training")
        state = await desk.until(lambda state: state["run"]["step"])
        assert state["data"]["classes"] == list("0123456789")
        run = state["run"]
        assert (run["id"], run["revision"], run["step"]) == ("studio-1", 1, 1)
        assert run["knobs"]["rate"]["low"] == 0
        assert run["defaults"] == {"rate": 0.1}
        assert [one["id"] for one in state["runs"]] == ["studio-1"]
        assert await desk.get("api/state") == desk.session.state()
        asked = (await desk.asked())[0]
        assert asked["do"] == "open"
        assert asked["data"] == "digits"
        assert asked["go"] is True
        assert asked["folder"].endswith("/runs/studio-1")
        assert (asked["net"], asked["seed"], asked["resume"], asked["carry"]) == (
            None,
            0,
            False,
            None,
        )
        await desk.post("api/pause")
        await desk.phase("paused")
        await desk.post("api/step")
        await desk.until(lambda state: state["run"]["step"] == 2)
        await desk.phase("paused")
        await desk.post("api/start")
        await desk.phase("training")
        await desk.until(lambda state: state["run"]["step"] == 3)
        series = await desk.get("api/runs/studio-1/series")
        assert series["step"] == [1, 2, 3]
        await desk.post("api/stop")
        state = await desk.phase("finished")
        assert state["run"]["test_accuracy"] == state["runs"][0]["test_accuracy"] == 0.9
        assert state["run"]["best_accuracy"] == 0.9
        assert (await desk.get("api/runs/studio-1/series"))["looks"][0]["validation_loss"] == 0.2
        answer = await desk.post("api/step", status=409)
        assert "finished" in answer["error"]["message"]
        await desk.post("api/start")
        await desk.phase("training")
        assert (await desk.asked())[-2] == {"do": "extend", "epochs": None}  # what was left
        await desk.post("api/stop")
        await desk.phase("finished")
        await desk.get("api/runs/studio-9/series", status=404)

    play(scenario)


def test_every_start_brings_as_many_epochs_as_the_knob_says(play):
    async def extended(desk):
        return [one["do"] for one in await desk.asked()].count("extend")

    async def finished(desk, **knobs):
        await desk.post("api/stop")
        await desk.phase("finished")
        desk.session.current.stopped = False  # as if it had come to its end
        if knobs:
            await desk.post("api/knobs", knobs)
        before = await extended(desk)
        await asyncio.gather(desk.post("api/start"), desk.post("api/start"))  # of two pages
        state = await desk.phase("training")
        assert state["run"]["test_accuracy"] is None  # what was judged is the past
        assert await extended(desk) == before + 1
        run = state["run"]
        return run["knobs"]["epochs"]["value"], run["epochs_planned"]

    async def first(desk):
        await desk.phase("training")
        assert await finished(desk) == (4, 8)
        assert await finished(desk) == (4, 12)
        assert await finished(desk, epochs=9) == (9, 21)
        await desk.post("api/knobs", {"epochs": 5})
        assert desk.session.state()["run"]["epochs_planned"] == 17
        await desk.session.keep()

    async def second(desk):
        await desk.phase("training")
        assert (await desk.asked())[0]["epochs_before"] == 12
        assert desk.session.state()["run"]["epochs_before"] == 12

    play(first)
    play(second)


def test_knobs_that_were_turned_are_kept_for_the_next_run(play, tmp_path):
    async def first(desk):
        await desk.phase("training")
        await desk.post("api/knobs", {"batch": 64, "epochs": 9})
        await desk.post("api/anew")
        state = await desk.phase("training")
        knobs = {name: one["value"] for name, one in state["run"]["knobs"].items()}
        assert knobs == {"rate": 0.1, "batch": 64, "epochs": 9}
        await desk.post("api/knobs", {"rate": 0.05})
        await desk.post("api/network", {"net": NET, "keep": False})
        await desk.phase("training")
        await desk.post("api/knobs", {"batch": 32})  # back to the recipe
        await desk.post("api/anew")
        await desk.phase("training")
        asked = [one for one in await desk.asked() if one["do"] == "open"]
        assert [(one["knobs"], one["epochs"]) for one in asked] == [
            ({}, 600), ({"batch": 64}, 9), ({"batch": 64, "rate": 0.05}, 9),
            ({"batch": 32, "rate": 0.05}, 9),
        ]  # fmt: skip
        assert desk.session.current.asked == Asked(net=desk.session.current.asked.net)
        await desk.session.keep()

    async def second(desk):
        await desk.phase("training")
        await desk.post("api/anew")
        await desk.phase("training")
        asked = [one for one in await desk.asked() if one["do"] == "open"]
        assert asked[-1]["knobs"] == {"batch": 32, "rate": 0.05}

    play(first)
    play(second)


def test_what_is_asked_at_the_wrong_moment_is_no_mistake_of_the_request(play):
    async def scenario(desk):
        await desk.phase("training")
        for do, status in (("cell?true=0&said=1", 409), ("worst", 409)):
            answer = await desk.get(f"api/test/{do}", status=status)
            assert answer["error"]["hint"] == "test all pictures first"
        gone = await desk.get("api/test/sample?seed=7")
        assert gone["unchanged"], "the run gave way to another: nothing new, and no mistake"
        await desk.get("api/why?picture=test:0&method=nonsense", status=422)
        await desk.get("api/why?picture=test:0&method=broken", status=500)

    play(scenario)


def test_knobs_are_marked(play):
    async def scenario(desk):
        await desk.phase("training")
        answer = await desk.post("api/knobs", {"rate": 0.05, "batch": 16})
        assert answer["from_step"] == 2
        state = await desk.until(lambda _: desk.session.current.series.marks)
        assert state["run"]["knobs"]["rate"] == {**answer["knobs"]["rate"], "value": 0.05}
        marks = (await desk.get("api/runs/studio-1/series"))["marks"]
        assert marks == [{"step": 2, "text": "Learning rate 0.1 → 0.05, batch size 32 → 16"}]
        answer = await desk.post("api/knobs", {"nonsense": 1}, status=422)
        headers = {"content-type": "application/json"}
        for body in ('{"rate": NaN}', '{"rate": -Infinity}'):  # Python's JSON knows them
            found = await desk.page.post("api/knobs", content=body, headers=headers)
            assert found.status_code == 422
        assert answer["error"] == {
            "message": "there is no knob `nonsense`",
            "hint": "there are rate, batch, epochs",
        }

    play(scenario)


def test_another_network_and_the_page_that_is_late(play):
    async def scenario(desk):
        await desk.phase("training")
        revision = desk.session.revision
        answer = await desk.post("api/network", {"net": NET, "keep": False, "revision": revision})
        assert answer == {"run": "studio-2", "revision": revision + 1}
        state = await desk.phase("training")
        assert state["run"]["id"] == "studio-2"
        assert {run["id"]: run["phase"] for run in state["runs"]}["studio-1"] == "paused"
        late = {"net": "FC", "keep": False, "revision": revision}
        answer = await desk.post("api/network", late, status=409)
        assert "another page was quicker" in answer["error"]["message"]
        assert "CONV 4" in answer["error"]["message"]
        wrong = {"net": "INPUT - CNOV - FC", "revision": revision + 1}
        answer = await desk.post("api/network", wrong, status=422)
        assert answer["error"]["correction"]["text"] == "INPUT - CONV - FC"
        assert desk.session.current.id == "studio-2"
        huge = {"net": "INPUT - CONV 512@9x9 - FC 60000 - FC 60000 - FC"}
        answer = await desk.post("api/network", huge, status=422)
        assert "GB of memory" in answer["error"]["message"]
        assert [one["do"] for one in await desk.asked()] == ["open", "open", "asked"]

    play(scenario)


def test_two_pages_at_once_and_only_one_is_taken(play):
    async def scenario(desk):
        await desk.phase("training")
        bodies = [{"net": f"CONV {n} - FC", "revision": 1} for n in range(2, 10)]
        answers = await asyncio.gather(
            *(desk.page.post("api/network", json=body) for body in bodies)
        )
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
        assert len(desk.session.runs) == 2

    play(scenario)


def test_weights_are_carried(play, digits_model, monkeypatch):
    monkeypatch.setenv("FAKE_MODEL", str(digits_model))

    async def scenario(desk):
        await desk.phase("training")
        await desk.post("api/network", {"net": NET, "keep": True, "revision": 1})
        await desk.phase("training")
        asked = [one for one in await desk.asked() if one["do"] in ("save", "open")]
        assert [one["do"] for one in asked] == ["open", "save", "open"]
        assert asked[1]["path"] == asked[2]["carry"]
        assert asked[1]["path"].endswith("studio-1/carried.safetensors")

    play(scenario)


def test_runs_are_kept_and_gone_on_with(play, tmp_path):
    async def first(desk):
        await desk.phase("training")
        await desk.post("api/network", {"net": NET, "revision": 1})
        await desk.phase("training")
        await desk.post("api/runs/studio-1/name", {"name": "  my\nfirst "})
        desk.session.place.port = 8763
        await asyncio.sleep(0.05)
        return desk.session.place.token, desk.session.studio

    async def second(desk):
        state = await desk.phase("training")
        assert [one["name"] for one in state["runs"]] == ["my first", "Run 2"]
        assert state["run"]["id"] == "studio-2"
        assert state["run"]["resumed_step"] == 7
        asked = (await desk.asked())[0]
        assert (asked["resume"], asked["go"]) == (True, True)
        assert "CONV 4" in asked["net"]
        await desk.post("api/runs/studio-1/open")
        state = await desk.phase("paused")
        assert state["run"]["id"] == "studio-1"
        assert (await desk.asked())[-2]["go"] is False
        answer = await desk.post("api/runs/studio-1/forget", status=409)
        assert "is open" in answer["error"]["message"]
        answer = await desk.post("api/runs/studio-2/forget")
        assert (tmp_path / "runs" / "studio-2").is_dir()
        assert answer["folder"].endswith("studio-2")
        return desk.session.place.token, desk.session.studio

    async def third(desk):
        state = await desk.phase("paused")  # as it was left
        assert [one["id"] for one in state["runs"]] == ["studio-1"]
        assert desk.session.place.port == 8763

    token, studio = play(first)
    kept = tmp_path / "runs" / "studio.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert json.loads(kept.read_text())["token"] == token
    again, other = play(second)
    assert again == token
    assert other != studio
    play(third)
    # other pictures in the same place: another token, other runs; and those are still there
    assert play(ids, data=shades(tmp_path)) == ["studio-3"]
    assert play(ids) == ["studio-1"]


async def ids(desk):
    await desk.until(lambda state: state["run"])
    return [one["id"] for one in desk.session.state()["runs"]]


def shades(tmp_path):
    return folder_of_shades(tmp_path / "shades", 2)


def test_steps_after_the_checkpoint_are_forgotten_but_not_those_of_a_finished_run(play):
    async def scenario(desk):
        await desk.until(lambda state: state["run"] and state["run"]["step"])
        await desk.session.ask("flood", count=20)
        run = desk.session.current
        told = {"tell": "ready", "data": {}, "net": "x", "resumed_step": 7}
        for phase, last in (("finished", 21), ("paused", 7)):
            desk.session._hear(told)
            desk.session._hear({"tell": "phase", "phase": phase})
            assert run.series.columns()["step"] == list(range(1, last + 1))
        assert run.facts["step"] == 7

    play(scenario)


def test_pictures_that_are_gone_end_no_run(play, tmp_path):
    async def scenario(desk):
        before = (await desk.phase("training"))["run"]["id"]
        shutil.rmtree(data / "blue")
        await desk.post("api/anew")
        state = await desk.until(lambda state: state["run"]["id"] != before)
        assert desk.session.subject.classes == ("green", "red")
        shutil.rmtree(data)
        for path, body in (("anew", {}), ("network", {"net": "FC"})):
            error = (await desk.post(f"api/{path}", body, status=422))["error"]
            assert str(data) in error["message"]
        found = await desk.phase("training")  # of the run before, which may have been reading still
        assert found["run"]["id"] == state["run"]["id"]

    data = shades(tmp_path)
    play(scenario, data=data)


def test_another_network_in_the_command_begins_a_run(play):
    async def first(desk):
        await desk.phase("training")

    async def second(desk):
        return (await desk.phase("training"))["run"]["id"]

    play(first)
    assert play(second, asked=Asked(net=NET)) == "studio-2"
    assert play(second, asked=Asked()) == "studio-2"
    assert play(second, asked=replace(Asked(), seed=3)) == "studio-3"


def test_what_is_lost_is_said_and_started_again(play):
    async def scenario(desk):
        await desk.phase("training")
        waiting = asyncio.create_task(desk.page.get("api/view?picture=test:1&layer=silence"))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        assert (await desk.get("api/state"))["phase"] == "training"  # while a process is busy, too
        assert "event: state" in Subscriber(desk.session).due()
        os.kill(desk.session.supervisor.pid, signal.SIGKILL)
        state = await desk.phase("lost")
        assert "SIGKILL" in state["error"]["message"]
        assert "Start" in state["error"]["hint"]
        assert b'"unchanged":true' in (await waiting).content  # no mistake of who looks on
        assert (await desk.get("api/predict?picture=test:1"))["unchanged"]
        answer = await desk.get("api/why?picture=test:1", status=503)
        assert "ended" in answer["error"]["message"]
        await desk.post("api/start")
        state = await desk.phase("training")
        assert state["error"] is None
        assert state["run"]["resumed_step"] == 7
        for do in ("crash", "garbage"):
            with pytest.raises(Exception, match="ended"):
                await desk.session.ask(do)
            state = await desk.phase("lost")
            said = {"crash": "status 3: something terrible", "garbage": "cannot be understood"}
            assert said[do] in state["error"]["message"]
            await desk.post("api/start")
            await desk.phase("training")

    play(scenario)


def test_a_failure_is_told_and_can_be_started_again(play):
    async def scenario(desk):
        await desk.phase("training")
        await desk.session.ask("fail")
        state = await desk.phase("failed")
        assert state["error"] == {"message": "too big", "hint": "smaller"}
        await desk.post("api/start")
        assert (await desk.phase("training"))["error"] is None

    play(scenario)


def test_a_process_that_hangs_is_ended(play):
    async def scenario(desk):
        await desk.phase("training")
        await desk.session.ask("hang")
        return desk.session.supervisor.pid

    pid = play(scenario)  # its end waits two seconds at most
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_names_of_classes_are_sent_once_and_again_where_they_become_others(play):
    async def scenario(desk):
        await desk.phase("training")
        session = desk.session

        def told(page):
            (state,) = (
                json.loads(line.removeprefix("data: "))
                for line in page.due().splitlines()
                if line.startswith('data: {"studio"')
            )
            return state["data"]["classes"]

        page = Subscriber(session)
        names = [f"species {n}" for n in range(20_000)]
        session.take_data({**session.data, "classes": names})
        session.touch()
        assert told(page) == names
        for _ in range(3):
            session.touch()
            assert told(page) is None
        assert len(session.state_text(named=False)) < 20_000
        session.take_data({**session.data, "classes": names[:2]})
        session.touch()
        assert told(page) == names[:2]
        assert told(Subscriber(session)) == names[:2]  # a page that comes later
        assert session.state()["data"]["classes"] == names[:2]

    play(scenario)


def test_a_sleeping_page_gets_one_message(play):
    async def scenario(desk):
        await desk.phase("training")
        asleep = Subscriber(desk.session)
        asleep.due()
        size = len(vars(asleep))
        await desk.session.ask("flood", count=10_000)
        assert len(vars(asleep)) == size
        assert not any(isinstance(value, list | dict) for value in vars(asleep).values())
        message = asleep.due()
        names = [line for line in message.splitlines() if line.startswith("event:")]
        assert names == ["event: state", "event: points"]
        points = json.loads(message.split("event: points\ndata: ")[1])
        assert points["from"] == 0  # merged meanwhile, so all of it anew
        assert points["step"][-1] == 10_001
        assert len(points["step"]) <= 2000
        assert asleep.due() == ""
        await desk.session.ask("flood", count=3)
        points = json.loads(asleep.due().split("event: points\ndata: ")[1])
        assert (len(points["step"]), points["step"][-1]) == (3, 10_004)

    play(scenario)


def test_the_stream_tells_of_everything_and_ends(play):
    async def scenario(desk):
        await desk.until(lambda state: state["run"] and state["run"]["step"])
        stream = events(desk.session, heartbeat=0.05)
        assert await anext(stream) == "retry: 1000\n\n"
        first = await anext(stream)
        assert first.startswith("event: state\ndata: {")
        begun = asyncio.get_running_loop().time()
        assert await anext(stream) == ": still here\n\n"
        assert asyncio.get_running_loop().time() - begun >= 0.1
        await desk.session.ask("knobs", rate=0.5)
        assert "event: mark" in await anext(stream)
        desk.session.dismiss_all()
        async with asyncio.timeout(30):
            async for _ in stream:
                pass

    play(scenario)


def test_binary_answers(play):
    async def scenario(desk):
        await desk.phase("training")
        query = "picture=test:1&layer=conv1&first=2&count=3&class=5&seen=0&only=activations"
        answer = await desk.page.get(f"api/view?{query}")
        length, zero = struct.unpack("<II", answer.content[:8])
        document = json.loads(answer.content[8 : 8 + length])
        assert zero == 0
        assert (len(answer.content) - 8) == length + -length % 4 + 8
        asked = {"picture": "test:1", "layer": "conv1", "first": 2, "count": 3, "class": 5}
        assert asked.items() <= document.items()
        assert document["only"] == "activations"
        answer = await desk.page.get("api/picture/test:12.png")
        assert answer.headers["content-type"] == "image/png"
        assert (await desk.asked())[-2] == {"do": "picture", "picture": "test:12"}
        for query in ("layer=conv1", "picture=a&layer=b&count=0", "picture=a&layer=b&seen=x"):
            answer = await desk.get(f"api/view?{query}", status=422)
            assert answer["error"]["message"]

    play(scenario)


def test_pictures_are_sent(play):
    import numpy as np

    async def scenario(desk):
        await desk.phase("training")
        content = as_png(np.zeros((4, 4), np.uint8))
        answer = await desk.page.post("api/pictures", content=content)
        assert answer.json() == {
            "picture": "upload:1",
            "width": 8,
            "height": 8,
            "bytes": len(content),
        }
        for content, words in ((b"GIF", "not a picture"), (b"", "no picture")):
            answer = await desk.page.post("api/pictures", content=content)
            assert answer.status_code == 422
            assert words in answer.json()["error"]["message"]

    play(scenario)


def test_a_page_that_goes_is_forgotten(play):
    async def scenario(desk):
        await desk.phase("training")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await desk.page.get("api/view?picture=test:1&layer=silence")
        await asyncio.sleep(0.05)
        assert desk.session.supervisor._pending == {}

    play(scenario)


def test_the_last_test_is_kept(play):
    async def scenario(desk):
        await desk.phase("training")
        assert await desk.get("api/test") is None
        testing = asyncio.create_task(desk.post("api/test", {"part": "test", "views": True}))
        await desk.until(lambda state: state["testing"] == {"done": 1, "total": 20})
        result = await testing
        assert result["accuracy"] == 0.9
        assert result.items() >= {"part": "test", "views": True, "run": "studio-1"}.items()
        assert await desk.get("api/test") == result
        assert desk.session.testing is None
        await desk.post("api/anew")
        assert await desk.get("api/test") is None

    play(scenario)


def test_snapshots(play, digits_model, monkeypatch, tmp_path):
    monkeypatch.setenv("FAKE_MODEL", str(digits_model))
    size = digits_model.stat().st_size

    async def scenario(desk):
        await desk.phase("training")
        kept = await desk.post("api/snapshots", {"name": "before\nthe fall"})
        assert (kept["name"], kept["bytes"], kept["run"]) == ("before the fall", size, "studio-1")
        assert (await desk.get("api/state"))["snapshots"] == [kept]
        answer = await desk.page.get(f"api/snapshots/{kept['id']}/model")
        assert answer.content == digits_model.read_bytes()
        assert "before the fall.safetensors" in answer.headers["content-disposition"]
        await desk.post(f"api/snapshots/{kept['id']}/open")
        state = await desk.phase("paused")
        assert state["run"]["id"] == "studio-2"
        assert (await desk.asked())[-2]["carry"].endswith("studio-1/snapshots/1.safetensors")
        await desk.get("api/snapshots/7/model", status=404)
        answer = await desk.page.get(f"api/snapshots/{kept['id']}/convnetjs")
        assert answer.status_code in (200, 422)

    play(scenario)


def test_files_are_opened(play, digits_model, monkeypatch, tmp_path):
    async def scenario(desk):
        await desk.phase("training")
        content = digits_model.read_bytes()
        answer = await desk.page.post("api/open?name=my.safetensors", content=content)
        assert answer.status_code == 200, answer.text
        state = await desk.phase("paused")
        assert state["run"]["id"] == "studio-2"
        for wrong in (b"", b"hello", content[:500], b'{"layers": 3}'):
            answer = await desk.page.post("api/open?name=my.safetensors", content=wrong)
            assert answer.status_code == 422
            assert "brought" not in answer.text
        assert desk.session.current.id == "studio-2"
        monkeypatch.setattr(snapshots, "MOST_JSON", 10)
        answer = await desk.page.post("api/open?name=net.json", content=b'{"layers": []}')
        assert answer.status_code == 422
        assert "net.json is more than" in answer.json()["error"]["message"]
        assert [path.stem for path in brought.iterdir()] == ["my"]

    brought = tmp_path / "runs" / snapshots.BROUGHT
    play(scenario)


def test_a_model_of_other_classes_is_refused(play, digits_model, tmp_path):
    async def scenario(desk):
        await desk.until(lambda state: state["run"])
        answer = await desk.page.post("api/open?name=d", content=digits_model.read_bytes())
        assert answer.status_code == 422
        said = answer.json()["error"]["message"]
        assert said == (
            "d tells 0, 1, 2, … (10 classes) apart, the pictures here are blue, green, red"
        )
        assert list((tmp_path / "runs" / snapshots.BROUGHT).iterdir()) == []

    play(scenario, data=shades(tmp_path))


def test_looking_into_a_model(play, digits_model):
    async def scenario(desk):
        state = await desk.phase("looking")
        assert state["run"]["model"] == str(digits_model)
        assert state["runs"] == []
        for path in ("start", "pause", "step", "stop", "anew"):
            answer = await desk.post(f"api/{path}", status=409)
            assert "no pictures to learn from" in answer["error"]["message"]
        os.kill(desk.session.supervisor.pid, signal.SIGKILL)
        await desk.phase("lost")
        await desk.post("api/start")
        await desk.phase("looking")
        content = digits_model.read_bytes()
        for stem in ("my-net", "my-net-2"):
            await desk.page.post("api/open?name=../my%20net.safetensors", content=content)
            state = await desk.until(lambda state, stem=stem: state["run"]["name"] == stem)
            assert state["run"]["model"].endswith(f"/brought/{stem}.safetensors")
            assert (await desk.asked())[-2] == {"do": "look", "model": state["run"]["model"]}

    play(scenario, data=digits_model)


def test_notes(play):
    async def scenario(desk):
        await desk.phase("training")
        desk.session.note("skipped 3", "note")
        desk.session.note("skipped 3", "note")
        desk.session.note("the loss does not fall", "warning", "studio-1")
        await desk.post("api/anew")
        notes = (await desk.get("api/state"))["notes"]
        assert notes == [{"id": 1, "kind": "note", "text": "skipped 3", "run": None}]
        await desk.post("api/notes/1/dismiss")
        assert desk.session.notes == []
        for number in range(200):
            desk.session.note(str(number))
        assert len(desk.session.notes) == 50

    play(scenario)


def test_nothing_is_put_into_a_folder_where_no_run_has_begun(play, tmp_path):
    async def scenario(desk):
        folder = tmp_path / "runs" / "studio-1"
        await desk.phase("training")
        (folder / "settings.json").unlink()
        (folder / "curves.json").unlink(missing_ok=True)
        await desk.session.keep()
        assert list(folder.iterdir()) == []

    play(scenario)


def test_what_cannot_be_kept_is_noted_once(play, monkeypatch, tmp_path):
    async def scenario(desk):
        await desk.phase("training")
        (tmp_path / "runs" / "studio.json").unlink(missing_ok=True)
        (tmp_path / "runs" / "studio.json").mkdir()
        await desk.session.keep()
        await desk.session.keep()
        notes = desk.session.notes
        assert [one["kind"] for one in notes] == ["warning"]
        assert "goes on without keeping it" in notes[0]["text"]
        assert desk.session.phase == "training"

    play(scenario)


def test_errors_of_ours_are_a_sentence(play, monkeypatch, capsys):
    def broken(session):
        raise ValueError("secret")

    from convlens.studio.session import Session

    async def scenario(desk):
        monkeypatch.setattr(Session, "state", broken)
        answer = await desk.get("api/state", status=500)
        assert "secret" not in json.dumps(answer)

    play(scenario, begin=False)
    assert "secret" in capsys.readouterr().err
