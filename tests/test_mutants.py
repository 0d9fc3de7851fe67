"""Model files as nobody would write them work, or are refused in one line; nothing else happens."""

from __future__ import annotations

import json
import os
import random
import resource
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save

from convlens.classifier import Classifier
from convlens.convnetjs import snapshot
from convlens.data import open_source
from convlens.errors import ConvLensError, ModelFileError
from convlens.evaluation import evaluate
from convlens.evaluation.pictures import pictures_for
from convlens.heads import for_classes
from convlens.lens.passes import passed
from convlens.lens.scores import probabilities_in
from convlens.modelfields import fact
from convlens.modelfile import KEY, model_bytes, read_model
from convlens.studio.process.ended import recipe_of
from tests.mutating import mutant, written
from tests.test_modelfile import model

QUICK = 1600
MANY = int(os.environ.get("CONVLENS_MUTANTS", "0"))
"""Mutants of the quick form, and of the long one."""

SLOWEST = 20.0  # seconds for all that is done with one mutant, on a busy machine

TEXT = "INPUT 8x8x1 - CONV 4 - BN - RELU - LRN n=3 - POOL 2x2 - CONV 4 - MAXOUT 2 - POOL - FC"

TRAINING = {
    "recipe": {"flip": True, "shift": 0.0625, "batch": 16, "method": "muon", "rate": None},
    "data": {"fingerprint": "00ff", "source": "digits", "train": 20, "test": 4},
    "seed": 3, "step": 12, "stopped": False, "test_accuracy": 0.75, "versions": {"torch": "2.11"},
}  # fmt: skip


@pytest.fixture(scope="module")
def sound():
    """A document with every field that code reads, and its tensors."""
    made = model(TEXT)
    document = {
        "format": 2,
        "architecture": str(made.architecture),
        "classes": list(made.classes),
        "preprocessing": made.preprocessing.to_json(),
        "calibration": {"temperature": made.temperature},
        "training": TRAINING,
    }
    seen = np.arange(12, dtype=np.uint8).reshape(2, 6)
    return document, {**made.weights, "seen.train": seen, "seen.validation": seen}


@pytest.fixture(scope="module")
def pixels():
    return np.random.default_rng(0).integers(0, 256, (3, 8, 8, 1)).astype(np.uint8)


@pytest.fixture(scope="module")
def uses(pixels) -> list[Callable[[Classifier], object]]:
    """What is done with a model that was read, each by itself."""
    source = open_source((pixels, np.array(["a", "b", "a"])))

    def in_numpy(classifier: Classifier) -> None:
        scores = classifier._arrays.scores(pixels)
        assert scores.shape == (3, len(classifier.classes))

    def judged(classifier: Classifier) -> None:
        found = pictures_for(classifier, source, cache=False)
        evaluate(classifier, found.pictures, views=True)

    def looked(classifier: Classifier) -> None:
        probabilities_in(passed(classifier, pixels[0]))

    def exported(classifier: Classifier) -> None:
        json.dumps(snapshot(classifier.model), allow_nan=False)

    def relabelled(classifier: Classifier) -> None:
        other = classifier.with_training(note="x").with_temperature(2.0)
        again = model_bytes(other.model)
        assert KEY.encode() in again
        for_classes(classifier.architecture, 5)
        recipe_of(classifier.model)
        assert fact(classifier.training, "step") is None or fact(classifier.training, "step") >= 0

    return [
        in_numpy, judged, looked, exported, relabelled,
        lambda classifier: classifier.predictions(pixels),
        lambda classifier: classifier.predictions(pixels, views=True),
    ]  # fmt: skip


def attempt(content: bytes, path, uses: list[Callable[[Classifier], object]]) -> str:
    """``refused`` as it was read, ``stopped`` by what was done with it, or ``worked``."""
    path.write_bytes(content)
    begun = time.monotonic()
    try:
        classifier = Classifier(read_model(path))
    except ModelFileError as error:
        check_line(error)
        return "refused"
    outcome = "worked"
    for use in uses:
        try:
            use(classifier)
        except ConvLensError:
            outcome = "stopped"
    assert time.monotonic() - begun < SLOWEST
    return outcome


