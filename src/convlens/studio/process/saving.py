"""The network as it is now, as files that work elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convlens.convnetjs import snapshot
from convlens.modelfile import model_bytes
from convlens.pipeline.settling import told_of
from convlens.studio.process.blocks import Answer
from convlens.studio.process.slices import Slices, aside
from convlens.studio.process.subject import Subject

if TYPE_CHECKING:
    from convlens.pipeline import Work


def facts_of(work: Work) -> dict[str, Any]:
    """What a model file says of a training that is not over."""
    run = work.run
    return {
        **told_of(work.dataset, work.settings, run.recipe),
        "stopped": True,
        "step": run.steps,
        "epochs": run.epochs,
        "seconds": run.seconds,
    }


def save(subject: Subject, path: Path) -> Slices[Answer]:
    """Write a model file. Raises OutputError, also where another kind of file would be lost."""
    step, classifier = subject.step, subject.frozen()
    yield from aside(lambda: classifier.save(path))
    return Answer({"step": step, "bytes": path.stat().st_size})


def model_file(subject: Subject) -> Slices[Answer]:
    """The content of a model file."""
    return (yield from _blob(subject, model_bytes))


def convnetjs(subject: Subject) -> Slices[Answer]:
    """The snapshot that ConvNetJS reads. Raises ModelFileError where it lacks a layer."""
    return (yield from _blob(subject, lambda model: json.dumps(snapshot(model)).encode()))


def _blob(subject: Subject, made: Callable[[Any], bytes]) -> Slices[Answer]:
    step, model = subject.step, subject.frozen().model
    blob = yield from aside(lambda: made(model))
    return Answer({"step": step, "bytes": len(blob)}, blob)
