"""The arithmetic that is shown, against what torch computes in float64."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convlens.errors import SettingsError
from convlens.lens import activations, explain, explain_in, explain_probabilities, passed
from convlens.lens.terms import Joined, Largest, Products, Sum, Window
from convlens.notation import layers as kinds
from tests.lens.making import BRANCHED, classifier_of, classifiers, draw_place, picture_for
from tests.same import same_probabilities, same_values

ARCHITECTURES, PLACES = 250, 4

KINDS = {
    kinds.Conv, kinds.Pool, kinds.GlobalPool, kinds.FullyConnected, kinds.Activation,
    kinds.Maxout, kinds.BatchNorm, kinds.LocalResponseNorm, kinds.Dropout, kinds.SVM,
    kinds.Residual, kinds.Concat,
}  # fmt: skip


def size_of(terms):
    """How large the numbers are that were added up: what their rounding is measured by."""
    return float(np.abs(terms.products).sum()) if isinstance(terms, Products) else 0.0


@pytest.mark.slow
def test_a_thousand_values_of_random_networks_are_what_their_terms_add_up_to():
    seen, count = set(), 0

    @settings(max_examples=ARCHITECTURES, derandomize=True, database=None)
    @given(classifiers(), st.data())
    def check(classifier, data):
        nonlocal count
        way = passed(classifier, picture_for(classifier))
        for _ in range(PLACES):
            row, channel, x, y = draw_place(data.draw, classifier)
            found = explain_in(way, row.name, channel, x, y)
            assert found.value == way.volumes[row.name][channel, y, x]
            assert_agrees(found.terms, found.value)
            for step in found.steps:
                assert step.value == way.volumes[step.layer.name][step.channel, step.y, step.x]
                assert_agrees(step.terms, step.value)
            seen.add(type(row.layer))
            count += 1

    check()
    assert count >= ARCHITECTURES * PLACES
    assert seen == KINDS


def assert_agrees(terms, value):
    assert terms.total == pytest.approx(value, rel=1e-5, abs=1e-13 * (1 + size_of(terms)))


def test_the_float64_values_are_those_of_prediction_but_for_rounding():
    classifier = classifier_of(BRANCHED)
    picture = picture_for(classifier)
    way = passed(classifier, picture)
    seen = activations(classifier, picture)
    assert list(way.volumes)[1:] != []
    for name, layer in seen.layers.items():
        same_values(layer.values, way.volumes[name])
    same_values(classifier.scores(picture[None])[0], way.scores)


def test_a_convolution_by_hand():
    classifier = classifier_of("INPUT - CONV 2@3x3 - RELU - POOL - FC", size=(4, 4, 1))
    picture = picture_for(classifier)
    found = explain(classifier, picture, "conv1", 1, x=0, y=2)
    p = classifier.preprocessing
    grey = (picture[:, :, 0] / 255 - p.mean[0]) / p.std[0]
    filters, bias = classifier.weights["conv1.weight"], classifier.weights["conv1.bias"]
    total = float(bias[1])
    for i in range(3):
        for j in range(3):
            if 0 <= i + 1 < 4 and 0 <= j - 1 < 4:
                total += filters[1, 0, i, j] * grey[i + 1, j - 1]
    assert found.value == pytest.approx(total, rel=1e-5)
    assert found.terms.inside.tolist() == [[False, True, True]] * 3
    assert found.terms.xs.tolist() == [-1, 0, 1]
    assert found.terms.ys.tolist() == [1, 2, 3]
    assert (found.field.left, found.field.top) == (0, 1)
    assert (found.field.right, found.field.bottom) == (2, 4)
    assert found.reads == "input"


@pytest.mark.parametrize("n", [2, 3, 4, 6])
def test_response_norm_reads_the_neighbours_that_torch_reads(n):
    classifier = classifier_of(f"CONV 6@1x1 - LRN n={n} k=1 alpha=0.9 beta=0.75 - FC")
    way = passed(classifier, picture_for(classifier))
    for channel in range(6):
        found = explain_in(way, "lrn1", channel, 3, 4)
        assert_agrees(found.terms, found.value)
        assert found.terms.value != found.value


def test_a_value_is_followed_through_what_comes_behind():
    classifier = classifier_of("INPUT - CONV 4@3x3 - BN - RELU - POOL 3x3/2 floor - CONV 2 - FC")
    way = passed(classifier, picture_for(classifier))
    volume = way.volumes["relu1"]
    y, x = np.unravel_index(volume[2].argmax(), volume[2].shape)
    x, y = min(int(x), 10), min(int(y), 8)
    found = explain_in(way, "conv1", 2, x, y)
    assert [step.layer.name for step in found.steps] == ["bn1", "relu1", "pool1"]
    pool = found.steps[-1]
    assert isinstance(pool.terms, Window)
    window = volume[2, pool.y * 2 : pool.y * 2 + 3, pool.x * 2 : pool.x * 2 + 3]
    assert pool.value == window.max()
    assert pool.won == ((x, y) == pool.terms.winner)
    holding = [
        (j, i) for i in range(4) for j in range(5) if 0 <= y - 2 * i < 3 and 0 <= x - 2 * j < 3
    ]
    assert pool.windows == len(holding)
    assert (pool.x, pool.y) in holding
    assert found.ends == "conv2 weighs it together with others"
    left_out = explain_in(way, "relu1", 0, 11, 0)
    assert left_out.ends == "pool1 leaves this cell out"


def test_branches_join_and_name_where_their_values_come_from():
    classifier = classifier_of(BRANCHED)
    way = passed(classifier, picture_for(classifier))
    found = explain_in(way, "conv3", 5, 1, 2)
    assert [step.layer.name for step in found.steps] == ["res1", "maxout1"]
    total, largest = (step.terms for step in found.steps)
    assert isinstance(total, Sum)
    assert (total.body_end, total.shortcut_end) == ("conv3", "relu1")
    assert isinstance(largest, Largest)
    assert found.steps[1].won == (largest.winner == 5)
    joined = explain_in(way, "cat1", 6, 0, 0)
    assert isinstance(joined.terms, Joined)
    assert (joined.terms.branch, joined.terms.channel, joined.terms.end) == (1, 2, "sigmoid1")
    assert explain_in(way, "sigmoid1", 2, 0, 0).steps[0].channel == 6


def test_the_largest_contributions_of_a_unit_are_its_largest_products():
    classifier = classifier_of(BRANCHED)
    found = explain(classifier, picture_for(classifier), "fc1", 3)
    products = found.terms.products
    top = found.terms.largest(5)
    assert [abs(one.product) for one in top] == sorted(np.abs(products).ravel())[::-1][:5]
    for one in top:
        assert one.product == products[one.channel, one.y, one.x]
        assert one.product == one.value * one.weight
    assert len(found.terms.largest(10**6)) == products.size


def test_probabilities_are_the_classifiers():
    classifier = classifier_of(BRANCHED)
    picture = picture_for(classifier)
    found = explain_probabilities(classifier, picture)
    same_probabilities(found.probabilities, classifier.probabilities(picture[None])[0])
    np.testing.assert_allclose(
        found.probabilities, np.exp(found.scores / 1.7) / np.exp(found.scores / 1.7).sum()
    )


@pytest.mark.parametrize(
    ("place", "message", "hint"),
    [
        (("conv9", 0, 0, 0), "no layer `conv9`", "did you mean conv"),
        (("nothing", 0, 0, 0), "no layer `nothing`", "its layers: conv1, bn1, relu1"),
        (("conv1", 8, 0, 0), "conv1 has no channel 8", "0 to 7"),
        (("conv1", -1, 0, 0), "conv1 has no channel -1", "0 to 7"),
        (("conv1", 0, 12, 0), "conv1 has no cell x=12, y=0", "x is 0 to 11, y 0 to 9"),
        (("conv1", 0, 0.5, 0), "conv1 has no cell x=0.5", "x is 0 to 11"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(place, message, hint):
    classifier = classifier_of(BRANCHED)
    with pytest.raises(SettingsError) as error:
        explain(classifier, picture_for(classifier), *place)
    assert message in error.value.message
    assert hint in error.value.hint
    assert "\n" not in error.value.message + error.value.hint


def test_a_layer_goes_by_its_path_too():
    classifier = classifier_of(BRANCHED)
    picture = picture_for(classifier)
    assert (
        explain(classifier, picture, "res1.body.conv3", 0).value
        == explain(classifier, picture, "conv3", 0).value
    )
