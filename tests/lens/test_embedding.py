"""The map of the data: points held to scikit-learn's and numpy's own."""

import sys

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier

import convlens as cl
from convlens import DataError, SettingsError
from convlens.data import Pictures
from convlens.lens.embedding import embed, hidden_vectors, principal, thumbnails
from tests.lens.making import classifier_of, picture_for
from tests.same import same_values


@pytest.fixture(scope="module")
def digits():
    images, labels = load_digits(return_X_y=True)
    pixels = (images.reshape(-1, 8, 8, 1) * 16).clip(0, 255).astype(np.uint8)
    return Pictures(pixels, labels.astype(np.int64), tuple(f"{n}.png" for n in range(len(labels))))


@pytest.fixture(scope="module")
def trained(digits):
    net = "CONV 16 - RELU - POOL - FC 24 - RELU - FC"
    return cl.train((digits.pixels[:1000], digits.labels[:1000]), net, epochs=6)


def pictures_for(classifier, count):
    pixels = np.stack([picture_for(classifier, seed) for seed in range(count)])
    return Pictures(pixels, np.arange(count) % 4, tuple(map(str, range(count))))


def test_points_are_the_first_two_singular_directions(digits, trained):
    some = digits.take(range(200))
    found = embed(trained, some)
    layer, vectors, scores = hidden_vectors(trained, some.pixels)
    centred = vectors.astype(np.float64) - vectors.mean(axis=0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    expected = left[:, :2] * sizes[:2]
    same_values(np.abs(found.points), np.abs(expected))
    shares = sizes**2 / (sizes**2).sum()
    np.testing.assert_allclose(found.explained, shares[:2], rtol=1e-4)
    assert (layer, found.layer, found.dimensions) == ("fc2", "fc2", 24)
    np.testing.assert_array_equal(found.predicted, scores.argmax(axis=1))
    np.testing.assert_array_equal(found.labels, some.labels)
    assert found.names == some.names
    assert found.thumbnails.shape == (200, 8, 8, 1)


def test_vectors_are_what_makes_the_scores(digits, trained):
    _, vectors, scores = hidden_vectors(trained, digits.pixels[:50])
    weights = trained.weights
    same_values(vectors @ weights["fc2.weight"].T + weights["fc2.bias"], scores)
    same_values(scores, trained.scores(digits.pixels[:50]))


def test_tsne_keeps_the_classes_apart_and_is_the_same_for_the_same_seed(digits, trained):
    found = embed(trained, digits, "tsne", most=250, seed=4)
    assert found.points.shape == (250, 2)
    assert found.total == len(digits)
    assert found.explained is None
    np.testing.assert_array_equal(found.labels, digits.labels[found.indices])
    again = embed(trained, digits, "tsne", most=250, seed=4)
    np.testing.assert_array_equal(found.points, again.points)
    near = KNeighborsClassifier(5).fit(found.points[:200], found.labels[:200])
    assert near.score(found.points[200:], found.labels[200:]) > 0.65  # chance: 0.1
    other = embed(trained, digits, most=250, seed=5)
    assert not np.array_equal(other.indices, found.indices)


@pytest.mark.parametrize(
    ("net", "layer", "dimensions"),
    [
        ("CONV 6 - RELU - POOL - CONV 4@1x1 - GLOBALPOOL", "conv2", 6),
        ("FC", "fc1", 360),
        ("CONV 6 - RES[CONV 6 - RELU - CONV 6] - GLOBALPOOL - FC", "fc1", 6),
    ],
)
def test_any_network_has_a_last_hidden_layer(net, layer, dimensions):
    classifier = classifier_of(net)
    found = embed(classifier, pictures_for(classifier, 9))
    assert (found.layer, found.dimensions) == (layer, dimensions)
    assert np.isfinite(found.points).all()


def test_odd_data_is_laid_out_too(digits, trained):
    alike = digits.take([3] * 5)
    np.testing.assert_allclose(embed(trained, alike).points, 0, atol=1e-4)
    assert embed(trained, digits.take(range(4)), "tsne").points.shape == (4, 2)
    points, shares = principal(np.array([[1.0], [2.0], [4.0]], np.float32), 2, 0)
    assert points.shape == (3, 2)
    assert shares.tolist() == [1, 0]


def test_thumbnails_are_small_and_keep_their_shape():
    large = np.random.default_rng(0).integers(0, 256, (3, 40, 80, 3)).astype(np.uint8)
    small = thumbnails(large)
    assert small.shape == (3, 16, 32, 3)
    assert small.mean() == pytest.approx(large.mean(), abs=1)


def test_mistakes_are_told_in_a_line(digits, trained, monkeypatch):
    with pytest.raises(SettingsError, match="no projection `tnse`"):
        embed(trained, digits, "tnse")
    with pytest.raises(DataError, match="a map of 2 pictures"):
        embed(trained, digits.take(range(2)))
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(SettingsError, match="umap-learn") as caught:
        embed(trained, digits.take(range(30)), "umap")
    assert "pip install umap-learn" in caught.value.hint


@pytest.mark.parametrize(
    ("size", "labels", "said"),
    [((5, 5, 3), range(4), "the network's"), ((12, 10, 3), [0, 1, 2, 4], "a label is 4"),
     ((12, 10, 3), [0, 1, 2, -1], "a label is -1")],
)  # fmt: skip
def test_pictures_of_another_size_or_labels_of_no_class(size, labels, said):
    other = picture_for(classifier_of("FC", size))
    pictures = Pictures(np.stack([other] * 4), np.array(labels), ("",) * 4)
    with pytest.raises(DataError, match=said):
        embed(classifier_of("CONV 2 - FC"), pictures)
