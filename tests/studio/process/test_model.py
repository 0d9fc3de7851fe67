"""A network of every kind of layer looked into without data: colour, branches, SVM and all."""

import io

import numpy as np
import pytest
from PIL import Image

from convlens import lens
from tests.report.conftest import EVERY_KIND, picture_for, untrained
from tests.same import same_probabilities, same_values
from tests.studio.process.driving import Refused, block


@pytest.fixture(scope="module")
def classifier():
    return untrained(EVERY_KIND)


@pytest.fixture(scope="module")
def looked(process, classifier):
    path = process.folder / "every kind.safetensors"
    classifier.save(path)
    process.ask("look", model=str(path))
    process.ready = process.until(lambda o: o["tell"] == "ready")
    process.phase("looking")
    held = io.BytesIO()
    Image.fromarray(picture_for(classifier)).save(held, "PNG")
    process.picture = process.ask("put", held.getvalue(), name="some.png")[0]["picture"]
    return process


def test_ready_tells_of_the_model(looked, classifier):
    ready = looked.ready
    assert ready["data"]["name"] == "every kind.safetensors"
    assert ready["data"]["input"] == {"width": 12, "height": 10, "depth": 3}
    assert ready["net"] == str(classifier.architecture)
    assert ready["knobs"] == {}


def test_every_kind_of_layer(looked, classifier):
    pixels = picture_for(classifier)
    found = lens.activations(classifier, pixels, gradients_of=2)
    assert len(found.layers) > 25
    for name, values in found.layers.items():
        answer = looked.ask("view", picture=looked.picture, layer=name, seen=None, **{"class": 2})
        same_values(block(answer, "activations"), values.values)
        same_values(block(answer, "gradients"), values.gradient)
        assert "weight_gradients" not in answer[0]["blocks"]
    weights = block(looked.ask("view", picture=looked.picture, layer="fc1", seen=None), "weights")
    np.testing.assert_array_equal(weights, lens.filters(classifier, "fc1").weights)
    grouped = looked.ask("view", picture=looked.picture, layer="conv2", seen=None)
    np.testing.assert_array_equal(
        block(grouped, "weights"), lens.filters(classifier, "conv2").weights
    )


def test_its_temperature_counts(looked, classifier):
    told, _ = looked.ask("predict", picture=looked.picture, seen=None)
    expected = classifier.probabilities(picture_for(classifier)[None])[0]
    same_probabilities(told["probabilities"], expected)


def test_without_a_class_said_gradients_are_of_the_likeliest(looked, classifier):
    told, _ = looked.ask("view", picture=looked.picture, layer="conv1", seen=None)
    assert told["class"] == int(classifier.scores(picture_for(classifier)[None])[0].argmax())


def test_there_is_nothing_to_train_or_to_test(looked):
    for do in ("go", "pause", "step", "stop", "extend", "knobs"):
        with pytest.raises(Refused, match=r"there is no run|no training"):
            looked.ask(do)
    for do in ("test", "sample", "pictures"):
        with pytest.raises(Refused, match="no pictures with classes"):
            looked.ask(do, part="test")
