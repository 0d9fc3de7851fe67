"""Synthesized inputs: they excite, again the same, and are pictures."""

from __future__ import annotations

import numpy as np
import pytest

from convlens.errors import SettingsError
from convlens.lens import activations, preferred_input, preferred_inputs
from tests.lens.making import BRANCHED, classifier_of


@pytest.mark.parametrize("layer", ["conv1", "conv3", "cat1", "fc2"])
def test_a_preferred_input_excites_more_than_any_of_many_pictures(layer):
    classifier = classifier_of(BRANCHED)
    random = np.random.default_rng(3)
    found = preferred_input(classifier, layer, 2, steps=80)
    smooth = random.integers(0, 256, (40, 4, 5, 3), dtype=np.uint8)  # small, so scaled up
    seen = [activations(classifier, one)[layer].values[2, found.y, found.x] for one in smooth]
    assert found.responses[-1] > max(seen)
    value = activations(classifier, found.pixels)[layer].values[2, found.y, found.x]
    assert value == pytest.approx(float(found.responses[-1]), rel=1e-4, abs=1e-5)
    assert found.responses.shape == (81,)
    np.testing.assert_array_equal(found.patch, found.box.cut(found.pixels))


def test_the_same_seed_gives_the_same_picture():
    classifier = classifier_of(BRANCHED)
    one, same, other = (
        preferred_input(classifier, "conv2", 1, steps=4, seed=seed).pixels for seed in (5, 5, 6)
    )
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_side_by_side_is_as_alone():
    classifier = classifier_of(BRANCHED)
    alone = preferred_input(classifier, "conv2", 3, steps=8)
    both = preferred_inputs(classifier, "conv2", [1, 3], steps=8)
    assert [one.channel for one in both] == [1, 3]
    assert np.abs(both[1].pixels.astype(int) - alone.pixels).max() <= 1


def test_a_channel_that_never_answers_stays_as_it_is():
    classifier = classifier_of("CONV 2@3x3 - RELU - FC")
    classifier.weights["conv1.bias"][:] = -1e6
    found = preferred_input(classifier, "relu1", 0, steps=3)
    assert not found.responses.any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": 0}, "0 steps"),
        ({"channel": 99}, "conv1 has no channel 99"),
        ({"layer": "conv77"}, "no layer `conv77`"),
    ],
)
def test_what_cannot_be_climbed(change, message):
    given = {"layer": "conv1", "channel": 0, **change}
    with pytest.raises(SettingsError, match=message):
        preferred_input(classifier_of(BRANCHED), **given)


@pytest.mark.parametrize("size", [(1, 1, 1), (1, 1, 3), (1, 7, 1), (6, 1, 3)])
def test_pictures_may_be_a_pixel_wide(size):
    classifier = classifier_of("CONV 2@3x3 - FC", size=size)
    found = preferred_input(classifier, "conv1", 0, steps=20)
    assert np.isfinite(found.responses).all()
    assert found.responses[-1] > found.responses[0]
