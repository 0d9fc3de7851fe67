"""The names that a Python program begins with: ``convlens.train`` and ``convlens.load``."""

from __future__ import annotations

import inspect
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import FrameType
from typing import Any, Literal

from convlens import pipeline
from convlens.classifier import Classifier
from convlens.errors import ConvLensWarning, SettingsError
from convlens.files import as_output
from convlens.modelfile import MODEL_FORM
from convlens.notation import Architecture
from convlens.pipeline import Attendant, Event, Keep, Note, Settings
from convlens.pipeline.settings import as_list
from convlens.training.events import BatchSplit, Warned, WentBack
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
    class_level: int | None = None,
    label_by: str | None = None,
    columns: Mapping[str, str] | None = None,
    classes: str | Sequence[str] | Mapping[str, str | Sequence[str]] | None = None,
    fit: Literal["stretch", "crop", "pad"] | None = None,
    test_share: float | None = None,
    without: str | Path | Iterable[str] | None = None,
    listen: Callable[[Event], None] | None = None,
    attend: Attendant | None = None,
    progress: bool = False,
) -> Classifier:
    """Train a network on pictures; returns the classifier, and writes it to ``out`` if given.

    ``data`` is a folder with a subfolder for each class (or ``train`` and ``test`` with such
    subfolders), a .zip or .tar of one, an .npz, or ``"digits"``; or what a program holds: a pair
    (images, labels), a data frame with columns ``file`` and ``label``, a data set whose items are
    (image, label), or a dict of parts, of arrays or of classes.
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
    ``class_level`` says which folder of a picture's path is its class, from 1 for the first or
    from -1 for the last; ``label_by`` is a regular expression that finds it in the path;
    ``columns`` names those of a table that hold ``file``, ``label`` and ``split``. ``classes``
    chooses and orders classes, or merges them: ``{"pet": ["cat", "dog"], "bird": "bird"}``.
    ``fit`` says how pictures of another shape are brought to size (``"stretch"``), ``test_share``
    how much is held back as a test part where there is none (0.2; 0 trains on all). ``without`` is
    the path of a list of pictures to leave out, as the page of ``convlens check`` saves it, or
    their names.
    ``run`` is a folder that keeps what is needed to go on after any interruption: the same call
    again goes on with what is unfinished there. ``listen`` is called with every event on the way;
    ``attend`` looks in between any two of them, and may change the recipe or make training wait.
    With ``progress`` a line tells how far it is, on a terminal and in a notebook, and a line for
    each epoch elsewhere. How well it did stands in the result's ``training``.

    What should be known of the data or the training is a ConvLensWarning, unless there is a
    ``listen``, which is told instead. Raises ConvLensError for what the caller can mend.
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
        class_level=class_level,
        label_by=label_by,
        columns=columns or {},
        classes=classes,
        fit=fit,
        test_share=test_share,
        without=as_list(without),
    )
    folder = _path("run", run)
    keep = None if folder is None else Keep(folder)
    caller = _Caller(inspect.currentframe())
    with _watch(progress) as watch:

        def hear(event: Event) -> None:
            if listen is not None:
                listen(event)
            elif (warning := _warning(event)) is not None:
                caller.warn(warning)
                return  # and not said twice
            watch(event)

        return pipeline.train(settings, hear, keep=keep, attend=attend).classifier


class _Caller:
    """Who called ``train``, so that warnings point there from any depth."""

    def __init__(self, frame: FrameType | None) -> None:
        assert frame is not None
        assert frame.f_back is not None
        self._frame = frame.f_back
        self._registry: Any = frame.f_back.f_globals.setdefault("__warningregistry__", {})

    def warn(self, text: str) -> None:
        """Warn as ``warnings.warn`` would there."""
        frame = self._frame
        warnings.warn_explicit(
            text,
            ConvLensWarning,
            frame.f_code.co_filename,
            frame.f_lineno,
            frame.f_globals.get("__name__"),
            self._registry,
        )


def _warning(event: Event) -> str | None:
    """What an event says that should be known, without the word that it begins with."""
    match event:
        case Note():
            return event.text.removeprefix("note: ")
        case Warned():
            return event.text
        case WentBack() | BatchSplit():
            from convlens.pipeline.watch import happening

            return happening(event).removeprefix("note: ")
    return None


def _watch(progress: bool) -> AbstractContextManager[Callable[[Event], None]]:
    if not progress or sys.stderr is None:
        return nullcontext(lambda event: None)
    from convlens.pipeline.watch import Watch  # rich only where it is wanted

    return Watch(quiet=False, closing=True)


def _path(name: str, value: object) -> Path | None:
    if value is not None and not isinstance(value, str | Path):
        raise SettingsError(f"{name} is {value!r}", "give a path")
    return None if value is None else Path(value)


def load(path: str | Path) -> Classifier:
    """Read a model file. Raises ModelFileError where it is damaged, foreign or too new."""
    return Classifier.load(path)
