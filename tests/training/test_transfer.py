import numpy as np
import pytest
import torch
from torch import nn

from convlens.heads import for_classes
from convlens.network.build import Network
from convlens.network.rewrite import for_training
from convlens.notation import Architecture
from convlens.training.optimizers import Optimizers
from convlens.training.recipe import Recipe
from convlens.training.transfer import freeze, take_over, weighted_layers

TEXT = "INPUT 8x8x1 - CONV 4 - BN - RELU - RES[CONV 4 - BN] - POOL - FC 5 - RELU - FC 3"


def network(text, classes):
    return Network(Architecture(text).plan(classes=classes))


@pytest.mark.parametrize(
    ("text", "classes", "expected"),
    [
        ("INPUT 8x8x1 - CONV 4 - FC 3", 7, "INPUT 8x8x1 - CONV 4@3x3 - FC"),
        ("INPUT - FC 5 - RELU - FC 3 - SVM", 7, "INPUT - FC 5 - RELU - FC - SVM"),
        ("INPUT - CONV 3@1x1 - GLOBALPOOL avg", 7, "INPUT - CONV 7@1x1 - GLOBALPOOL avg"),
    ],
)
def test_the_head_is_the_last_layer_with_filters_or_units(text, classes, expected):
    assert str(for_classes(Architecture(text), classes)) == expected


def test_everything_but_the_head_is_taken_over():
    old = network(TEXT, 3)
    weights = {k: v.numpy() for k, v in old.state_dict().items() if "num_batches" not in k}
    new = Network(for_classes(Architecture(TEXT), 7).plan(classes=7))
    head = new.fc2.weight.detach().clone()
    names = take_over(new, weights)
    assert names == set(weights) - {"fc2.weight", "fc2.bias"}
    for name, value in new.state_dict().items():
        if name in names:
            np.testing.assert_array_equal(value.numpy(), weights[name])
    assert torch.equal(new.fc2.weight, head)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4])
def test_frozen_layers_do_not_move_and_the_rest_does(count):
    torch.manual_seed(0)
    frozen = network(TEXT, 3)
    freeze(frozen, count)
    before = {k: v.clone() for k, v in frozen.state_dict().items()}
    optimizers = Optimizers(frozen, Recipe())
    fast = for_training(frozen).train()
    x, y = torch.randn(16, 1, 8, 8), torch.arange(16) % 3
    for _ in range(3):
        loss = nn.functional.cross_entropy(fast(x), y)
        optimizers.zero_grad()
        if count < 4:
            loss.backward()
            optimizers.step(1.0)
    moved = {
        k.split(".")[0]
        for k, v in frozen.state_dict().items()
        if "num_batches" not in k and not torch.equal(v, before[k])
    }
    layers = [["conv1", "bn1"], ["res1"], ["fc1"], ["fc2"]]
    assert weighted_layers(frozen) == ["conv1", "res1.body.conv2", "fc1", "fc2"]
    assert moved == {name for group in layers[count:] for name in group}


def test_layers_taken_over_go_on_gently():
    one = network(TEXT, 3)
    gentle = frozenset(n for n, _ in one.named_parameters() if not n.startswith("fc2"))
    rates = {}
    for part in Optimizers(one, Recipe(gentle=0.1), gentle).parts:
        rates |= {id(p): part.rate for p in part.parameters}
    standard = Recipe()
    assert rates[id(one.conv1.weight)] == pytest.approx(0.1 * standard.filters_rate)
    assert rates[id(one.fc1.weight)] == pytest.approx(0.1 * standard.rest_rate)
    assert rates[id(one.fc2.weight)] == pytest.approx(standard.rest_rate)
