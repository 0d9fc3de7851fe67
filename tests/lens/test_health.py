"""The examination of a network: sound ones pass, planted faults are found."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

import convlens as cl
from convlens import Architecture, DataError
from convlens.classifier import Classifier
from convlens.data import Pictures
from convlens.lens.distributions import Distribution, distributions
from convlens.lens.health import examine, spread
from convlens.network import build
from convlens.network.build import Network
from convlens.training.gradcheck import check_gradients
from convlens.training.losses import loss_for

NET = "CONV 8 - {} - POOL - CONV 16 - {} - POOL - FC"


@pytest.fixture(scope="module")
def digits():
    images, labels = load_digits(return_X_y=True)
    pixels = (images.reshape(-1, 8, 8, 1) * 16).clip(0, 255).astype(np.uint8)
    names = tuple(str(number) for number in range(len(labels)))
    return Pictures(pixels, labels.astype(np.int64), names)


@pytest.fixture(scope="module")
def trained(digits):
    return cl.train(
        (digits.pixels[:600], digits.labels[:600]), NET.format("RELU", "TANH"), epochs=3
    )


@pytest.mark.parametrize(
    "net",
    [
        NET.format("RELU", "GELU"),
        "CONV 8 - BN - TANH - RES[CONV 8 - SIGMOID - CONV 8] - CAT[CONV 4 | POOL 3x3/1 same] - FC",
        "CONV 16 - LRN - MAXOUT 2 - DROPOUT 0.1 - POOL - FC - SVM",
    ],
)
def test_sound_networks_pass(digits, net):
    health = examine(Architecture(net), digits)
    assert health.warnings == ()
    expected = 9.0 if net.endswith("SVM") else math.log(10)
    assert health.expected_loss == pytest.approx(expected, rel=1e-4)
    assert health.overfit.accuracy == 1
    assert health.overfit.pictures == 20
    assert health.gradients.passed
    assert health.gradients.tried > 3
    plan = Architecture(net).plan((8, 8, 1), classes=10)
    assert [layer.name for layer in health.layers] == [row.name for _, row in plan.walk()]
    weights = {name for name, value in Network(plan).named_parameters() if value.dim() > 1}
    assert {f"{name}.weight" for name in health.updates} <= weights
    assert all(0 < ratio < 1 for ratio in health.updates.values())


def test_a_classifier_is_looked_at_with_its_own_weights(digits, trained):
    some = digits.take(spread(digits, 100))
    health = examine(trained, some)
    assert health.trained
    assert health.warnings == ()
    weights = {name: values.copy() for name, values in trained.weights.items()}
    weights["conv2.bias"][:] = 1000
    weights["conv1.bias"][:] = -1000
    broken = Classifier(replace(trained.model, weights=weights))
    lines = " ".join(examine(broken, some).warnings)
    assert "100% of the channels of relu1 are dead" in lines or "relu1" in lines
    assert "tanh1 are saturated" in lines


def test_a_gradient_that_is_wrong_is_found(digits, monkeypatch):
    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clamp_min(0)

        @staticmethod
        def backward(ctx, slope):
            return slope * 0.9

    class WrongRelu(torch.nn.Module):
        def forward(self, x):
            return Wrong.apply(x)

    monkeypatch.setitem(build.ACTIVATIONS, "relu", WrongRelu)
    health = examine(Architecture(NET.format("RELU", "TANH")), digits.take(range(60)))
    assert not health.gradients.passed
    assert health.gradients.largest > 0.05
    assert health.gradients.worst == "conv1"
    assert any("numeric" in line for line in health.warnings)


def test_kinks_are_left_out_of_the_check_and_other_slopes_kept():
    network = torch.nn.Sequential()
    network.add_module("fc1", build.modules.FullyConnected(2, 2, bias=False))
    network.add_module("end", torch.nn.Flatten())
    with torch.no_grad():
        network.fc1.weight.copy_(torch.tensor([[3e-6, 1.0], [2.0, 3.0]]))
    x = torch.tensor([[[[1.0]], [[0.0]]]])

    def bent(scores, labels):
        return scores[:, 0].clamp_min(0).sum() + scores[:, 1].sum()

    check = check_gradients(network, x, torch.tensor([0]), bent)
    assert (check.kinks, check.tried) == (1, 3)
    assert check.passed


def test_pictures_that_contradict_each_other_cannot_be_learned_by_heart(digits):
    twice = digits.take([0] * 40)
    contrary = Pictures(twice.pixels, np.arange(40) % 2, twice.names)
    health = examine(Architecture("CONV 4 - RELU - FC"), contrary)
    assert health.overfit.accuracy == pytest.approx(0.5)
    assert any("by heart" in line for line in health.warnings)


def test_blank_pictures_and_huge_first_scores_are_told(digits):
    empty = Pictures(np.full_like(digits.pixels[:50], 9), digits.labels[:50], digits.names[:50])
    assert any("blank" in line for line in examine(Architecture("FC"), empty, 10).warnings)
    hot = "CONV 8 - " + " - ".join(["RES[CONV 8 - CONV 8]"] * 12) + " - CONV 10 - GLOBALPOOL"
    lines = examine(Architecture(hot), digits.take(range(60))).warnings
    assert any("first loss" in line for line in lines)


def test_distributions_are_numpy_s_and_the_gradients_those_of_the_loss(digits):
    plan = Architecture(NET.format("RELU", "TANH")).plan((8, 8, 1), classes=10)
    network = Network(plan)
    x = torch.randn(40, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(40) % 10
    found = {
        one.name: one for one in distributions(plan, network, x, labels, loss_for("softmax", 0))
    }
    assert network.training
    assert not any(module._forward_hooks for module in network.modules())
    scores = network.eval()(x)
    expected = scores.detach().double().numpy()
    assert found["fc1"].activations.mean == pytest.approx(float(expected.mean()), rel=1e-4)
    assert found["fc1"].activations.std == pytest.approx(float(expected.std()), rel=1e-4)
    assert found["fc1"].activations.counts.sum() == 400
    shares = torch.softmax(scores.detach(), 1)
    slope = (shares - torch.nn.functional.one_hot(labels, 10)) / 40
    assert found["fc1"].gradients.std == pytest.approx(float(slope.std(correction=0)), rel=1e-3)
    assert found["fc1"].dead is None
    assert found["tanh1"].saturated is not None
    odd = Distribution.of(torch.tensor([1.0, float("nan"), float("inf")]))
    assert odd.mean == 1
    assert math.isnan(Distribution.of(torch.tensor([float("nan")])).mean)


def test_neither_weights_nor_random_numbers_change(digits, trained):
    before = {name: values.copy() for name, values in trained.weights.items()}
    torch.manual_seed(2)
    expected = torch.rand(2)
    torch.manual_seed(2)
    examine(trained, digits.take(range(50)))
    assert torch.equal(torch.rand(2), expected)
    for name, values in trained.weights.items():
        np.testing.assert_array_equal(values, before[name])


def test_mistakes_are_told_in_a_line(digits, trained):
    nothing = digits.take([])
    with pytest.raises(DataError, match="no pictures"):
        examine(trained, nothing)
    other = Pictures(np.zeros((3, 9, 9, 1), np.uint8), np.zeros(3, np.int64), ("",) * 3)
    with pytest.raises(DataError, match="the network's"):
        examine(trained, other)
    with pytest.raises(DataError, match="a label is 9; there are 3"):
        examine(Architecture("FC"), digits, classes=3)
