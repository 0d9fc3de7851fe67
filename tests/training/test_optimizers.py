import subprocess
import sys

import pytest
import torch
from torch import nn

from convlens.training.muon import Muon, orthogonal
from convlens.training.optimizers import Optimizers
from convlens.training.recipe import Recipe
from convlens.training.rules import Adam


@pytest.mark.parametrize("shape", [(8, 27), (64, 27), (16, 16)])
def test_orthogonal_keeps_the_singular_vectors_and_evens_out_the_values(shape):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    u, s, v = torch.linalg.svd(matrix, full_matrices=False)
    found = orthogonal(matrix, steps=5)
    values = torch.diag(u.T @ found @ v.T)
    assert float(values.min()) > 0.4
    assert float(values.max()) < 1.3
    torch.testing.assert_close(u @ torch.diag(values) @ v, found, rtol=1e-3, atol=1e-3)
    assert float(s.max() / s.min()) > float(values.max() / values.min())


def test_muon_moves_by_its_rate_times_the_norm_and_keeps_the_norm():
    torch.manual_seed(0)
    filters = nn.Parameter(torch.randn(8, 3, 3, 3))
    norm = filters.detach().norm()
    muon = Muon([filters], rate=0.1, momentum=0.6)
    for _ in range(5):
        before = filters.detach().clone()
        filters.grad = torch.randn_like(filters)
        muon.step(1.0)
        scaled = before * norm / before.norm()
        assert float((filters - scaled).detach().norm() / norm) == pytest.approx(0.1, rel=1e-3)
    assert float(filters.detach().norm() / norm) == pytest.approx(1, abs=0.02)


def test_both_optimizers_descend():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(2, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 16, 3))
    x, y = torch.randn(30, 2, 6, 6), torch.arange(30) % 3
    optimizers = Optimizers(network, Recipe())
    losses = []
    for step in range(200):
        loss = nn.functional.cross_entropy(network(x), y)
        optimizers.zero_grad()
        loss.backward()
        optimizers.step(1 - step / 200)
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.05 < 1 < losses[0]


def test_a_rate_of_zero_moves_nothing():
    network = nn.Sequential(nn.Conv2d(2, 4, 3), nn.Flatten(), nn.Linear(64, 2))
    before = [p.detach().clone() for p in network.parameters()]
    optimizers = Optimizers(network, Recipe())
    network(torch.randn(3, 2, 6, 6)).sum().backward()
    optimizers.step(0.0)
    for p, q in zip(network.parameters(), before, strict=True):
        torch.testing.assert_close(p.detach(), q)


def test_frozen_parameters_are_left_out():
    network = nn.Sequential(nn.Conv2d(2, 4, 3), nn.Flatten(), nn.Linear(64, 2))
    network[0].weight.requires_grad_(False)
    listed = [p for part in Optimizers(network, Recipe()).parts for p in part.parameters]
    assert all(p is not network[0].weight for p in listed)
    assert len(listed) == 3


def test_adam_is_torchs():
    torch.manual_seed(0)
    ours, theirs = (nn.Parameter(torch.ones(5, 3)) for _ in range(2))
    adam = Adam([ours], rate=0.01)
    reference = torch.optim.Adam([theirs], lr=0.01, betas=(0.9, 0.95))
    for _ in range(20):
        ours.grad = torch.randn(5, 3)
        theirs.grad = ours.grad.clone()
        adam.step(1.0)
        reference.step()
        torch.testing.assert_close(ours, theirs)


def test_training_does_not_load_the_compiler():
    code = (
        "import sys, convlens as cl;"
        "cl.train('digits', 'CONV 4 - BN - RELU - POOL - FC', epochs=1);"
        "assert 'torch._dynamo' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
