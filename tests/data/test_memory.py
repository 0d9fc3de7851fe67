"""How much a file from elsewhere may ask for."""

import subprocess
import sys

import pytest

from convlens.data import memory

GB = 1 << 30


@pytest.mark.parametrize(
    ("machine", "allowed"),
    [(1 << 20, 1 << 28), (1 * GB, GB * 3 // 4), (2 * GB, GB * 3 // 2), (4 * GB, 2 * GB),
     (8 * GB, 2 * GB), (16 * GB, 4 * GB), (128 * GB, 32 * GB)],
)  # fmt: skip
def test_a_quarter_of_the_memory_or_two_gigabytes(machine, allowed, monkeypatch):
    monkeypatch.delenv(memory.VARIABLE, raising=False)
    monkeypatch.setattr(memory, "physical_memory", lambda: machine)
    assert memory.allowed_memory() == allowed


@pytest.mark.parametrize(
    ("said", "allowed"),
    [("12G", 12 * GB), ("12GB", 12 * GB), ("1.5 GiB", 3 * GB // 2), ("500m", 500 << 20),
     (" 2T ", 2048 * GB), ("", 2 * GB)],
)  # fmt: skip
def test_the_variable_says_otherwise(said, allowed, monkeypatch):
    monkeypatch.setattr(memory, "physical_memory", lambda: 8 * GB)
    monkeypatch.setenv(memory.VARIABLE, said)
    assert memory.allowed_memory() == allowed


def test_what_a_hint_says_is_enough(monkeypatch):
    for needed in (1, GB - 1, GB, 17 * GB + 5):
        monkeypatch.setenv(memory.VARIABLE, memory.how_to_raise(needed).partition("=")[2])
        assert memory.allowed_memory() >= needed


def test_a_limit_of_addresses_counts():
    resource = pytest.importorskip("resource")
    code = "from convlens.data.memory import physical_memory; print(physical_memory())"
    limit = 3 * GB
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )  # fmt: skip
    assert int(done.stdout) == min(limit, memory.physical_memory())
