"""Why this class: each method held to what it is defined as."""

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from sklearn.datasets import load_digits

import convlens as cl
from convlens import SettingsError
from convlens.lens.attribution import why
from convlens.lens.deletion import deletion, without
from convlens.lens.opened import open_network
from convlens.lens.sanity import rank_correlation
from tests.lens.making import classifier_of, picture_for
from tests.same import PROBABILITY, VALUE, same_values

SMOOTH = "CONV 6@3x3 - TANH - POOL 2x2 avg - CONV 8 - GELU - GLOBALPOOL avg - FC 6 - SIGMOID - FC"
ROUGH = "CONV 6@3x3 - BN - RELU - POOL - RES[CONV 6 - RELU - CONV 6] - RELU - FC"


@pytest.fixture(scope="module")
def trained():
    """A small network on digits, and pictures that it was not trained on."""
    images, labels = load_digits(return_X_y=True)
    pixels = (images.reshape(-1, 8, 8) * 16).clip(0, 255).astype(np.uint8)
    net = "CONV 12 - RELU - CONV 24 - RELU - POOL - CONV 32 - RELU - GLOBALPOOL - FC"
    return cl.train((pixels[:1200], labels[:1200]), net, epochs=6), pixels[1200:], labels[1200:]


def score_at(opened, x, target):
    with torch.no_grad():
        return float(opened.network(x)[0, target])


