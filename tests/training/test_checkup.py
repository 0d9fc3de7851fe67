"""The warnings of a training: each one's fault planted, and none where nothing is wrong."""

import math

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

import convlens as cl
from convlens.data import Pictures
from convlens.network.build import Network, channels_last
from convlens.network.engine import Engine
from convlens.notation import Architecture
from convlens.training.checkup import guessing
from convlens.training.events import StepDone, Warned
from convlens.training.initialise import initialise
from convlens.training.looker import Part
from convlens.training.loop import Run
from convlens.training.losses import loss_for
from convlens.training.recipe import Recipe
from convlens.training.sampler import Normalisation, Sampler
from convlens.training.schedule import Steps
from convlens.training.vitals import dead_share, extremes, listening, saturated_share

CPU = torch.device("cpu")
NORMALISE = Normalisation.of((0.3,), (0.37,), CPU)
PLAIN = "CONV 8 - {} - POOL - CONV 16 - {} - POOL - FC"


@pytest.fixture(scope="module")
def digits():
    images, labels = load_digits(return_X_y=True)
    return (images.reshape(-1, 8, 8) * 16).clip(0, 255).astype(np.uint8), labels


def pictures(digits, begin, end):
    images, labels = digits
    pixels = np.ascontiguousarray(images[begin:end, :, :, None])
    return Pictures(pixels, labels[begin:end].astype(np.int64), ("",) * (end - begin))


def run_of(digits, net, recipe=None, plant=lambda network: None, steps=120, change=None):
    """A run on 400 digits, its fault planted by ``plant`` or by ``change`` of the pictures."""
    train, judged = pictures(digits, 0, 400), pictures(digits, 400, 520)
    if change is not None:
        train, judged = change(train), change(judged)
    sampler = Sampler(train, recipe or Recipe(batch=32, flip=False), 0, NORMALISE)
    plan = Architecture(net).plan((8, 8, 1), classes=10)
    network = Network(plan)
    initialise(network, sampler.normalise(sampler.originals(200)), sampler.recipe, 0)
    with torch.no_grad():
        plant(network)
    part = Part(torch.from_numpy(judged.pixels), torch.from_numpy(judged.labels), NORMALISE)
    loss = loss_for(plan.loss, sampler.recipe.label_smoothing)
    engine = Engine(CPU, torch.float32)
    return Run(channels_last(network), sampler, part, Steps(steps), engine, loss)


def warned(run):
    return [event for event in run.events() if isinstance(event, Warned)]


def shuffled(part):
    labels = np.random.default_rng(1).permutation(part.labels)
    return Pictures(part.pixels, labels, part.names)


def blank(part):
    return Pictures(np.full_like(part.pixels, 77), part.labels, part.names)


def huge(network):
    network.fc1.weight.mul_(300)


def very_negative(network):
    network.conv2.bias.fill_(-1000)


def saturated(network):
    network.conv2.weight.mul_(1000)


FAULTS = {
    "first loss": {"net": PLAIN.format("RELU", "RELU"), "plant": huge, "steps": 1},
    "dead filters": {"net": PLAIN.format("RELU", "RELU"), "plant": very_negative, "steps": 13},
    "saturated units": {"net": PLAIN.format("TANH", "TANH"), "plant": saturated, "steps": 13},
    "large steps": {
        "net": PLAIN.format("RELU", "RELU"),
        "recipe": Recipe(batch=32, filters_rate=1.0, rest_rate=0.04),
        "steps": 13,
    },
    "small steps": {
        "net": PLAIN.format("RELU", "RELU"),
        "recipe": Recipe(batch=32, filters_rate=1e-6, rest_rate=4e-8),
        "steps": 13,
    },
    "blank pictures": {"net": PLAIN.format("RELU", "RELU"), "change": blank, "steps": 1},
}


@pytest.mark.parametrize("what", FAULTS)
def test_each_fault_is_told_of_once_and_alone(digits, what):
    found = warned(run_of(digits, **FAULTS[what]))
    assert [event.what for event in found] == [what]
    assert "\n" not in found[0].text
    assert len(found[0].text) < 220


def test_labels_that_do_not_belong_to_their_pictures_are_told_of(digits):
    found = warned(run_of(digits, PLAIN.format("RELU", "RELU"), change=shuffled))
    assert found[-1].what == "no learning"
    assert {event.what for event in found[:-1]} <= {"dead filters"}  # where there is no signal
    assert "labels" in found[-1].text


def test_all_pictures_taken_for_one_class(digits):
    def biased(network):
        network.fc1.bias[0] = 4

    slow = Recipe(batch=32, rest_rate=1e-6, filters_rate=0.01)
    found = warned(run_of(digits, PLAIN.format("RELU", "RELU"), slow, biased))
    assert [event.what for event in found] == ["one class"]


@pytest.mark.parametrize("kind", ["RELU", "GELU", "SIGMOID"])
@pytest.mark.parametrize("seed", [0, 1])
def test_sound_runs_are_left_in_peace(digits, kind, seed):
    images, labels = digits
    told = []
    cl.train(
        (images[:800], labels[:800]),
        PLAIN.format(kind, kind),
        epochs=8,
        seed=seed,
        listen=lambda event: told.append(event) if isinstance(event, Warned) else None,
    )
    assert told == []