def check_line(refused: ModelFileError) -> None:
    assert len(refused.message) < 700
    assert "\n" not in refused.message


def with_tensors(seed: int, tensors: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """One tensor of another kind, shape or size, gone, new, or with odd values."""
    chance = random.Random(seed)
    changed = {name: values.copy() for name, values in tensors.items()}
    name = chance.choice(sorted(changed))
    values = changed[name]
    kind = chance.choice(
        ("value", "value", "value", "all", "kind", "shape", "gone", "new", "other")
    )
    odd = (np.nan, np.inf, -np.inf, 3e38, -3e38, 1e-45, -1e-45, 0.0, -1.0, 1e20)
    if kind in ("value", "all") and values.dtype == np.float32:
        place = slice(None) if kind == "all" else chance.randrange(values.size)
        values.reshape(-1)[place] = chance.choice(odd)
    elif kind == "kind":
        kinds = (np.float16, np.float64, np.int8, np.uint8, np.int64, np.bool_)
        changed[name] = values.astype(chance.choice(kinds))
    elif kind == "shape":
        shapes = (values.T, values.ravel(), values[None], values[:0], values[:1], values.sum())
        changed[name] = np.array(chance.choice(shapes))
    elif kind == "gone":
        del changed[name]
    else:
        name = chance.choice(("more", "seen.", "seen.test", "seen.train", "", "bn1", "conv1"))
        changed[name] = np.zeros(chance.choice(((), (3,), (2, 6), (2, 5))), np.uint8)
    return changed


def content_of(seed: int, document: Any, tensors: Mapping[str, np.ndarray]) -> bytes:
    """The file of mutant number ``seed``: of three, two have another document."""
    if seed % 3 == 2:
        changed = with_tensors(seed, tensors)
        return save({k: np.ascontiguousarray(v) for k, v in changed.items()},
                    metadata={KEY: written(document)})  # fmt: skip
    return save(dict(tensors), metadata={KEY: mutant(document, seed)})


@pytest.fixture
def limited(monkeypatch):
    monkeypatch.setenv("CONVLENS_MAX_MEMORY", "256M")


def tried(count: int, first: int, sound, uses, path, each: int) -> dict[str, int]:
    """Outcomes of ``count`` mutants, each used in ``each`` ways."""
    found = {"worked": 0, "stopped": 0, "refused": 0}
    for seed in range(first, first + count):
        chosen = random.Random(seed).sample(uses, each)
        try:
            found[attempt(content_of(seed, *sound), path, chosen)] += 1
        except Exception as error:
            raise AssertionError(f"mutant {seed}: {type(error).__name__}: {error}") from error
    return found


def test_mutants_work_or_are_refused(sound, uses, tmp_path, limited):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = tried(QUICK, 0, sound, uses, tmp_path / "m.safetensors", 2)
    assert min(found["worked"], found["refused"]) > QUICK // 8, (
        found
    )  # it mutates, and not too much
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1_200_000  # kB


def test_what_was_not_changed_works(sound, uses, tmp_path, limited):
    content = save(dict(sound[1]), metadata={KEY: written(sound[0])})
    assert attempt(content, tmp_path / "m.safetensors", uses) == "worked"


@pytest.mark.fuzz
@pytest.mark.slow
@pytest.mark.skipif(not MANY, reason="takes as long as CONVLENS_MUTANTS says")
def test_many_mutants_work_or_are_refused(sound, uses, tmp_path, limited):
    found = tried(MANY, 10_000_000, sound, uses, tmp_path / "m.safetensors", len(uses))
    print(f"\nmodel files: {MANY:,} mutants: {found}")
