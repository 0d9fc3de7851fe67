"""Where a training's model and run folder go, and which run the same command left unfinished."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from convlens.errors import ConvLensError, RunError, SettingsError
from convlens.files import is_stream
from convlens.paths import exists
from convlens.pipeline.settings import Settings
from convlens.runs.folder import RunFolder

RUNS = "runs"
"""Folder of run folders, beside the model file."""


def folder_for(out: Path, runs: Path | None) -> Path:
    """The run folder of a model file: ``runs/<its name>`` beside it, or in ``runs`` if given.

    That of what is no file, as /dev/null, is in the current folder.
    """
    beside = Path() if is_stream(out) else out.parent
    return (beside / RUNS if runs is None else runs) / (out.stem or "run")


def is_taken(out: Path, runs: Path | None) -> bool:
    """Whether the run folder of that model file is in use or somebody else's."""
    folder = RunFolder(folder_for(out, runs))
    try:
        return exists(folder.path) and not folder.vacant
    except OSError:  # whoever wants to keep a run there is told
        return False


def unfinished(settings: Settings, runs: Path) -> tuple[Path, Path] | None:
    """Model file and run folder of a run in ``runs`` that the same command left unfinished."""
    asked = settings.to_json()
    for path in _entries(runs):
        folder = RunFolder(path)
        try:
            document = folder.settings()
        except ConvLensError:
            continue
        told = document.get("settings")
        same = isinstance(told, dict) and all(told.get(n) == v for n, v in asked.items())
        if same and folder.state != "finished":
            out = document.get("out")
            if isinstance(out, str) and not is_stream(Path(out)):
                return _near(Path(out)), path
    return None


def _entries(folder: Path) -> list[Path]:
    """What lies in ``folder``, in order; nothing where that cannot be told."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def found(run: str, runs: Path | None) -> Path:
    """The run folder that ``run`` names: its path, or its name in the folder of runs."""
    direct, inside = Path(run), (runs or Path(RUNS)) / run
    return inside if RunFolder(inside).begun and not RunFolder(direct).begun else direct


def resumed(folder: Path, given: Mapping[str, Any]) -> Settings:
    """The settings of the run in ``folder``, those ``given`` put in their place.

    Raises RunError where they do not read, or the pictures were held in memory.
    """
    document = RunFolder(folder).settings()
    told, out = document.get("settings"), document.get("out")
    settled = document.get("settled")
    if not isinstance(told, dict) or not isinstance(settled, dict) or not isinstance(out, str):
        raise RunError(f"{folder / 'settings.json'} lacks settings", "begin anew with --fresh")
    if told.get("base") is None:
        told = {**told, "net": settled.get("architecture")}
    if given.get("epochs") is not None or given.get("budget") is not None:
        told |= {"epochs": None, "budget": None}
    more = {"out": _near(Path(out)), **given}
    if told.get("data") is None and more.get("data") is None:
        raise RunError(
            f"the pictures of {folder} were given in memory", "go on from Python: train(run=…)"
        )
    try:
        return Settings.from_json(told, **more)
    except SettingsError as error:
        path = folder / "settings.json"
        raise RunError(f"{path}: {error.message}", "begin anew with --fresh") from error


def _near(path: Path) -> Path:
    """``path`` as it reads from the current folder, where it lies in it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
