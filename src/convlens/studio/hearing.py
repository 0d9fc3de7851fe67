"""What the training process tells unasked, taken into the session."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convlens.studio.run import TOLD, Run
from convlens.studio.series import finite

if TYPE_CHECKING:
    from convlens.studio.session import Session

Told = Mapping[str, Any]


def hear(session: Session, told: Told) -> None:
    """Take in one thing that was told; what is about another run, or unknown, is passed over."""
    run = session.current
    if run is not None and told.get("run", run.id) != run.id:
        return
    heard = OF_THE_STUDIO.get(str(told["tell"]))
    if heard is not None:
        heard(session, told)
    of_a_run = OF_A_RUN.get(str(told["tell"]))
    if of_a_run is not None and run is not None:
        of_a_run(run, told)
    if heard is not None or of_a_run is not None:
        session.touch(keep=told["tell"] in KEPT_AFTER)


KEPT_AFTER = ("ready", "phase", "finished", "failed", "looked", "changed")
"""What is worth writing down soon."""


def _reading(session: Session, told: Told) -> None:
    session.phase = "reading"
    session.reading = {"done": told.get("done"), "total": told.get("total")}


def _ready(session: Session, told: Told) -> None:
    session.take_data(dict(told["data"]))
    session.reading = None
    session.error = None
    if session.phase in ("reading", "empty"):
        session.phase = "ready"


def _phase(session: Session, told: Told) -> None:
    session.phase = str(told["phase"])
    if session.phase not in ("failed", "lost"):
        session.error = None
    if session.phase != "reading":
        session.reading = None


def _note(session: Session, told: Told) -> None:
    session.note(str(told["text"]).removeprefix("note: "), "note", _about(session))


def _warned(session: Session, told: Told) -> None:
    session.note(str(told["text"]), "warning", _about(session))


def _about(session: Session) -> str | None:
    return None if session.current is None else session.current.id


def _failed(session: Session, told: Told) -> None:
    session.fail(str(told["message"]), told.get("hint"))


def _testing(session: Session, told: Told) -> None:
    done, total = told["done"], told["total"]
    session.testing = None if done >= total else {"done": done, "total": total}


def _run_ready(run: Run, told: Told) -> None:
    run.take(told, ("net", "parameters", "multiply_adds", "engine", "resumed_step"))
    run.facts["epochs_planned"] = told.get("epochs")
    run.facts["epochs_before"] = told.get("epochs_before") or 0.0
    run.facts["knobs"] = dict(told.get("knobs") or {})
    run.facts["defaults"] = dict(told.get("defaults") or {})
    run.back_to = int(told.get("resumed_step") or 0)


def _run_phase(run: Run, told: Told) -> None:
    if run.over and told["phase"] in ("reading", "training"):  # what was judged is the past
        run.facts |= {"test_accuracy": None, "test_accuracy_views": None}
    run.phase = str(told["phase"])
    if run.back_to is not None and run.phase in ("training", "paused"):
        run.series.cut(run.back_to)
        run.facts["step"] = run.back_to
    if run.phase != "reading":
        run.back_to = None  # of a run that is over all steps stay


def _progress(run: Run, told: Told) -> None:
    run.take(told, TOLD)
    if points := told.get("points"):
        run.series.add(points)


def _looked(run: Run, told: Told) -> None:
    run.take(told, ("validation_accuracy",))
    if told.get("best"):
        run.facts["best_accuracy"] = finite(told.get("validation_accuracy"))
    run.series.look({name: value for name, value in told.items() if name not in ("tell", "run")})


def _changed(run: Run, told: Told) -> None:
    changes = {KNOBS.get(name, name): pair for name, pair in told["changes"].items()}
    for name, (_, new) in changes.items():
        if name in (run.facts["knobs"] or {}):
            run.facts["knobs"][name] = {**run.facts["knobs"][name], "value": new}
        if name == "epochs":
            run.plan_stretch(new)
    shown = {name: pair for name, pair in changes.items() if name not in FOLLOWING}
    words = ", ".join(_change(name, old, new) for name, (old, new) in (shown or changes).items())
    run.series.mark(int(told["step"]), words[:1].upper() + words[1:])


def _finished(run: Run, told: Told) -> None:
    names = ("test_accuracy", "test_accuracy_views", "validation_accuracy", "seconds", "model")
    run.take(told, names)
    if run.facts["model"] is not None:
        run.facts["model"] = str(Path(run.facts["model"]).absolute())
    run.stopped = bool(told.get("stopped"))


OF_THE_STUDIO: dict[str, Callable[[Session, Told], None]] = {
    "reading": _reading,
    "ready": _ready,
    "phase": _phase,
    "note": _note,
    "warned": _warned,
    "failed": _failed,
    "testing": _testing,
}

OF_A_RUN: dict[str, Callable[[Run, Told], None]] = {
    "ready": _run_ready,
    "phase": _run_phase,
    "progress": _progress,
    "looked": _looked,
    "changed": _changed,
    "finished": _finished,
}

KNOBS = {"filters_rate": "rate", "filters_momentum": "momentum"}
"""Knobs that turn a setting of another name."""

FOLLOWING = ("rest_rate",)
"""Settings that change along with another."""

LABELS = {
    "rate": "learning rate",
    "batch": "batch size",
    "weight_decay": "weight decay",
    "fall": "learning rate falls",
    "flip": "mirror",
}
"""Words for knobs whose names are not words."""


def _change(name: str, old: Any, new: Any) -> str:
    return f"{LABELS.get(name, name)} {_value(old)} → {_value(new)}"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, int | float) else str(value)
