"""What a page can have done: a run begun, paused, changed, ended, taken up again."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from convlens.errors import SettingsError
from convlens.errors.characters import printable
from convlens.studio.fitting import check_memory, checked, planned, room
from convlens.studio.hearing import hear
from convlens.studio.place import begun
from convlens.studio.refusal import RefusedError
from convlens.studio.run import LONGEST_NAME, Asked, Run
from convlens.studio.session import Session
from convlens.studio.subject import subject_of

CARRIED = "carried.safetensors"
"""In a run's folder: its weights as the next run took them over."""

MOST_EPOCHS = 100_000.0
"""As far as the knob turns."""

HAPPENING = ("reading", "ready", "training", "judging")
"""Phases of a run that are over once another run is opened."""


async def begin(
    session: Session,
    asked: Asked,
    *,
    go: bool,
    carry: str | None = None,
    after: Run | None = None,
) -> Run:
    """Begin a new run, with the knobs that were turned in the one it comes ``after``.

    Raises RefusedError where the training process will not.
    """
    taken = {run.id for run in session.runs}
    name = session.place.free_name(taken)
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    number = name.removeprefix("studio-")
    run = Run(name, f"Run {number}", session.place.folder / name, asked, now, carry=carry)
    run.turned = {} if after is None else dict(after.turned)
    await opened(session, run, resume=False, go=go)
    return run


async def opened(session: Session, run: Run, *, resume: bool, go: bool) -> None:
    """Have the training process turn to ``run``; from its answer on, what it tells is about it."""
    if not session.supervisor.alive:
        await session.supervisor.start()

    def turned() -> None:
        if session.current is not None and session.current.phase in HAPPENING:
            session.current.phase = "paused"  # its checkpoint is kept
        if run not in session.runs:
            session.runs.append(run)
        session.current = run
        session.revision += 1
        session.phase = run.phase = "reading"
        session.reading = session.error = session.testing = session.tested = None
        session.notes = [one for one in session.notes if one["run"] is None]
        session.touch(keep=True)

    await session.keep()  # the curves of the run that ends
    asked = run.asked.to_json()
    knobs = dict(run.turned)
    asked["epochs"] = knobs.pop("epochs", None) or asked["epochs"] or session.subject.epochs
    await session.ask(
        "open",
        then=turned,
        data=session.subject.said,
        labelling=session.subject.labelling.to_json(),
        run=run.id,
        folder=str(run.folder),
        resume=resume,
        go=go,
        carry=run.carry,
        knobs=knobs,
        epochs_before=run.facts["epochs_before"],
        **asked,
    )


async def look(session: Session, model: Path) -> None:
    """Have the training process show a trained network."""
    if not session.supervisor.alive:
        await session.supervisor.start()
    session.phase, session.error = "reading", None
    session.revision += 1
    session.current = Run(
        model.stem, model.stem, session.place.folder, Asked(), "", phase="looking"
    )
    session.current.facts |= {"net": session.subject.net, "model": str(model)}
    session.touch()
    await session.ask("look", model=str(model))


async def start(session: Session, values: Mapping[str, Any]) -> None:
    """Train: go on, learn on for longer, or take up again what was lost."""
    async with session.commanding:
        if session.phase in ("lost", "failed") and session.current is None:
            await begin_with(session, paused=False)
            return
        if session.subject.model is not None and session.phase == "lost":
            await look(session, session.subject.model)
            return
        run = session.learnable()
        match session.phase:
            case "lost" | "failed":
                run.series.version += 1
                await opened(session, run, resume=begun(run.folder), go=True)
            case "finished":
                left = None if run.stopped else _epochs(run)  # None: what it was stopped before
                epochs = _further(values.get("epochs")) or left
                await session.ask("extend", then=lambda: _reading(session, run), epochs=epochs)
            case "training" | "judging" | "empty":
                return
            case _:
                await session.ask("go")


def _reading(session: Session, run: Run) -> None:
    """A finished run is taken up again: whoever else pressed Start need not do so twice."""
    told = {"tell": "phase", "phase": "reading", "run": run.id}
    hear(session, told)


def _further(epochs: object) -> float | None:
    """The epochs that somebody asks for, if any. Raises SettingsError for what is none."""
    if epochs is None:
        return None
    if isinstance(epochs, bool) or not isinstance(epochs, int | float):
        raise SettingsError("the epochs are no number", "give a number of them")
    if not 0 < epochs <= MOST_EPOCHS:
        raise SettingsError("so many epochs are out of range", "give more than 0")
    return float(epochs)


def _epochs(run: Run) -> float:
    """How much longer a finished run learns where nobody says."""
    knob = (run.facts["knobs"] or {}).get("epochs") or {}
    return float(knob.get("value") or run.facts["epochs_planned"] or 1)


async def pause(session: Session) -> None:
    """Hold still before the next step."""
    session.learnable()
    if session.phase in ("training", "reading", "ready"):
        await session.ask("pause")


async def step(session: Session) -> None:
    """Make one step, then hold still."""
    session.learnable()
    session.looked_into()
    if session.phase == "finished":
        raise RefusedError("the run is finished", "Start lets it learn on")
    await session.ask("step")


async def stop(session: Session) -> None:
    """End the run: its best weights are judged and kept."""
    session.learnable()
    session.looked_into()
    if session.phase in ("finished", "judging"):
        return
    await session.ask("stop")


