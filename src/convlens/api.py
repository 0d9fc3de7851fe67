"""The names that a Python program begins with: ``convlens.train`` and ``convlens.load``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from convlens import pipeline
from convlens.classifier import Classifier
from convlens.errors import SettingsError
from convlens.files import as_output
from convlens.modelfile import MODEL_FORM
from convlens.notation import Architecture
from convlens.pipeline import Attendant, Event, Keep, Settings
from convlens.training.recipe import Value


def train(
    data: Any,
    net: str | Path | Architecture | None = None,
    *,
    out: str | Path | None = None,
    epochs: float | None = None,
    budget: float | None = None,
    target: float | None = None,
    batch: int | None = None,
    lr: float | None = None,
    recipe: Mapping[str, Value] | None = None,
    size: tuple[int, int] | None = None,
    seed: int = 0,
    device: Literal["auto", "cpu", "cuda"] = "auto",
    cache: bool = True,
    run: str | Path | None = None,
    base: str | Path | None = None,
    freeze: int | Literal["all-but-head"] | None = None,
    group_by: str | None = None,
    balance: Literal["weight", "resample"] | None = None,
    listen: Callable[[Event], None] = lambda event: None,
    attend: Attendant | None = None,
) -> Classifier:
    """Train a network on pictures; returns the classifier, and writes it to ``out`` if given.

    ``data`` is a folder with a subfolder for each class (or ``train`` and ``test`` with such
    subfolders), a .zip or .tar of one, an .npz, a pair of arrays (images, labels), or ``"digits"``.
    ``net`` is notation, a file of it or a name of the zoo. ``epochs`` or ``budget`` (seconds for
    the whole) say how long, ``target`` (0 to 1) at which validation accuracy it is enough;
    ``batch`` how many pictures a step takes; ``lr`` multiplies the recipe's learning rates,
    ``recipe`` changes any of its settings by name; ``size`` (width, height) is what pictures are
    brought to, in pixels.
    The same ``seed`` on the same processor, with as many threads, gives the same weights, unless a
    budget is given. ``base`` is a model file to go on from: a new head on its layers, of which the
    first ``freeze`` with weights, or all but the head, are held still. ``group_by`` is a regular
    expression: pictures in whose paths its first group finds the same stay on one side of the
    split. ``balance`` makes small classes count like large ones, by ``"weight"`` or by
    ``"resample"``.
    ``run`` is a folder that keeps what is needed to go on after any interruption: the same call
    again goes on with what is unfinished there. ``listen`` is called with every event on the way;
    ``attend`` looks in between any two of them, and may change the recipe or make training wait.
    How well it did stands in the result's ``training``. Raises ConvLensError for what the caller
    can mend.
    """
    settings = Settings(
        data=data,
        net=net,
        out=None if _path("out", out) is None else as_output(str(out), MODEL_FORM.example),
        epochs=epochs,
        budget=budget,
        target=target,
        batch=batch,
        lr=lr,
        recipe=recipe or {},
        size=size,
        seed=seed,
        device=device,
        cache=cache,
        base=_path("base", base),
        freeze=freeze,
        group_by=group_by,
        balance=balance,
    )
    folder = _path("run", run)
    keep = None if folder is None else Keep(folder)
    return pipeline.train(settings, listen, keep=keep, attend=attend).classifier


def _path(name: str, value: object) -> Path | None:
    if value is not None and not isinstance(value, str | Path):
        raise SettingsError(f"{name} is {value!r}", "give a path")
    return None if value is None else Path(value)


def load(path: str | Path) -> Classifier:
    """Read a model file. Raises ModelFileError where it is damaged, foreign or too new."""
    return Classifier.load(path)
