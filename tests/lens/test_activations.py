"""Outputs and gradients of every layer, against a small push at each, and what is left behind."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from convlens.errors import DataError, SettingsError
from convlens.lens import activations, layers, open_network
from convlens.lens.looking import INPUT, look
from tests.lens.making import BRANCHED, classifier_of, picture_for
from tests.same import same_values

PUSH = 1e-6


def pushed(network, path, x, target, place, by):
    """The score of class ``target`` with one value of a layer's output raised ``by`` so much."""

    def push(_module, _inputs, output):
        output = output.clone()
        output[0][place] += by
        return output

    handle = network.get_submodule(path).register_forward_hook(push)
    with torch.no_grad():
        score = float(network(x)[0, target])
    handle.remove()
    return score


@pytest.mark.parametrize("layer", [i.name for i in layers(classifier_of(BRANCHED))])
def test_a_gradient_is_what_a_small_push_does_to_the_score(layer):
    opened = open_network(classifier_of(BRANCHED), torch.float64)
    x = opened.normalised(picture_for(opened.classifier)[None])
    path = next(i.path for i in layers(opened.classifier) if i.name == layer)
    gradient = look(opened.network, x, {layer: path}, target=2).gradients[layer][0]
    random = np.random.default_rng(0)
    for _ in range(4):
        place = tuple(int(random.integers(side)) for side in gradient.shape)
        up, down = (pushed(opened.network, path, x, 2, place, by) for by in (PUSH, -PUSH))
        assert float(gradient[place]) == pytest.approx((up - down) / (2 * PUSH), abs=1e-6)


def test_activations_hold_every_layer_in_order_with_its_shape():
    classifier = classifier_of(BRANCHED)
    picture = picture_for(classifier)
    found = activations(classifier, picture, gradients_of="class1")
    plan = classifier.model.plan()
    assert list(found.layers) == [row.name for _, row in plan.walk()]
    for _, row in plan.walk():
        shape = (row.output.depth, row.output.height, row.output.width)
        one = found[row.name]
        assert one.values.shape == one.gradient.shape == shape
        assert found[one.layer.path] is one
    assert found.input.shape == found.input_gradient.shape == (3, 10, 12)
    same_values(found.scores, classifier.scores(picture[None])[0])
    np.testing.assert_allclose(found.probabilities.sum(), 1)
    assert found.gradients_of == "class1"
    assert activations(classifier, picture).layers["conv1"].gradient is None


def test_any_picture_is_brought_to_size():
    classifier = classifier_of(BRANCHED)
    grey = np.zeros((40, 31), np.uint8)
    assert activations(classifier, grey).pixels.shape == (10, 12, 3)
    with pytest.raises(DataError):
        activations(classifier, "nothing.png")


@pytest.mark.parametrize("label", ["class9", 4, -1, True])
def test_a_class_that_is_not_there(label):
    classifier = classifier_of(BRANCHED)
    with pytest.raises(SettingsError, match="no class") as error:
        activations(classifier, picture_for(classifier), gradients_of=label)
    assert "class0" in error.value.hint


class Bomb(nn.Module):
    def forward(self, x):
        raise RuntimeError("bang")


def state_of(network):
    """Whatever looking could leave changed."""
    hooks = sum(len(m._forward_hooks) + len(m._backward_hooks) for m in network.modules())
    modes = [m.training for m in network.modules()]
    wanting = [p.requires_grad for p in network.parameters()]
    gradients = [None if p.grad is None else p.grad.clone() for p in network.parameters()]
    return hooks, modes, wanting, gradients, torch.is_grad_enabled()


@pytest.mark.parametrize("explodes", [False, True])
def test_a_network_in_training_is_left_as_it_was_found(explodes):
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(64, 2))
    network[0].weight.requires_grad_(False)
    network[1].eval()
    x = torch.randn(2, 3, 6, 6)
    network(x).sum().backward()
    statistics = network[1].running_mean.clone()
    if explodes:
        network.append(Bomb())
    before = state_of(network)
    paths = {"conv": "0", "bn": "1"}
    if explodes:
        with pytest.raises(RuntimeError, match="bang"):
            look(network, x, paths, target=1)
    else:
        seen = look(network, x, paths, target=1)
        assert set(seen.outputs) == set(seen.gradients) == {INPUT, "conv", "bn"}
        assert not any(value.requires_grad for value in seen.outputs.values())
    after = state_of(network)
    assert before[:3] == after[:3]
    assert before[4] == after[4]
    for one, other in zip(before[3], after[3], strict=True):
        assert (one is None and other is None) or torch.equal(one, other)
    assert torch.equal(network[1].running_mean, statistics)
    assert not x.requires_grad


def test_layers_are_those_that_are_printed():
    found = layers(classifier_of(BRANCHED))
    described = {info.name: (info.path, info.kind, info.nesting) for info in found}
    assert described["conv2"] == ("res1.body.conv2", "CONV", 1)
    assert described["res1"] == ("res1", "RES", 0)
    assert described["conv4"] == ("cat1.branches.0.conv4", "CONV", 1)
    assert described["sigmoid1"] == ("cat1.branches.1.sigmoid1", "SIGMOID", 1)