def test_the_default_net_and_going_on_from_it_with_layers_held_still_are_left_in_peace(
    digits, tmp_path
):
    images, labels = digits
    told = []

    def listen(event):
        if isinstance(event, Warned):
            told.append(event)

    base = tmp_path / "base.safetensors"
    cl.train((images[:600], labels[:600]), epochs=3, out=base, listen=listen)
    for freeze in (None, 1, "all-but-head"):
        odd = (images[600:1100], labels[600:1100] % 2)
        cl.train(odd, base=base, freeze=freeze, epochs=5, listen=listen)
    assert told == []


def test_neither_weights_nor_random_numbers_depend_on_it(digits, monkeypatch):
    net = "CONV 8 - BN - RELU - DROPOUT 0.3 - POOL - CONV 8 - TANH - FC"
    with_it = run_of(digits, net, steps=40)
    torch.manual_seed(3)
    list(with_it.events())
    drawn = torch.rand(2)
    without = run_of(digits, net, steps=40)
    without.checkup = Silent()
    torch.manual_seed(3)
    list(without.events())
    assert torch.equal(drawn, torch.rand(2))
    for one, other in zip(
        with_it.network.state_dict().values(), without.network.state_dict().values(), strict=True
    ):
        assert torch.equal(one, other)
    assert not any(module._forward_hooks for module in with_it.learner.network.modules())


class Silent:
    """A checkup that looks at nothing."""

    due = False

    def begun(self, *given):
        pass

    judge = begun

    def told(self, step):
        return None

    def state(self):
        return {}

    def look(self):
        from contextlib import nullcontext

        return nullcontext()


def test_a_run_gone_on_with_tells_what_the_whole_run_tells(digits):
    """Also where it was interrupted between a warning's cause and its telling."""
    fault = FAULTS["dead filters"] | {"steps": 30}
    whole = [event for event in run_of(digits, **fault).events() if isinstance(event, Warned)]
    first = run_of(digits, **fault)
    told, states = [], []
    for event in first.events():
        if isinstance(event, Warned):
            told.append(event)
        states.append((len(told), first.state()))
    assert len(whole) == 1
    for before, state in states[:-1:3]:
        again = run_of(digits, **fault)
        again.restore(state)
        assert len([e for e in again.events() if isinstance(e, Warned)]) == 1 - before
    del states[0][1].values["checkup"]  # as kept before there was any
    again = run_of(digits, **fault)
    again.restore(states[0][1])
    assert [e for e in again.events() if isinstance(e, StepDone)]


def test_guessing_is_the_logarithm_of_the_classes_and_the_hinge_of_the_others():
    labels = torch.arange(40) % 8
    assert guessing(loss_for("softmax", 0.1), labels, 8)[0] == pytest.approx(math.log(8), rel=1e-6)
    assert guessing(loss_for("svm", 0.0), labels, 8)[0] == pytest.approx(7.0)
    uneven = torch.tensor([0] * 90 + [1] * 10)
    shares = np.array([91, 11]) / 102
    expected = -(0.9 * np.log(shares[0]) + 0.1 * np.log(shares[1]))
    found = guessing(loss_for("softmax", 0.0), uneven, 2)[1]
    assert found == pytest.approx(expected, rel=1e-5)


def test_shares_are_those_counted_by_hand():
    random = np.random.default_rng(0)
    output = random.normal(0, 3, (40, 6, 4, 5)).astype(np.float32)
    output[:, [1, 4]] = 0.25
    assert dead_share(torch.from_numpy(output)) == pytest.approx(2 / 6)
    for module, low, high in ((torch.nn.Sigmoid(), 0.02, 0.98), (torch.nn.Tanh(), -0.96, 0.96)):
        values = module(torch.from_numpy(output))
        counted = np.mean((values.numpy() < low) | (values.numpy() > high))
        assert saturated_share(module, values) == pytest.approx(float(counted), abs=1e-3)
    assert saturated_share(torch.nn.ReLU(), values) is None


def test_what_several_passes_show_counts_together():
    network = torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Tanh())
    first, second = -torch.ones(40, 4, 2, 2), -torch.ones(40, 4, 2, 2)
    first[:, 0], second[:, 1] = 1, 50  # neither dead over both passes
    with listening(network) as found:
        network(first)
        network(second)
    assert found.dead == {"0": 0.5, "1": 0.5}
    assert found.saturated["1"] == pytest.approx(0.125)
    with listening(network) as few:
        network(first[:9])
    assert few.dead == few.saturated == {}


def test_hooks_are_removed_also_where_the_network_raises():
    network = torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Linear(3, 2))
    with pytest.raises(RuntimeError), listening(network):
        network(torch.zeros(40, 5, 2, 2))
    assert not network[0]._forward_hooks


def test_the_command_warns_on_stderr(convlens_command):
    status, _, err = convlens_command("train", "digits", "--epochs", 2, "--lr", 10)
    assert status == 0
    assert "warning: a step moves the weights of" in err
    assert "--lr 0.3" in err


@pytest.fixture
def convlens_command(capsys, monkeypatch, tmp_path):
    from convlens.cli.main import run

    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        status = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return call


@pytest.mark.parametrize("shape", [(5, 3, 4, 2), (7, 18, 1, 1), (1, 4, 3, 3)])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_extremes_of_each_channel(shape, layout):
    output = torch.randn(shape, generator=torch.Generator().manual_seed(0)).bfloat16()
    high, low = extremes(output.contiguous(memory_format=layout))
    for channel in range(shape[1]):
        assert float(high[channel]) == float(output[:, channel].max())
        assert float(low[channel]) == float(output[:, channel].min())
