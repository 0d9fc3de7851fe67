"""Exemplars against a search without a stream, and filters."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from convlens.errors import DataError, SettingsError
from convlens.lens import exemplars, filters, open_network
from convlens.lens.looking import look
from convlens.lens.opened import layers_of
from tests.lens.making import BRANCHED, classifier_of
from tests.same import VALUE

NET = (
    "INPUT - CONV 6@3x3 - BN - RELU - POOL - RES[CONV 6@3x3 - RELU - CONV 6@3x3] - "
    "CAT[CONV 3@1x1 | CONV 3@3x3 - TANH] - FC 5 - RELU - FC"
)
BEHIND = {"conv1": "bn1"}
"""Where a batch-norm follows, its values are the responses."""


def pixels_for(classifier, count):
    random = np.random.default_rng(7)
    shape = classifier.preprocessing.geometry.shape
    return random.integers(0, 256, (count, *shape), dtype=np.uint8)


def all_maps(classifier, pixels):
    opened = open_network(classifier, torch.float64)
    paths = {info.name: info.path for info in layers_of(opened.plan)}
    return look(opened.network, opened.normalised(pixels), paths).outputs


@pytest.mark.parametrize("batch", [1, 7, 256])
def test_exemplars_are_the_largest_of_all_responses(batch, monkeypatch):
    monkeypatch.setattr("convlens.lens.streaming.BATCH", batch)
    classifier = classifier_of(NET)
    pixels = pixels_for(classifier, 40)
    maps = all_maps(classifier, pixels)
    found = exemplars(classifier, pixels, k=5)
    assert list(found) == ["conv1", "conv2", "conv3", "conv4", "conv5"]
    for name, one in found.items():
        values = maps[BEHIND.get(name, name)].numpy()
        peaks = values.max((2, 3)).T
        order = np.argsort(-peaks, axis=1, kind="stable")[:, :5]
        near = VALUE * np.abs(values).max()  # so close, either may be the larger in float32
        largest = np.take_along_axis(peaks, order, 1)
        np.testing.assert_allclose(one.responses, largest, rtol=0, atol=near)
        assert all(len(set(row)) == 5 for row in one.pictures.tolist())
        for channel in range(len(peaks)):
            for exemplar in one.of(channel):
                there = values[exemplar.picture, channel, exemplar.y, exemplar.x]
                assert there == pytest.approx(exemplar.response, abs=near)
                assert there == pytest.approx(peaks[channel, exemplar.picture], abs=near)


def test_a_patch_is_all_that_its_response_depends_on():
    classifier = classifier_of(NET)
    pixels = pixels_for(classifier, 12)
    found = exemplars(classifier, pixels, ["conv3"], k=2)["conv3"]
    one = found.of(4)[0]
    np.testing.assert_array_equal(one.patch, one.box.cut(pixels[one.picture]))
    alone = np.zeros_like(pixels[:1])
    alone[0, one.box.top : one.box.bottom, one.box.left : one.box.right] = one.patch
    values = all_maps(classifier, alone)["conv3"][0]
    response, near = float(values[4, one.y, one.x]), VALUE * float(values.abs().max())
    assert response == pytest.approx(one.response, abs=near)


def test_units_and_few_pictures():
    classifier = classifier_of(NET)
    seen = []
    found = exemplars(
        classifier, pixels_for(classifier, 3), "fc1", progress=lambda *at: seen.append(at)
    )
    assert list(found) == ["fc1"]
    assert found["fc1"].pictures.shape == (5, 3)
    assert seen == [(3, 3)]
    assert found["fc1"].of(0)[0].patch.shape == (10, 12, 3)


def test_many_filters_are_counted_rather_than_kept(monkeypatch):
    monkeypatch.setattr("convlens.lens.streaming.MOST_FILTERS", 4)
    classifier = classifier_of(NET)
    found = exemplars(classifier, pixels_for(classifier, 3), ["conv1"])["conv1"]
    assert (len(found.pictures), found.left_out) == (4, 2)
    with pytest.raises(SettingsError, match="only the first 4 filters"):
        found.of(5)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"k": 0}, SettingsError, "0 exemplars"),
        ({"layers": ["relu1"]}, SettingsError, "relu1 has no filters"),
        ({"layers": ["conv8"]}, SettingsError, "no layer `conv8`"),
        ({"pixels": np.zeros((2, 5, 5, 3), np.uint8)}, DataError, r"\(2, 5, 5, 3\)"),
        ({"pixels": np.zeros((0, 10, 12, 3), np.uint8)}, DataError, "no pictures"),
    ],
)
def test_what_cannot_be_gone_through(change, error, message):
    classifier = classifier_of(NET)
    given = {"pixels": pixels_for(classifier, 2), **change}
    with pytest.raises(error, match=message) as raised:
        exemplars(classifier, **given)
    assert raised.value.hint


def test_filters_are_the_weights_on_one_scale():
    classifier = classifier_of(BRANCHED)
    first = filters(classifier, "conv1")
    np.testing.assert_array_equal(first.weights, classifier.weights["conv1.weight"])
    assert first.colour
    assert first.scale == np.abs(first.weights).max()
    assert not first.weights.flags.writeable
    deeper = filters(classifier, "conv2")
    assert not deeper.colour
    assert deeper.weights.shape == (8, 8, 3, 3)
    unit = filters(classifier, "fc1")
    volume = classifier.model.plan().rows[-3].input
    assert unit.weights.shape == (6, volume.depth, volume.height, volume.width)
    with pytest.raises(SettingsError, match="relu1 has no filters") as error:
        filters(classifier, "relu1")
    assert "conv1, conv2" in error.value.hint
    assert not filters(classifier_of("CONV 2 - FC", size=(6, 6, 1)), "conv1").colour