async def anew(session: Session) -> None:
    """Begin another run on the same network, with fresh weights.

    Raises ConvLensError where the pictures are gone; the present run goes on then.
    """
    async with session.commanding:
        run = session.learnable()
        await _look_again(session, run)
        await begin(session, run.asked, go=True, after=run)


async def change(session: Session, values: Mapping[str, Any]) -> dict[str, Any]:
    """Turn knobs; answers from which step on, and how all of them stand."""
    run = session.learnable()
    session.looked_into()
    _check_knobs(run, values)
    batch, net = values.get("batch"), run.facts["net"]
    if isinstance(batch, int) and net is not None:
        subject = session.subject
        plan = planned(net, subject.volume, len(subject.classes))
        check_memory(plan, subject.fewer(batch), room(session))
    answer, _ = await session.ask("knobs", **values)
    told = answer.get("knobs") or {}
    knobs = run.facts["knobs"] or {}
    for name, value in told.items():
        full = value if isinstance(value, dict) else {**knobs.get(name, {}), "value": value}
        knobs[name] = full
    run.facts["knobs"] = knobs
    stand = {name: knobs[name]["value"] for name in {*run.turned, *values} if name in knobs}
    run.turned = {name: value for name, value in stand.items() if value is not None}
    if "epochs" in knobs and not (run.over and not run.stopped):  # there: those to come
        run.plan_stretch(knobs["epochs"].get("value"))
    session.touch(keep=True)
    return answer


def _check_knobs(run: Run, values: Mapping[str, Any]) -> None:
    """See that ``values`` are of knobs. Raises SettingsError; RefusedError before there are any.

    Whatever else is sent would be taken for a part of the question to the training process.
    """
    known = run.facts["knobs"]
    if not known:
        raise RefusedError("the pictures are still being read", "wait a moment", passing=True)
    for name, value in values.items():
        if name not in known:
            raise SettingsError(
                f"there is no knob `{printable(name)[:60]}`", f"there are {', '.join(known)}"
            )
        _check_finite(name, value)


def _check_finite(name: str, value: object) -> None:
    if isinstance(value, dict | list):
        raise SettingsError(f"{name} is a list of things", "give a number or a word")
    if isinstance(value, float) and not math.isfinite(value):
        raise SettingsError(f"{name} is {value}", "give a number")


async def apply(session: Session, net: str, *, keep: bool, revision: int | None) -> Run:
    """Begin a run on the network ``net``, with the weights of layers that did not change or not.

    Raises RefusedError where another page was quicker, NotationError where it does not read or fit,
    SettingsError where the memory is too small for it.
    """
    async with session.commanding:
        run = session.learnable()
        if revision is not None and revision != session.revision:
            raise RefusedError(
                f"another page was quicker: {run.name} is on {run.facts['net'] or run.asked.net}",
                "look at it, then apply yours again",
            )
        await _look_again(session, run)
        plan = checked(net, session)
        carry = await _carried(session, run) if keep else None
        go = session.phase != "paused"
        asked = run.asked.on(str(plan.architecture))
        return await begin(session, asked, go=go, carry=carry, after=run)


async def _look_again(session: Session, run: Run) -> None:
    """Take note of how the pictures lie now. Raises ConvLensError where nothing can be learned."""
    subject = session.subject
    session.subject = await asyncio.to_thread(
        subject_of, subject.said, run.asked.size, subject.labelling
    )


async def _carried(session: Session, run: Run) -> str:
    """Write down the weights as they are; returns the file."""
    session.looked_into()
    path = run.folder / CARRIED
    await session.ask("save", path=str(path))
    return str(path)


async def open_run(session: Session, name: str) -> None:
    """Turn to an earlier run, paused where it stands."""
    async with session.commanding:
        run = session.find(name)
        if run is session.current and session.supervisor.alive:
            return
        if not begun(run.folder):
            raise RefusedError(f"the folder of {run.name} is gone", "take it from the list", 404)
        await opened(session, run, resume=True, go=False)


def forget(session: Session, name: str) -> dict[str, Any]:
    """Take a run from the list; its folder stays."""
    run = session.find(name)
    if run is session.current:
        raise RefusedError("this run is open", "open another one first")
    session.runs.remove(run)
    session.snapshots = [one for one in session.snapshots if one["run"] != run.id]
    session.touch(keep=True)
    return {"folder": str(run.folder)}


def rename(session: Session, name: str, new: str) -> None:
    """Give a run another name."""
    run = session.find(name)
    run.name = " ".join(new.split())[:LONGEST_NAME] or run.name
    session.touch(keep=True)


async def begin_with(session: Session, *, paused: bool) -> None:
    """Begin as a studio does when it is opened: where it was, or with a first run."""
    if session.subject.model is not None:
        await look(session, session.subject.model)
        return
    last = _last(session)
    if last is None:
        await begin(session, session.asked, go=not paused)
        return
    still = paused or last.over or last.phase == "paused"
    await opened(session, last, resume=begun(last.folder), go=not still)


def _last(session: Session) -> Run | None:
    """The run that was open when the studio ended, if it is what the command asks for."""
    open_then = session.place.document.get("current")
    last = next((run for run in session.runs if run.id == open_then), None)
    return last if last is not None and session.asked.is_met_by(last.asked) else None