@pytest.mark.parametrize("net", [SMOOTH, ROUGH])
def test_the_gradient_is_the_numeric_one(net):
    classifier = classifier_of(net)
    picture = picture_for(classifier)
    exact = open_network(classifier, torch.float64)
    x = exact.normalised(picture[None])
    found = why(classifier, picture, "class1", "gradient", check=False).map
    nudge = 1e-6
    numeric = np.zeros(x.shape[1:])
    for place in np.ndindex(numeric.shape):
        moved = x.clone()
        moved[(0, *place)] += nudge
        high = score_at(exact, moved, 1)
        moved[(0, *place)] -= 2 * nudge
        numeric[place] = (high - score_at(exact, moved, 1)) / (2 * nudge)
    np.testing.assert_allclose(found, np.abs(numeric).max(axis=0), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(("net", "tolerance"), [(SMOOTH, 1e-3), (ROUGH, 3e-2)])
def test_integrated_gradients_add_up_to_the_difference_of_scores(net, tolerance):
    classifier = classifier_of(net, seed=2)
    picture = picture_for(classifier, 2)
    opened = open_network(classifier)
    x = opened.normalised(picture[None])
    found = why(classifier, picture, 2, "integrated", check=False).map
    difference = score_at(opened, x, 2) - score_at(opened, torch.zeros_like(x), 2)
    assert abs(difference) > 0.005
    assert float(found.sum()) == pytest.approx(difference, rel=tolerance, abs=1e-5)


@pytest.mark.parametrize("net", [SMOOTH, ROUGH])
def test_gradcam_is_the_rectified_mean_gradient_weighted_sum(net):
    classifier = classifier_of(net, seed=1)
    picture = picture_for(classifier, 1)
    opened = open_network(classifier)
    outputs = []
    found = why(classifier, picture, "class0", "gradcam", check=False)
    last = [r for r in opened.plan.rows if r.output.width * r.output.height > 1][-1]
    assert found.layer == last.name
    opened.module(found.layer).register_forward_hook(lambda m, i, output: outputs.append(output))
    x = opened.normalised(picture[None]).requires_grad_()
    (gradient,) = torch.autograd.grad(opened.network(x)[0, 0], outputs)
    weights = gradient.mean((2, 3), keepdim=True)
    coarse = (weights * outputs[0]).sum(1, keepdim=True).relu()
    size = found.map.shape
    expected = torch.nn.functional.interpolate(coarse, size, mode="bilinear")[0, 0]
    same_values(found.map, expected)


def test_occlusion_is_the_mean_fall_of_the_patches_over_a_pixel():
    classifier = classifier_of(ROUGH, size=(16, 16, 3))
    picture = picture_for(classifier)
    opened = open_network(classifier)
    x = opened.normalised(picture[None])
    whole = score_at(opened, x, 0)
    falls, counts = np.zeros((16, 16)), np.zeros((16, 16))
    for top in range(15):
        for left in range(15):
            covered = x.clone()
            covered[:, :, top : top + 2, left : left + 2] = 0
            falls[top : top + 2, left : left + 2] += whole - score_at(opened, covered, 0)
            counts[top : top + 2, left : left + 2] += 1
    found = why(classifier, picture, "class0", "occlusion", check=False).map
    most = VALUE * abs(opened.network(x).detach().numpy()).max()  # a small fall of large scores
    np.testing.assert_allclose(found, falls / counts, rtol=0, atol=most)


@pytest.mark.parametrize("method", ["gradient", "integrated", "gradcam", "occlusion"])
def test_marked_pixels_count_more_than_random_ones_and_the_map_is_learned(trained, method):
    classifier, pictures, labels = trained
    areas, randoms, finals = [], [], []
    for picture, label in zip(pictures[:16], labels[:16], strict=True):
        found = why(classifier, picture, str(label), method)
        assert found.map.shape == (8, 8)
        assert found.map.dtype == np.float32
        assert found.class_name == str(label)
        assert found.probability == pytest.approx(found.deletion.marked[0], abs=PROBABILITY)
        last = pytest.approx(found.deletion.random[-1], abs=PROBABILITY)
        assert found.deletion.marked[-1] == last
        areas.append(found.deletion.area)
        randoms.append(found.deletion.random_area)
        finals.append(found.sanity.final)
    assert np.mean(areas) < np.mean(randoms)
    assert np.mean(finals) < 0.7


def test_the_same_seed_gives_the_same_and_nothing_is_left_behind(trained):
    classifier, pictures, _ = trained
    before = {name: values.copy() for name, values in classifier.weights.items()}
    torch.manual_seed(5)
    first = why(classifier, pictures[0], method="integrated", seed=3)
    drawn = torch.rand(1)
    second = why(classifier, pictures[0], method="integrated", seed=3)
    np.testing.assert_array_equal(first.map, second.map)
    np.testing.assert_array_equal(first.deletion.random, second.deletion.random)
    assert first.sanity == second.sanity
    torch.manual_seed(5)
    assert torch.equal(drawn, torch.rand(1))
    assert first.class_name == classifier.predict(pictures[0]).class_name
    for name, values in classifier.weights.items():
        np.testing.assert_array_equal(values, before[name])


def test_deletion_takes_the_marked_pixels_first(trained):
    classifier, pictures, _ = trained
    pixels = classifier.pixels(pictures[0])
    marks = np.arange(64, dtype=np.float32).reshape(8, 8)
    order = np.argsort(-marks, axis=None, kind="stable")
    taken = without(classifier, pixels, order, np.array([0.0, 0.25, 1.0]))
    mean = round(classifier.preprocessing.mean[0] * 255)
    np.testing.assert_array_equal(taken[0], pixels)
    np.testing.assert_array_equal(taken[1][:6], pixels[:6])
    assert (taken[1][6:] == mean).all()
    assert (taken[2] == mean).all()
    curve = deletion(classifier, pixels, marks, 0)
    expected = classifier.probabilities(taken[1:2])[0, 0]
    assert curve.marked[5] == pytest.approx(expected, abs=PROBABILITY)
    assert 0 <= curve.area <= 1


def test_rank_correlation_is_spearman_s():
    random = np.random.default_rng(0)
    first = random.integers(0, 5, (7, 9)).astype(np.float32)
    second = first + random.integers(0, 5, (7, 9)).astype(np.float32)
    expected = spearmanr(first.ravel(), second.ravel()).statistic
    assert rank_correlation(first, second) == pytest.approx(expected)
    assert rank_correlation(first, np.ones_like(first)) == 0.0


def test_mistakes_are_told_in_a_line():
    classifier = classifier_of("FC 5 - RELU - FC")
    picture = picture_for(classifier)
    with pytest.raises(SettingsError, match="gradcam needs a layer") as caught:
        why(classifier, picture, method="gradcam")
    assert "occlusion" in caught.value.hint
    assert why(classifier, picture, method="gradient").sanity is not None
    with pytest.raises(SettingsError, match="no method `gradkam`"):
        why(classifier, picture, method="gradkam")
    with pytest.raises(SettingsError, match="no class `clas1`") as caught:
        why(classifier, picture, "clas1", "gradient")
    assert "class1" in caught.value.hint
