"""A run led from outside: exactly one step, knobs from the very next, pause, end, and on again."""

import io
import json
import time
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from convlens.classifier import Classifier
from convlens.data import Preprocessing
from convlens.evaluation import measure
from convlens.modelfile import write_model
from tests.report.conftest import untrained
from tests.same import PROBABILITY
from tests.studio.process.conftest import NET
from tests.studio.process.driving import Refused


def events(folder):
    lines = (folder / "events.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def progress(process, step, since=0):
    return process.until(lambda o: o["tell"] == "progress" and o["step"] >= step, since=since)


def test_exactly_one_step_each(process):
    folder = process.folder / "steps"
    since = len(process.told)
    process.open(folder, net=NET, epochs=30)
    process.phase("paused", since)
    process.ask("step")
    assert progress(process, 1, since)["step"] == 1
    process.ask("step")
    process.ask("step")
    assert progress(process, 3, since)["step"] == 3
    time.sleep(0.3)
    steps = [o["step"] for _, o in process.told[since:] if o["tell"] == "progress"]
    assert max(steps) == 3
    assert process.ask("predict", picture="test:0", seen=None)[0]["step"] == 3


def test_a_knob_turns_from_the_very_next_step(process):
    since = len(process.told)
    turned, _ = process.ask("knobs", rate=0.05, batch=32, fall=False, momentum=0.3)
    assert turned["from_step"] == 4
    assert turned["knobs"]["batch"]["value"] == 32
    process.ask("step")
    told = progress(process, 4, since)
    assert told["rate"] == pytest.approx(0.05)
    assert told["examples"] == 3 * 64 + 32
    changed = process.until(lambda o: o["tell"] == "changed", since=since)
    assert changed["step"] == 4
    assert changed["changes"]["batch"] == [64, 32]
    process.ask("knobs", method="sgd")
    again, _ = process.ask("knobs", epochs=2)
    assert again["knobs"]["method"]["value"] == "sgd"
    assert again["knobs"]["epochs"]["value"] == 2


def test_going_is_told_and_pausing_keeps_a_checkpoint(process):
    since = len(process.told)
    process.ask("knobs", epochs=60)
    process.ask("go")
    process.phase("training", since)
    told = progress(process, 20, since)
    assert told["points"]["step"][-1] == told["step"]
    assert told["forward_ms"] > 0
    assert told["backward_ms"] > 0
    assert 0 <= told["train_accuracy"] <= 1
    looked = process.until(lambda o: o["tell"] == "looked", since=since)
    assert looked["examples"] == 3 * 64 + 32 * (looked["step"] - 3)
    since = len(process.told)
    process.ask("pause")
    process.phase("paused", since)
    step = process.ask("predict", picture="test:0", seen=None)[0]["step"]
    kept = [path.name for path in (process.folder / "steps" / "checkpoints").iterdir()]
    assert any(str(step) in name for name in kept), (step, kept)
    frames = [at for at, o in process.told if o["tell"] == "progress"]
    assert len(frames) < 11 * (frames[-1] - frames[0]) + 10


def test_stopped_it_is_judged_and_goes_on_later(process):
    since = len(process.told)
    process.ask("stop")
    finished = process.until(lambda o: o["tell"] == "finished", since=since)
    process.phase("finished", since)
    assert finished["stopped"] is True
    assert finished["test_accuracy"] is not None
    path = process.folder / "steps" / "model.safetensors"
    assert finished["model"] == str(path)
    told, _ = process.ask("predict", picture="test:1", seen=None)
    label = process.ask("pictures", part="test", offset=1, count=1)[0]["pictures"][0]["label"]
    assert told["label"] == label
    since = len(process.told)
    process.ask("go")
    ready = process.until(lambda o: o["tell"] == "ready", since=since)
    assert ready["resumed_step"] > told["step"] - 1
    assert ready["knobs"]["method"]["value"] == "sgd"
    assert ready["knobs"]["batch"]["value"] == 32
    process.ask("pause")
    process.phase("paused", since)


def test_to_the_end_tested_and_further(process):
    folder = process.folder / "whole"
    since = len(process.told)
    process.open(folder, net="CONV 8 - RELU - POOL - FC", epochs=3, go=True)
    finished = process.until(lambda o: o["tell"] == "finished", since=since)
    model = Classifier.load(finished["model"])
    assert finished["test_accuracy"] == model.training["test_accuracy"]
    result, _ = process.ask("test", part="test", views=False)
    assert result["accuracy"] == pytest.approx(model.training["test_accuracy"])
    with pytest.raises(Refused, match="finished"):
        process.ask("go")
    since = len(process.told)
    turned, _ = process.ask("knobs", rate=0.02)
    assert turned["knobs"]["rate"]["value"] == 0.02
    turned, _ = process.ask("knobs", epochs=2)
    turned, _ = process.ask("knobs", momentum=0.5)
    assert turned["knobs"]["epochs"]["value"] == 2, "as many more"
    process.ask("extend", epochs=2)
    again = process.until(lambda o: o["tell"] == "finished", since=since)
    ready = process.until(lambda o: o["tell"] == "ready", since=since)
    assert (ready["epochs"], ready["epochs_before"]) == (5, 3)
    assert ready["knobs"]["epochs"]["value"] == 2, "what one Start brings"
    assert ready["resumed_step"] == 57
    assert ready["knobs"]["rate"]["value"] == 0.02
    assert again["stopped"] is False
    assert Classifier.load(again["model"]).training["epochs"] == pytest.approx(5, abs=0.1)
    turned, _ = process.ask("knobs", weight_decay=0.001)
    assert turned["knobs"]["epochs"]["value"] == 2, "nor is it the length in all afterwards"


def test_of_a_run_that_learns_on_the_knob_counts_from_there(process):
    since = len(process.told)
    process.ask("extend", epochs=50)
    process.until(lambda o: o["tell"] == "progress", since=since)
    process.ask("pause")
    process.phase("paused", since)
    turned, _ = process.ask("knobs", epochs=10)  # further than it came meanwhile
    assert turned["knobs"]["epochs"]["value"] == 10
    process.ask("go")
    finished = process.until(lambda o: o["tell"] == "finished", since=since)
    changed = process.until(lambda o: o["tell"] == "changed" and "epochs" in o["changes"],
                            since=since)  # fmt: skip
    assert changed["changes"]["epochs"] == [50, 10]
    assert Classifier.load(finished["model"]).training["epochs"] == pytest.approx(15, abs=0.1)


def test_a_finished_run_opened_again_is_there_at_once(process):
    since = len(process.told)
    ready = process.open(process.folder / "whole", resume=True, epochs_before=5)
    assert ready["knobs"]["epochs"]["value"] == pytest.approx(10, abs=0.1)
    process.phase("finished", since)
    assert ready["resumed_step"] <= 285  # 15 epochs
    finished = process.until(lambda o: o["tell"] == "finished", since=since)
    assert finished["test_accuracy"] is not None
    assert "reading" not in process.names(since), "the pictures were there already"
    told, _ = process.ask("view", picture="test:0", layer="conv1", seen=None)
    assert "weight_gradients" not in told["blocks"]


def test_a_test_is_what_evaluation_finds(process):
    path = process.folder / "tested.safetensors"
    process.ask("save", path=str(path))
    result, _ = process.ask("test", part="test", views=True)
    model = Classifier.load(path)
    listed, _ = process.ask("pictures", part="test", offset=0, count=500)
    some = listed["pictures"][:20]
    found = [process.ask("picture", picture=one["picture"])[1] for one in some]
    pixels = np.stack([np.asarray(Image.open(io.BytesIO(one)))[:, :, :1] for one in found])
    labels = np.array([one["label"] for one in some])
    own = measure(model.probabilities(pixels, views=True), labels, model.classes)
    confusion = np.zeros((10, 10), int)
    for true, said, times in result["confused"]:
        confusion[true, said] = times
    assert confusion.sum() == result["n"] == listed["total"]
    assert confusion.trace() / confusion.sum() == pytest.approx(result["accuracy_views"])
    low, high = result["interval"]
    assert low < result["accuracy_views"] < high
    wrong = {one["picture"] for one in process.ask("worst", offset=0, count=500)[0]["pictures"]}
    missed = {one["picture"] for one in some} & wrong
    assert len(missed) == round((1 - own.accuracy) * len(some))
    for true in range(10):
        for said in range(10):
            cell, _ = process.ask("cell", true=true, said=said, offset=0, count=3)
            assert cell["total"] == confusion[true, said]
            for one in cell["pictures"]:
                assert one["label"] == true
                assert one["top"][0][0] == said
    worst, _ = process.ask("worst", offset=0, count=500)
    sure = [one["top"][0][1] for one in worst["pictures"]]
    assert sure == sorted(sure, reverse=True)
    assert worst["total"] == confusion.sum() - confusion.trace()
    sample, _ = process.ask("sample", part="test", count=30, seed=4)
    assert sample == process.ask("sample", part="test", count=30, seed=4)[0]
    assert len({one["picture"] for one in sample["pictures"]}) == 30
    for one in sample["pictures"]:
        assert one["right"] == (one["top"][0][0] == one["label"])
        assert one["right"] == (one["picture"] not in {w["picture"] for w in worst["pictures"]})


def test_another_network_keeps_the_layers_that_did_not_change(process):
    source = process.folder / "tested.safetensors"
    before = Classifier.load(source)
    since = len(process.told)
    begun = time.monotonic()
    process.open(process.folder / "other", net="CONV 8 - RELU - POOL - CONV 9 - RELU - FC",
                 carry=str(source))  # fmt: skip
    assert "reading" not in process.names(since)
    process.phase("paused", since)
    assert time.monotonic() - begun < 10
    _, content = process.ask("model")
    path = process.folder / "other.safetensors"
    path.write_bytes(content)
    now = Classifier.load(path)
    assert (now.weights["conv1.weight"] == before.weights["conv1.weight"]).all()
    assert now.weights["fc1.weight"].shape != before.weights["fc1.weight"].shape


def test_a_model_from_elsewhere_answers_as_it_did_there(process):
    """A network that takes p/255 - 0.5, as ConvNetJS gives it, and was calibrated."""
    net = "INPUT 8x8x1 - CONV 6@5x5 - RELU - POOL - FC 10"
    size = Preprocessing(8, 8, 1, "stretch", (0.5,), (1.0,))
    model = replace(untrained(net, tuple("0123456789")).model, preprocessing=size, temperature=2.5)
    source = process.folder / "elsewhere.safetensors"
    write_model(model, source)
    folder = process.folder / "carried"
    since = len(process.told)
    process.open(folder, net=str(model.architecture), carry=str(source))
    process.phase("paused", since)
    source.unlink()

    def agrees():
        _, content = process.ask("picture", picture="test:3")
        told, _ = process.ask("predict", picture="test:3", seen=None)
        expected = Classifier(model).predict(content).probabilities
        found = dict(zip(model.classes, told["probabilities"], strict=True))
        assert found == pytest.approx(dict(expected), abs=PROBABILITY)

    agrees()
    note = process.until(lambda o: o["tell"] == "note" and "kept" in o["text"], since=since)
    assert note["text"] == "weights kept of conv1, fc1"
    process.ask("step")
    progress(process, 1, since)
    process.ask("save", path=str(process.folder / "moved.safetensors"))
    process.open(process.folder / "between", net="CONV 4 - FC")
    ready = process.open(folder, resume=True)
    assert ready["resumed_step"] == 1
    again = process.folder / "again.safetensors"
    process.ask("save", path=str(again))
    moved = Classifier.load(process.folder / "moved.safetensors")
    assert Classifier.load(again).preprocessing == moved.preprocessing == size
    for name, values in moved.weights.items():
        np.testing.assert_array_equal(Classifier.load(again).weights[name], values)


def test_a_run_that_diverged_goes_on_with_another_rate(process):
    since = len(process.told)
    recipe = {"method": "sgd", "rate": 10, "momentum": 0.99}
    process.open(process.folder / "wild", net="[CONV 16]*3 - FC", recipe=recipe, go=True, epochs=20)
    failed = process.until(lambda o: o["tell"] == "failed", since=since)
    assert "diverged" in failed["message"]
    assert failed["hint"] == "train with a lower learning rate"
    for do in ("predict", "sample", "test"):
        with pytest.raises(Refused, match="no number any more"):
            process.ask(do, picture="test:0", part="test")
    told, _ = process.ask("view", picture="test:0", layer="fc1", seen=None)
    assert told["stats"]["activations"]["histogram"]
    with suppress(Refused):
        process.ask("snapshot", picture="test:0")
    process.ask("knobs", rate=0.01, momentum=0.9)
    since = len(process.told)
    process.ask("go")
    told = progress(process, 30, since)
    assert told["rate"] <= 0.01
    process.ask("pause")
    process.phase("paused", since)


def test_what_fails_is_told_and_the_process_lives_on(process):
    for values in (
        {"data": str(process.folder / "nowhere")},
        {"net": "CONV 8 - POOL - POOL - POOL - POOL - FC"},
        {"net": "CONVV"},
        {"carry": str(process.folder / "no.safetensors")},
        {"epochs": -1},
    ):
        since = len(process.told)
        with pytest.raises(AssertionError, match="failed"):
            process.open(process.folder / "failing", **values)
        failed = process.until(lambda o: o["tell"] == "failed", since=since)
        assert failed["message"]
        assert failed["hint"]
    since = len(process.told)
    process.ask("look", model=str(process.folder / "none.safetensors"))
    assert process.until(lambda o: o["tell"] == "failed", since=since)["message"]
    with pytest.raises(Refused, match="no training is going on"):
        process.ask("stop")
    assert process.ask("predict", picture="test:0", seen=None)[0]["probabilities"]


def test_a_model_without_data_is_looked_into(process):
    since = len(process.told)
    process.ask("look", model=str(process.folder / "tested.safetensors"))
    process.phase("looking", since)
    ready = process.until(lambda o: o["tell"] == "ready", since=since)
    assert ready["data"]["train"] == 0
    with pytest.raises(Refused, match="no pictures with classes"):
        process.ask("test", part="test", views=False)
    with pytest.raises(Refused, match="no training is going on"):
        process.ask("step")
