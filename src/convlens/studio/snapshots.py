"""Networks as files: kept on the way, brought from elsewhere, taken along."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from convlens.convnetjs import read_snapshot, snapshot
from convlens.errors import ModelFileError
from convlens.files import cannot_write
from convlens.modelfile import Model, read_model, write_model
from convlens.studio import commands
from convlens.studio.refusal import WRONG, RefusedError
from convlens.studio.run import LONGEST_NAME
from convlens.studio.session import Session
from convlens.studio.subject import subject_of

FOLDER = "snapshots"
"""In a run's folder."""

BROUGHT = "brought"
"""Folder of files that were brought from elsewhere, beside the run folders."""

MOST_JSON = 64 << 20
"""Bytes of a snapshot of ConvNetJS: reading it takes six times that, and nobody is answered."""


async def keep(session: Session, name: str) -> dict[str, Any]:
    """Keep the current network as it is; returns how it is listed."""
    run = session.learnable()
    session.looked_into()
    number = 1 + max((int(one["id"]) for one in session.snapshots), default=0)
    path = run.folder / FOLDER / f"{number}.safetensors"
    answer, _ = await session.ask("save", path=str(path))
    entry = {
        "id": str(number),
        "run": run.id,
        "step": answer.get("step"),
        "name": " ".join(name.split())[:LONGEST_NAME] or f"{run.name}, step {answer.get('step')}",
        "bytes": answer.get("bytes"),
        "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    session.snapshots = [*session.snapshots, entry]
    session.touch(keep=True)
    return entry


def find(session: Session, number: str) -> tuple[dict[str, Any], Path]:
    """A snapshot and its file. Raises RefusedError where either is gone."""
    for entry in session.snapshots:
        if entry["id"] == number:
            path = session.find(entry["run"]).folder / FOLDER / f"{int(number)}.safetensors"
            if path.is_file():
                return entry, path
            raise RefusedError(f"the file of {entry['name']} is gone", str(path), 404)
    raise RefusedError("there is no such snapshot", None, 404)


def as_convnetjs(path: Path) -> bytes:
    """A model's file as a snapshot of ConvNetJS. Raises ModelFileError."""
    return json.dumps(snapshot(read_model(path))).encode()


async def open_snapshot(session: Session, number: str) -> None:
    """Begin a run, paused, with the weights of a snapshot."""
    entry, path = find(session, number)
    model = await asyncio.to_thread(read_model, path)
    await _begin(session, model, path, str(entry["name"]))


async def open_file(session: Session, chunks: AsyncIterator[bytes], name: str) -> None:
    """Begin a run, paused, with the network of a model's file or a snapshot of ConvNetJS.

    Where there are no pictures to learn from, look into it. Raises ModelFileError, RefusedError.
    """
    path = await _put(session.place.folder / BROUGHT, name, chunks)
    names = session.subject.classes
    try:
        model = await asyncio.to_thread(_model, path, names if session.data else None, name)
    except ModelFileError as error:
        message = error.message.replace(str(path), name).replace(path.name, name)
        path.unlink(missing_ok=True)
        raise RefusedError(message, error.hint, WRONG) from error
    if session.subject.model is not None:
        async with session.commanding:
            session.subject = await asyncio.to_thread(subject_of, str(path))
            await commands.look(session, path)
        return
    try:
        await _begin(session, model, path, name)
    except RefusedError:
        path.unlink(missing_ok=True)
        raise


async def _put(folder: Path, name: str, chunks: AsyncIterator[bytes]) -> Path:
    """Write what comes to a file of its own, called about ``name``.

    Raises RefusedError where nothing comes, OutputError where it cannot be written.
    """
    stem = re.sub(r"[^\w.-]+", "-", Path(name).stem).strip(".-")[:LONGEST_NAME] or "model"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path, number = folder / f"{stem}.safetensors", 1
        while path.exists():
            number += 1
            path = folder / f"{stem}-{number}.safetensors"
        with path.open("xb") as file:
            try:
                async for chunk in chunks:
                    file.write(chunk)
                if not file.tell():
                    raise RefusedError("no file came", "send the bytes of a model", WRONG)
            except BaseException:
                path.unlink()
                raise
    except OSError as error:
        raise cannot_write(folder, error, "free some room") from error
    return path


def _model(path: Path, names: tuple[str, ...] | None, name: str) -> Model:
    """The model in ``path``, brought as ``name``, which one of ConvNetJS is made one of ours in."""
    with path.open("rb") as file:
        text = file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")
    if not text.startswith(b"{") and not name.lower().endswith(".json"):
        return read_model(path)
    if path.stat().st_size > MOST_JSON:
        raise ModelFileError(
            f"{path} is more than {MOST_JSON >> 20} MB of JSON, the most that is read here",
            "a model of so many weights is opened as .safetensors",
        )
    own = read_snapshot(path)
    numbered = own.classes == tuple(map(str, range(len(own.classes))))
    fits = names is not None and len(names) == len(own.classes)
    model = read_snapshot(path, names) if numbered and fits else own
    write_model(model, path)
    return model


async def _begin(session: Session, model: Model, path: Path, name: str) -> None:
    run = session.learnable()
    known = session.subject.classes
    if model.classes != known:
        raise RefusedError(
            f"{name} tells {_few(model.classes)} apart, the pictures here are {_few(known)}",
            f"look into it by itself: convlens studio {name}",
            WRONG,
        )
    async with session.commanding:
        asked = run.asked.on(str(model.architecture))
        await commands.begin(session, asked, go=False, carry=str(path), after=run)


def _few(classes: tuple[str, ...]) -> str:
    shown = ", ".join(classes[:3])
    return shown if len(classes) <= 3 else f"{shown}, … ({len(classes):,} classes)"
