"""What is told of a network that learns, held against the lens on the model saved at that step."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from convlens import lens
from convlens.classifier import Classifier
from convlens.convnetjs import snapshot
from convlens.data import decode
from tests.same import PROBABILITY, VALUE, same_probabilities, same_values
from tests.studio.process.driving import Refused, block

PICTURE = "test:5"


@pytest.fixture(scope="module")
def saved(paused):
    path = paused.folder / "saved.safetensors"
    told, _ = paused.ask("save", path=str(path))
    assert told == {"step": 4, "bytes": path.stat().st_size}
    return Classifier.load(path)


@pytest.fixture(scope="module")
def pixels(paused):
    _, content = paused.ask("picture", picture=PICTURE)
    return decode(content, width=8, height=8, channels=1)


def view(process, **values):
    return process.ask("view", picture=PICTURE, first=0, count=64, seen=None, **values)


def test_ready_says_what_there_is(paused, saved):
    ready = paused.ready
    plan = saved.model.plan()
    assert ready["net"] == str(saved.architecture)
    assert ready["data"]["classes"] == list(saved.classes) == list("0123456789")
    assert ready["data"]["input"] == {"width": 8, "height": 8, "depth": 1}
    assert ready["data"]["dark"] is True
    assert sum(ready["data"][part] for part in ("train", "validation", "test")) == 1797
    assert ready["parameters"] == plan.parameters
    assert ready["multiply_adds"] == plan.multiply_adds
    assert ready["epochs"] == ready["knobs"]["epochs"]["value"] == 40
    assert ready["resumed_step"] is None
    assert set(ready["defaults"]) == set(ready["knobs"])


@pytest.mark.parametrize("of", [None, 7])
def test_every_layer_as_the_lens_sees_it(paused, saved, pixels, of):
    label = int(paused.ask("pictures", part="test", offset=5, count=1)[0]["pictures"][0]["label"])
    target = label if of is None else of
    found = lens.activations(saved, pixels, gradients_of=target)
    for name, values in found.layers.items():
        answer = view(paused, layer=name, **{"class": of})
        told = answer[0]
        assert told["step"] == 4
        assert told["class"] == target
        same_values(block(answer, "activations"), values.values)
        same_values(block(answer, "gradients"), values.gradient)
        stats = told["stats"]["activations"]
        near = VALUE * float(np.abs(values.values).max())
        assert stats["max"] == pytest.approx(float(values.values.max()), abs=near)
        assert stats["mean"] == pytest.approx(float(values.values.mean()), abs=near)
        assert stats["zeros"] == pytest.approx(float((values.values == 0).mean()), abs=2e-3)
        assert sum(stats["histogram"]) == values.values.size
        assert told["output"] == list(values.layer.output)
        assert told["text"] == values.layer.text
    answer = view(paused, layer="input", **{"class": of})
    np.testing.assert_allclose(block(answer, "activations"), found.input, atol=1e-5)
    same_values(block(answer, "gradients"), found.input_gradient)


def test_weights_and_how_many_there_are(paused, saved):
    for name in ("conv1", "conv2", "fc1"):
        answer = view(paused, layer=name)
        found = lens.filters(saved, name)
        np.testing.assert_array_equal(block(answer, "weights"), found.weights)
        np.testing.assert_array_equal(block(answer, "bias"), found.bias)
        assert block(answer, "weight_gradients").shape == found.weights.shape
        assert np.abs(block(answer, "weight_gradients")).max() > 0
    assert view(paused, layer="conv2")[0]["count_text"] == "3·3·8·8 + 8 = 584"
    assert view(paused, layer="res1.body.conv2")[0]["layer"] == "conv2"
    norm = view(paused, layer="bn1")
    np.testing.assert_array_equal(block(norm, "weights"), saved.weights["bn1.weight"])


def test_a_part_of_the_channels_and_of_the_kinds(paused):
    whole = block(view(paused, layer="conv3"), "activations")
    answer = paused.ask(
        "view", picture=PICTURE, layer="conv3", first=5, count=3, only="activations"
    )
    np.testing.assert_array_equal(block(answer, "activations"), whole[5:8])
    assert set(answer[0]["blocks"]) == {"activations"}
    assert answer[0]["stats"]["gradients"] is None
    assert (answer[0]["first"], answer[0]["count"], answer[0]["channels"]) == (5, 3, 12)


def test_probabilities_of_every_class(paused, saved, pixels):
    told, _ = paused.ask("predict", picture=PICTURE, seen=None)
    expected = saved.probabilities(pixels[None])[0]
    same_probabilities(told["probabilities"], expected)
    assert sum(told["probabilities"]) == pytest.approx(1, abs=1e-12)
    assert told["step"] == 4


@pytest.mark.parametrize("method", ["gradient", "integrated", "gradcam", "occlusion"])
def test_why(paused, saved, pixels, method):
    answer = paused.ask("why", picture=PICTURE, method=method, **{"class": 3})
    found = lens.why(saved, pixels, 3, method, check=False)
    same_values(block(answer, "map"), found.map)
    assert answer[0]["probability"] == pytest.approx(found.probability, abs=PROBABILITY)
    assert (answer[0]["class"], answer[0]["width"], answer[0]["height"]) == (3, 8, 8)


def test_the_arithmetic_behind_cells(paused, saved, pixels):
    answer = paused.ask("snapshot", picture=PICTURE)
    facts = answer[0]["facts"]
    weights, values = block(answer, "weights"), block(answer, "values")
    conv = next(layer for layer in facts["layers"] if layer["name"] == "conv3")
    for channel in (0, 11):
        found = lens.explain(saved, pixels, "conv3", channel, 1, 2)
        at, size = conv["weights"]
        own = weights[at : at + size].reshape(12, -1)[channel]
        np.testing.assert_array_equal(own, found.terms.weights.ravel().astype(np.float32))
        place = facts["pictures"][0]["volumes"]["conv3"]["at"]
        volume = values[place : place + 12 * 16]
        near = VALUE * float(np.abs(volume).max())
        assert volume[channel * 16 + 2 * 4 + 1] == pytest.approx(found.value, abs=near)
    assert answer[0]["step"] == 4
    assert [row["probability"] for row in facts["pictures"][0]["answers"]]


def test_pictures_listed_by_part_and_class(paused):
    everything, _ = paused.ask("pictures", part="test", offset=0, count=400)
    assert everything["total"] == len(everything["pictures"]) == paused.ready["data"]["test"]
    threes, _ = paused.ask("pictures", part="test", offset=1, count=4, **{"class": 3})
    own = [one for one in everything["pictures"] if one["label"] == 3]
    assert threes["total"] == len(own)
    assert threes["pictures"] == own[1:5]


def test_a_picture_brought_along_is_seen_as_prediction_sees_it(paused, saved):
    rng = np.random.default_rng(0)
    picture = Image.fromarray(rng.integers(0, 255, (40, 60, 3), np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    held = io.BytesIO()
    picture.save(held, "JPEG", exif=exif)
    told, _ = paused.ask("put", held.getvalue(), name="mine\x00.jpg")
    assert (told["width"], told["height"]) == (40, 60)
    found, _ = paused.ask("predict", picture=told["picture"], seen=None)
    expected = saved.probabilities(saved.pixels(held.getvalue())[None])[0]
    same_probabilities(found["probabilities"], expected)
    assert found["label"] is None
    for number in range(64):
        held = io.BytesIO()
        Image.new("L", (3, 3), number).save(held, "PNG")
        paused.ask("put", held.getvalue(), name=f"{number}.png")
    with pytest.raises(Refused, match="no longer kept"):
        paused.ask("picture", picture=told["picture"])


def test_files_for_elsewhere(paused, saved, tmp_path):
    told, content = paused.ask("model")
    (tmp_path / "model.safetensors").write_bytes(content)
    again = Classifier.load(tmp_path / "model.safetensors")
    for name, values in saved.weights.items():
        np.testing.assert_array_equal(again.weights[name], values)
    assert again.training["recipe"]["shift"] == 0.0625
    assert told == {"step": 4, "bytes": len(content)}
    with pytest.raises(Refused, match="RES"):
        paused.ask("convnetjs")


@pytest.mark.parametrize(
    ("do", "values", "message"),
    [
        ("view", {"picture": PICTURE, "layer": "conv9"}, "no layer `conv9`"),
        ("view", {"picture": "test:9999", "layer": "conv1"}, "no picture test:9999"),
        ("view", {"picture": "../etc", "layer": "conv1"}, "is no picture"),
        ("view", {"picture": PICTURE, "layer": "conv1", "class": 10}, "no class 10"),
        ("predict", {"picture": 5}, "picture is 5"),
        ("why", {"picture": PICTURE, "method": "magic"}, "no method `magic`"),
        ("pictures", {"part": "all"}, "no part `all`"),
        ("cell", {"true": 0, "said": 1}, "nothing has been tested"),
        ("put", {"name": "x"}, "cannot be read"),
        ("save", {"path": "/proc/none/x.safetensors"}, "cannot write"),
        ("knobs", {"batch": 0}, "batch"),
        ("knobs", {"volume": 11}, "no knob `volume`"),
        ("dance", {}, "no request `dance`"),
    ],
)
def test_what_cannot_be_done_is_said_and_harms_nothing(paused, do, values, message):
    with pytest.raises(Refused, match=message):
        paused.ask(do, **values)
    assert paused.child.poll() is None


def test_nothing_new_is_told_after_a_while_and_at_once_when_there_is(paused):
    first = paused.ask("predict", picture=PICTURE, seen=None)[0]
    number = paused.send("predict", picture=PICTURE, seen=first["step"])
    other = paused.ask("predict", picture="test:6", seen=first["step"])
    assert other[0]["picture"] == "test:6", "another picture is something new"
    assert number not in paused.answers
    told, _ = paused.wait(number, 8)
    assert told == {"unchanged": True, "step": 4}


def test_convnetjs_of_a_plain_network(paused, tmp_path):
    path = tmp_path / "plain.safetensors"
    since = len(paused.told)
    paused.open(paused.folder / "plain", net="CONV 4 - RELU - POOL - FC")
    assert paused.phase("paused", since)
    _, content = paused.ask("convnetjs")
    paused.ask("save", path=str(path))
    assert json.loads(content) == json.loads(json.dumps(snapshot(Classifier.load(path).model)))
