"""The first filters make the patches of the pictures white."""

import pytest
import torch
from torch.nn import functional as F

from convlens.network.build import Network
from convlens.notation import Architecture
from convlens.training.initialise import initialise
from convlens.training.recipe import Recipe


def begun(text, **recipe):
    random = torch.Generator().manual_seed(0)
    smooth = F.avg_pool2d(torch.randn(300, 3, 20, 20, generator=random), 3, 1)  # neighbours alike
    network = Network(Architecture(text).plan())
    initialise(network, smooth, Recipe(**recipe), seed=0)
    return network, smooth


def covariance(network, pictures):
    first = next(network.children())
    responses = F.conv2d(pictures, first.weight, stride=2).movedim(1, 3).flatten(0, 2)
    return responses.T @ responses / len(responses)


def test_pairs_of_filters_where_an_activation_keeps_one_side():
    network, pictures = begun("INPUT 18x18x3 - CONV 24@2x2 valid - RELU - CONV 4 - FC 5")
    found = covariance(network, pictures)
    assert torch.equal(network.conv1.weight[:12], -network.conv1.weight[12:])
    torch.testing.assert_close(found[:12, :12], torch.eye(12), atol=0.1, rtol=0)
    assert not network.conv1.weight.requires_grad


def test_each_direction_once_where_a_convolution_follows_at_once():
    network, pictures = begun("INPUT 18x18x3 - CONV 12@2x2 valid - CONV 4 - RELU - FC 5")
    torch.testing.assert_close(covariance(network, pictures), torch.eye(12), atol=0.1, rtol=0)
    assert not network.conv1.weight.requires_grad


@pytest.mark.parametrize(
    "text",
    [
        "INPUT 18x18x3 - CONV 23@2x2 valid - RELU - CONV 4 - FC 5",
        "INPUT 18x18x3 - CONV 11@2x2 valid - CONV 4 - RELU - FC 5",
        "INPUT 18x18x3 - CONV 12@2x2 valid - RELU - FC 5",
    ],
)
def test_too_few_filters_are_drawn_and_learned_like_the_others(text):
    network, _ = begun(text)
    assert network.conv1.weight.requires_grad


def test_the_recipe_may_leave_it_out():
    network, _ = begun("INPUT 18x18x3 - CONV 24@2x2 valid - RELU - CONV 4 - FC 5", whiten=False)
    assert network.conv1.weight.requires_grad
