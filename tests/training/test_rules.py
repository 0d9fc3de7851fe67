"""Rules that move all parameters alike, beside those of torch.optim."""

import pytest
import torch
from torch import nn

from convlens.network.build import Network
from convlens.notation import Architecture
from convlens.training.optimizers import Optimizers
from convlens.training.recipe import METHODS, Recipe
from convlens.training.rules import AdaDelta, AdaGrad, Adam, Momentum, WindowGrad

SHAPES = [(5, 3), (4, 2, 3, 3), (7,)]

RULES = {
    "sgd": (
        lambda p: Momentum(p, 0.03, 0.9),
        lambda p: torch.optim.SGD(p, 0.03, momentum=0.9),
    ),
    "sgd without momentum": (
        lambda p: Momentum(p, 0.03, 0.0),
        lambda p: torch.optim.SGD(p, 0.03),
    ),
    "nesterov": (
        lambda p: Momentum(p, 0.03, 0.9, ahead=True),
        lambda p: torch.optim.SGD(p, 0.03, momentum=0.9, nesterov=True),
    ),
    "adam": (
        lambda p: Adam(p, 0.03),
        lambda p: torch.optim.Adam(p, 0.03, betas=(0.9, 0.95)),
    ),
    "adagrad": (
        lambda p: AdaGrad(p, 0.03),
        lambda p: torch.optim.Adagrad(p, 0.03),
    ),
    "adadelta": (
        lambda p: AdaDelta(p, 0.7),
        lambda p: torch.optim.Adadelta(p, 0.7, rho=0.95),
    ),
    "windowgrad": (
        lambda p: WindowGrad(p, 0.03),
        lambda p: torch.optim.RMSprop(p, 0.03, alpha=0.95),
    ),
}


def parameters():
    random = torch.Generator().manual_seed(0)
    return [nn.Parameter(torch.randn(shape, generator=random)) for shape in SHAPES]


def descend(ours, theirs, rule, reference, before_theirs=lambda parameters, factor: None):
    """Ten steps, the rate falling, on the same gradients."""
    random = torch.Generator().manual_seed(1)
    rates = [group["lr"] for group in reference.param_groups]
    for step in range(10):
        factor = 1 - step / 10
        for one, other in zip(ours, theirs, strict=True):
            one.grad = torch.randn(one.shape, generator=random)
            other.grad = one.grad.clone()
        before_theirs(theirs, factor)
        for group, rate in zip(reference.param_groups, rates, strict=True):
            group["lr"] = rate * factor
        rule.step(factor)
        reference.step()
        for one, other in zip(ours, theirs, strict=True):
            torch.testing.assert_close(one, other)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_torchs(name):
    ours, theirs = parameters(), parameters()
    make, reference = RULES[name]
    descend(ours, theirs, make(ours), reference(theirs))


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize(("l2", "l1"), [(0.3, 0.0), (0.0, 0.2), (0.1, 0.05)])
def test_decay_comes_beside_torchs_step_and_reaches_what_decays_alone(name, l2, l1):
    ours, theirs = parameters(), parameters()
    make, reference = RULES[name]
    rule, other = make(ours), reference(theirs)
    rule.weight_decay, rule.l1_decay, rule.decayed = l2, l1, ours[:2]

    @torch.no_grad()
    def decay(parameters, factor):
        for one in parameters[:2]:
            one.mul_(1 - rule.rate * factor * l2)
            nearer = one.abs() - rule.rate * factor * l1
            one.copy_(torch.where(nearer > 0, nearer * one.sign(), torch.zeros(())))

    descend(ours, theirs, rule, other, decay)


def test_weight_decay_is_that_of_adamw_and_of_plain_sgd():
    ours, theirs = parameters(), parameters()
    rule = Adam(ours, 0.03)
    rule.weight_decay, rule.decayed = 0.4, ours
    descend(ours, theirs, rule, torch.optim.AdamW(theirs, 0.03, (0.9, 0.95), weight_decay=0.4))
    ours, theirs = parameters(), parameters()
    rule = Momentum(ours, 0.03, 0.0)
    rule.weight_decay, rule.decayed = 0.4, ours
    descend(ours, theirs, rule, torch.optim.SGD(theirs, 0.03, weight_decay=0.4))


NET = "INPUT 8x8x2 - CONV 6@3x3 - BN - RELU - POOL - CONV 4@3x3 - RELU - FC"


def learning(recipe, steps=30):
    """A small network after some steps on noise, and the losses on the way."""
    torch.manual_seed(0)
    network = Network(Architecture(NET).plan(classes=3)).train()
    x, y = torch.randn(24, 2, 8, 8), torch.arange(24) % 3
    optimizers, losses = Optimizers(network, recipe), []
    for step in range(steps):
        loss = nn.functional.cross_entropy(network(x), y)
        optimizers.zero_grad()
        loss.backward()
        optimizers.step(1 - step / steps)
        losses.append(float(loss.detach()))
    return network, optimizers, losses


@pytest.mark.parametrize("method", METHODS)
def test_every_method_descends_and_a_decay_makes_weights_smaller(method):
    plain, _, losses = learning(Recipe(method=method))
    assert losses[-1] < losses[0]
    for decay in ({"weight_decay": 0.5}, {"l1_decay": 0.05}):
        smaller, optimizers, _ = learning(Recipe(method=method, **decay))
        for name in ("conv1", "conv2", "fc1"):
            one, other = (getattr(of, name).weight.detach() for of in (smaller, plain))
            assert float(one.norm()) < 0.999 * float(other.norm()), name
        decayed = {id(p) for part in optimizers.parts for p in part.decayed}
        names = {n for n, p in smaller.named_parameters() if id(p) in decayed}
        assert names == {"conv1.weight", "conv2.weight", "fc1.weight"}


def test_muons_kept_norm_decays_by_exactly_its_share():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(2, 4, 3, bias=False))
    optimizers = Optimizers(network, Recipe(weight_decay=0.5))
    weight = network[0].weight
    (muon,) = optimizers.parts
    norm = weight.detach().norm()
    for step in range(6):
        weight.grad = torch.randn_like(weight)
        optimizers.step(1.0)
        expected = norm * (1 - 0.1 * 0.5) ** (step + 1)
        torch.testing.assert_close(muon.state[weight]["norm"], expected)


@pytest.mark.parametrize("method", ["muon", "adam"])
def test_the_decay_loss_is_the_sum_over_decayed_weights(method):
    network, optimizers, _ = learning(Recipe(method=method, weight_decay=0.3, l1_decay=0.02), 2)
    layers = (network.conv1, network.conv2, network.fc1)
    weights = [layer.weight.detach() for layer in layers]
    expected = sum(0.15 * float((w**2).sum()) + 0.02 * float(w.abs().sum()) for w in weights)
    assert float(optimizers.decay_loss()) == pytest.approx(expected, rel=1e-5)
    assert float(learning(Recipe(), 1)[1].decay_loss()) == 0


def test_a_rule_that_stays_keeps_what_it_remembers_and_another_begins_anew():
    network, optimizers, _ = learning(Recipe(method="sgd"), 3)
    velocity = optimizers.parts[0].state[network.conv1.weight]["velocity"].clone()
    optimizers.change(Recipe(method="nesterov", momentum=0.5, rate=0.3))
    rule = optimizers.parts[0]
    assert (rule.momentum, rule.ahead, rule.rate) == (0.5, True, 0.3)
    assert torch.equal(rule.state[network.conv1.weight]["velocity"], velocity)
    optimizers.change(Recipe(method="adagrad"))
    assert optimizers.parts[0].state[network.conv1.weight] == {}
