"""Steps that are recorded and replayed on a GPU, beside the same steps taken one by one."""

import numpy as np
import pytest
import torch

from convlens.network.build import Network, channels_last
from convlens.network.engine import Engine
from convlens.network.rewrite import for_training
from convlens.notation import Architecture
from convlens.training.faults import NotFiniteError
from convlens.training.learner import Learner
from convlens.training.losses import loss_for
from convlens.training.optimizers import Optimizers
from convlens.training.recipe import Recipe

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")

NET = "INPUT 12x12x3 - [CONV 8 nobias - POOL - BN - GELU]*2 - DROPOUT 0.3 - FC 16 - RELU - FC 5"


def learner(records, recipe=None, dtype=torch.float32):
    torch.manual_seed(0)
    network = channels_last(Network(Architecture(NET).plan()).to("cuda"))
    engine, loss = Engine(torch.device("cuda"), dtype), loss_for("softmax", 0.1)
    made = Learner(
        for_training(network), Optimizers(network, recipe or Recipe()), engine, loss, seed=3
    )
    made._records = records
    return made, network


def batches(count, size=32):
    random = torch.Generator().manual_seed(1)
    for _ in range(count):
        x = torch.randn(size, 3, 12, 12, generator=random).to(memory_format=torch.channels_last)
        yield x.cuda(), torch.randint(0, 5, (size,), generator=random).cuda()


@pytest.fixture(autouse=True)
def exact(monkeypatch):
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)
    monkeypatch.setattr(torch.backends.cudnn, "deterministic", True)


@pytest.mark.parametrize(
    "recipe",
    [Recipe(), Recipe(method="adam"), Recipe(method="sgd"), Recipe(weight_decay=0.1)],
    ids=["muon", "adam", "sgd", "decay"],
)
def test_recorded_steps_are_the_steps_dropout_included(recipe):
    (recorded, one), (plain, other) = learner(True, recipe), learner(False, recipe)
    for step, (pictures, labels) in enumerate(batches(12)):
        factor = 1 - step / 12
        found = recorded.descend(pictures, labels, step, factor)
        expected = plain.descend(pictures, labels, step, factor)
        assert found.loss == pytest.approx(expected.loss, rel=1e-4)
        assert found.right == expected.right
    assert recorded._graph is not None
    assert plain._graph is None
    for name, value in one.state_dict().items():
        torch.testing.assert_close(value, other.state_dict()[name], rtol=1e-3, atol=1e-4, msg=name)


def test_what_is_not_finite_leaves_the_weights_alone():
    recorded, network = learner(True)
    for step, (pictures, labels) in enumerate(batches(5)):
        recorded.descend(pictures, labels, step, 1.0)
    before = [one.clone() for one in network.parameters()]
    bad = torch.full_like(pictures, torch.nan)
    with pytest.raises(NotFiniteError):
        recorded.descend(bad, labels, 5, 1.0)
    for one, other in zip(before, network.parameters(), strict=True):
        assert torch.equal(one, other)


def test_batches_of_another_size_are_recorded_anew():
    recorded, _ = learner(True)
    for size in (32, 16, 32):
        for step, (pictures, labels) in enumerate(batches(4, size)):
            told = recorded.descend(pictures, labels, step, 1.0)
            assert np.isfinite(told.loss)
            assert 0 <= told.right <= size
