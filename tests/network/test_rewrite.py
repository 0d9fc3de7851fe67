"""Rewritten networks give the plain network's outputs and gradients."""

import copy

import pytest
import torch
from hypothesis import given, settings
from torch import nn

from convlens.network.build import Network
from convlens.network.modules import MaxPool
from convlens.network.rewrite import for_prediction, for_training
from convlens.notation import Architecture
from tests.notation.strategies import architectures_on_inputs
from tests.same import VALUE, same_values

TEXTS = [
    "[CONV 8 - RELU - POOL]*2 - FC",
    "CONV 8 - BN - RELU - POOL - FC",
    "CONV 8 nobias - POOL - BN - GELU - CONV 8 - BN - RELU - POOL 3x3/2 pad 1 floor - FC",
    "CONV 8 - BN - RES[CONV 8 - BN - RELU - POOL 3x3/1 same - CONV 8 - BN] - RELU - POOL - FC",
    "CAT[CONV 4 - BN - RELU - POOL | CONV 4@3x3/2 groups 1 - BN] - BN - FC",
    "POOL - RELU - CONV 4 - RELU - POOL 2x2 avg - BN - FC",
]


def built(text, seed=0):
    torch.manual_seed(seed)
    network = Network(Architecture(text).plan((16, 16, 3), classes=4))
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight)  # negative scales among them
            nn.init.normal_(module.bias)
            nn.init.normal_(module.running_mean)
            nn.init.uniform_(module.running_var, 0.5, 2)
    return network


@pytest.mark.parametrize("text", TEXTS)
def test_training_rewrite_has_the_same_outputs_gradients_and_statistics(text):
    plain = built(text)
    rewritten_of = copy.deepcopy(plain)
    fast = for_training(rewritten_of)
    x = torch.randn(4, 3, 16, 16)
    for _ in range(2):
        plain(x).square().sum().backward()
        fast(x).square().sum().backward()
    same_values(fast(x), plain(x))
    gradients = [p.grad for p in plain.parameters()]
    largest = max(float(one.abs().max()) for one in gradients)  # of some it is but rounding
    for a, b in zip(gradients, rewritten_of.parameters(), strict=True):
        torch.testing.assert_close(b.grad, a, rtol=VALUE, atol=VALUE * largest)
    for a, b in zip(plain.buffers(), rewritten_of.buffers(), strict=True):
        same_values(b, a)


@pytest.mark.parametrize("text", TEXTS)
def test_prediction_rewrite_has_the_same_outputs_and_leaves_the_network_alone(text):
    plain = built(text)
    before = copy.deepcopy(plain.state_dict())
    fast = for_prediction(plain)
    x = torch.randn(4, 3, 16, 16)
    same_values(fast(x), plain.eval()(x))
    assert all(torch.equal(before[k], v) for k, v in plain.state_dict().items())
    assert all(p.requires_grad for p in plain.parameters())


@settings(max_examples=100, deadline=None)
@given(architectures_on_inputs())
def test_any_network_survives_both_rewrites(case):
    architecture, volume, classes = case
    if volume.size > 20_000:
        return
    torch.manual_seed(0)
    network = Network(architecture.plan(volume, classes)).eval()
    x = torch.randn(2, volume.depth, volume.height, volume.width)
    with torch.no_grad():
        expected = network(x)
        same_values(for_training(network)(x), expected)
        torch.testing.assert_close(for_prediction(network)(x), expected, rtol=1e-3, atol=1e-3)


def test_relu_goes_behind_max_pool_and_stays_before_any_other():
    names = list(for_training(built("CONV 4 - RELU - POOL - RELU - POOL 2x2 avg - FC"))._modules)
    assert names == ["conv1", "pool1", "relu1", "relu2", "pool2", "fc1"]


def test_batchnorm_behind_a_convolution_is_gone():
    kinds = [type(m) for m in for_prediction(built("CONV 4 - BN - RELU - POOL - FC")).modules()]
    assert nn.BatchNorm2d not in kinds
    assert MaxPool in kinds


def test_batchnorm_behind_max_pool_stays_where_a_scale_is_negative():
    network = built("CONV 4 - POOL - BN - RELU - FC")
    nn.init.ones_(network.bn1.weight)
    assert "bn1" not in for_prediction(network)._modules
    network.bn1.weight.data[0] = -1
    assert "bn1" in for_prediction(network)._modules
