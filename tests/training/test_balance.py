import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score
from sklearn.utils.class_weight import compute_class_weight

from convlens.data import Pictures
from convlens.training.looker import mean_recall
from convlens.training.losses import class_weights, hinge, loss_for
from convlens.training.recipe import Recipe
from convlens.training.sampler import Normalisation, Sampler

PLAIN = Normalisation.of((0.0,), (1.0 / 255,), torch.device("cpu"))

LABELS = st.lists(st.integers(0, 4), min_size=2, max_size=80)


@given(LABELS)
def test_weights_are_those_of_scikit_learn(labels):
    found = class_weights(torch.tensor(labels), 5)
    present = np.unique(labels)
    expected = compute_class_weight("balanced", classes=present, y=np.array(labels))
    assert np.allclose(found[present], expected)
    assert float(found[torch.tensor(labels)].mean()) == pytest.approx(1, rel=1e-5)


@given(LABELS, st.integers(0, 1000))
def test_mean_recall_is_scikit_learn_s_balanced_accuracy(labels, seed):
    labels = [0, 1, *labels]
    truth = torch.tensor(labels)
    wrong = torch.rand(truth.shape, generator=torch.Generator().manual_seed(seed)) < 0.4
    said = torch.where(wrong, truth.roll(1), truth)  # no class that is nowhere
    expected = balanced_accuracy_score(labels, said.numpy())
    assert mean_recall(said == truth, truth) == pytest.approx(expected)


@pytest.mark.parametrize("kind", ["softmax", "svm"])
def test_a_weighted_loss_is_the_mean_of_weighted_losses_and_adds_up_over_pieces(kind):
    random = torch.Generator().manual_seed(0)
    scores = torch.randn(12, 3, generator=random)
    labels = torch.tensor([0] * 8 + [1] * 3 + [2])
    weights = class_weights(labels, 3)
    loss, plain = loss_for(kind, 0.1, weights), loss_for(kind, 0.1)
    each = [weights[y] * plain(s[None], y[None]) for s, y in zip(scores, labels, strict=True)]
    assert torch.isclose(loss(scores, labels), torch.stack(each).mean())
    halves = (loss(scores[:6], labels[:6]) + loss(scores[6:], labels[6:])) / 2
    assert torch.isclose(loss(scores, labels), halves)
    assert torch.isclose(loss_for(kind, 0.1, torch.ones(3))(scores, labels), plain(scores, labels))


def test_the_hinge_loss_is_a_plain_loop():
    random = torch.Generator().manual_seed(1)
    scores, labels = torch.randn(7, 4, generator=random), torch.arange(7) % 4
    expected = np.mean(
        [
            sum(max(0.0, float(s[j] - s[y] + 1)) for j in range(4) if j != y)
            for s, y in zip(scores, labels.tolist(), strict=True)
        ]
    )
    assert float(hinge(scores, labels)) == pytest.approx(expected, rel=1e-5)


def resampled(labels, seed=0, **recipe):
    count = len(labels)
    pixels = np.arange(count, dtype=np.uint8).repeat(12).reshape(count, 3, 4, 1)
    pictures = Pictures(pixels, np.array(labels), ("",) * count)
    plain = {"shift": 0.0, "flip": False, **recipe}
    return Sampler(pictures, Recipe(**plain), seed, PLAIN, resample=True)


@given(st.lists(st.sampled_from([0, 0, 0, 0, 1, 3]), min_size=4, max_size=80), st.integers(0, 9))
def test_resampled_classes_are_shown_alike_often_and_so_are_their_pictures(labels, number):
    sampler = resampled(labels)
    shown = sampler.epoch(number).order
    assert len(shown) == len(labels)
    of_class = torch.bincount(sampler.labels[shown])[torch.bincount(sampler.labels) > 0]
    assert int(of_class.max() - of_class.min()) <= 1
    times = torch.bincount(shown, minlength=len(labels))
    for label in set(labels):
        own = times[sampler.labels == label]
        assert int(own.max() - own.min()) <= 1


def test_what_is_shown_again_is_mirrored_and_shifted_anew():
    labels = [0] * 60 + [1] * 4
    sampler = resampled(labels, batch=64, shift=0.5, flip=True)
    epoch = sampler.epoch(0)
    again = torch.nonzero(epoch.order == 61)[:, 0]
    assert len(again) == 8
    assert int(epoch.mirrored[again].sum()) == 4
    assert len({tuple(place) for place in epoch.places[epoch.slots[again]].tolist()}) == 8


def test_a_resampled_step_is_a_function_of_seed_epoch_and_position():
    labels = [0] * 30 + [1] * 6 + [2] * 4
    first = resampled(labels, 5, batch=8, shift=0.3, flip=True, zoom=0.2)
    fresh = resampled(labels, 5, batch=8, shift=0.3, flip=True, zoom=0.2)
    fresh.epoch(0).step(2)
    for position in (0, 4):
        one, other = first.epoch(3).step(position), fresh.epoch(3).step(position)
        assert torch.equal(one[0], other[0])
        assert torch.equal(one[1], other[1])
    other = resampled(labels, 6, batch=8, shift=0.3, flip=True, zoom=0.2)
    assert not torch.equal(first.epoch(3).order, other.epoch(3).order)
