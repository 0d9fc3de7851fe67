"""A long night, in small: a thousand epochs leave nothing behind in memory."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

import convlens as cl
from convlens.pipeline import saving
from convlens.training.events import EpochDone

EPOCHS = 1000


def resident():
    """Bytes of memory in use."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def handles():
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_thousand_epochs_leave_memory_and_handles_as_they_were(tmp_path, monkeypatch):
    monkeypatch.setattr(saving, "SHARE", 0.2)  # many more checkpoints than a night would have
    random = np.random.default_rng(0)
    x, y = random.integers(0, 255, (60, 6, 6)).astype(np.uint8), np.arange(60) % 2
    memory, opened = [], []

    def listen(event):
        if isinstance(event, EpochDone) and event.epochs % 100 == 0:
            memory.append(resident())
            opened.append(handles())

    net = "CONV 4 - BN - RELU - POOL - DROPOUT 0.2 - FC"
    cl.train((x, y), net, epochs=EPOCHS, run=tmp_path / "run", listen=listen)
    grown = (memory[-1] - memory[2]) / 2**20
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    print(
        f"{EPOCHS:,} epochs in {result['seconds']:.1f} s, {result['checkpoint_seconds']:.1f} s of "
        f"them for checkpoints: {grown:+.1f} MiB since epoch 300, {opened[-1]} handles"
    )
    assert grown < 8
    assert opened[-1] <= opened[2]
    assert len(list((tmp_path / "run" / "checkpoints").iterdir())) == 1
