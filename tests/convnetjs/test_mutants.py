"""Snapshots as ConvNetJS would not write them are read, or refused in one line."""

from __future__ import annotations

import json
import os
import time

import numpy as np
import pytest

from convlens.classifier import Classifier
from convlens.convnetjs import read_snapshot, snapshot
from convlens.errors import ConvLensError, ModelFileError
from convlens.modelfile import model_bytes
from tests.convnetjs.test_reading import small, volume
from tests.mutating import mutant

QUICK = 1000
MANY = int(os.environ.get("CONVLENS_MUTANTS", "0"))
"""Mutants of the quick form, and of the long one."""

SLOWEST = 20.0


def several() -> dict[str, object]:
    """A snapshot with every kind of layer that is read, and names of classes."""
    out = {"out_sx": 3, "out_sy": 2, "out_depth": 2}
    ones = {
        "filters": [volume(1, 1, 1, [0.5]) for _ in range(2)],
        "biases": volume(1, 1, 2, [0, 1]),
    }
    flat = {"out_sx": 1, "out_sy": 1}
    last = [volume(1, 1, 2, [0.25, -1.5]) for _ in range(2)]
    return {
        "layers": [
            {"layer_type": "input", "out_sx": 3, "out_sy": 2, "out_depth": 1},
            {"layer_type": "conv", **out, "sx": 1, "sy": 1, "stride": 1, "pad": 0, "in_depth": 1,
             **ones},
            {"layer_type": "lrn", **out, "k": 1, "n": 3, "alpha": 0.1, "beta": 0.75},
            {"layer_type": "tanh", **out},
            {"layer_type": "pool", **flat, "out_depth": 2, "sx": 3, "sy": 2, "stride": 1, "pad": 0,
             "in_depth": 2},
            {"layer_type": "dropout", **flat, "out_depth": 2, "drop_prob": 0.5},
            {"layer_type": "fc", **flat, "out_depth": 2, "num_inputs": 2, "filters": last,
             "biases": {"sx": 1, "sy": 1, "depth": 2, "w": {"0": 0.5, "1": 1}}},
            {"layer_type": "maxout", **flat, "out_depth": 1, "group_size": 2},
            {"layer_type": "sigmoid", **flat, "out_depth": 1},
            {"layer_type": "fc", **flat, "out_depth": 2, "num_inputs": 1,
             "filters": [volume(1, 1, 1, [1]), volume(1, 1, 1, [2])],
             "biases": volume(1, 1, 2, [0, 0])},
            {"layer_type": "svm", **flat, "out_depth": 2, "num_inputs": 2},
        ],
        "classes": ["cat", "dog"],
    }  # fmt: skip


DOCUMENTS = (small(), several())


@pytest.fixture
def limited(monkeypatch):
    monkeypatch.setenv("CONVLENS_MAX_MEMORY", "256M")


def attempt(text: str, path) -> bool:
    """Whether the snapshot is read, and the model that it is predicts, is written and exported."""
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    begun = time.monotonic()
    try:
        found = read_snapshot(path)
        p = found.preprocessing
        picture = np.zeros((1, p.height, p.width, p.channels), np.uint8)
        model_bytes(found)
        Classifier(found).predictions(picture)
        json.dumps(snapshot(found), allow_nan=False)
    except ConvLensError as error:
        refused = error
    else:
        refused = None
    assert time.monotonic() - begun < SLOWEST
    check_line(refused)
    return refused is None


def check_line(refused: ConvLensError | None) -> None:
    if isinstance(refused, ModelFileError):
        assert "\n" not in refused.message
        assert len(refused.message) < 700


def tried(count: int, first: int, path) -> int:
    worked = 0
    for seed in range(first, first + count):
        try:
            worked += attempt(mutant(DOCUMENTS[seed % len(DOCUMENTS)], seed), path)
        except Exception as error:
            raise AssertionError(f"mutant {seed}: {type(error).__name__}: {error}") from error
    return worked


def test_mutants_are_read_or_refused(tmp_path, limited):
    worked = tried(QUICK, 0, tmp_path / "s.json")
    assert QUICK // 20 < worked < QUICK * 0.8


@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_was_not_changed_is_read(document, tmp_path, limited):
    assert attempt(json.dumps(document), tmp_path / "s.json")


@pytest.mark.fuzz
@pytest.mark.slow
@pytest.mark.skipif(not MANY, reason="takes as long as CONVLENS_MUTANTS says")
def test_many_mutants_are_read_or_refused(tmp_path, limited):
    worked = tried(MANY, 10_000_000, tmp_path / "s.json")
    print(f"\nsnapshots: {MANY:,} mutants: {worked:,} read, {MANY - worked:,} refused")
