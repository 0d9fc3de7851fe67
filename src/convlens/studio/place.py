"""Where a studio keeps what outlives it: run folders, and ``studio.json`` beside them."""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from convlens.errors import OutputError, RunError
from convlens.files import cannot_write, write_atomically
from convlens.runs.folder import RUNS_HINT
from convlens.runs.lock import HeldError, Lock
from convlens.studio.run import Run
from convlens.studio.series import Series

FORMAT = 1
"""Version of ``studio.json`` that is written; newer ones are refused."""

NAME, CURVES = "studio.json", "curves.json"

OWNER_ONLY = 0o600
"""Permissions of the file that holds the token."""

TOKEN_BYTES = 24

_RUN = re.compile(r"studio-[1-9][0-9]*")


class Place:
    """The folder of a studio, locked from the making until ``close``.

    ``subject`` says what the studio is about; runs of another subject are left alone. Raises
    RunError where another studio is open there, OutputError where nothing can be written.
    """

    def __init__(self, folder: Path, subject: str, *, passing: bool = False) -> None:
        self.folder = folder.absolute()
        self.subject = subject
        self.passing = passing  # nothing here outlives the studio
        self.token = secrets.token_urlsafe(TOKEN_BYTES)
        self.port: int | None = None
        self.document: dict[str, Any] = {}
        self._lock = self._locked()
        try:
            self._load()
        except RunError:
            self._lock.release()
            raise

    @classmethod
    def scratch(cls, subject: str) -> Place:
        """A place that is gone with the studio."""
        return cls(Path(tempfile.mkdtemp(prefix="convlens-studio-")), subject, passing=True)

    def close(self) -> None:
        """Let others in."""
        if self.passing:
            import shutil

            shutil.rmtree(self.folder, ignore_errors=True)
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def runs(self) -> list[Run]:
        """The runs of this subject, the oldest first, those whose folder is gone left out."""
        found = []
        kept = self.document.get("runs")
        for one in kept if isinstance(kept, list) else ():
            with contextlib.suppress(KeyError, TypeError, ValueError):
                run = Run.from_json(one, self.folder)
                if _RUN.fullmatch(run.id) and begun(run.folder):
                    run.series = _curves(run.folder)
                    found.append(run)
        return found

    def free_name(self, taken: set[str]) -> str:
        """The name of a run folder that is not there yet."""
        number = 1
        while f"studio-{number}" in taken or (self.folder / f"studio-{number}").exists():
            number += 1
        return f"studio-{number}"

    def write(self, address: str, runs: list[dict[str, Any]], more: Mapping[str, Any]) -> None:
        """Keep all of it. Raises OutputError."""
        document = {
            "format": FORMAT,
            "subject": self.subject,
            "token": self.token,
            "port": self.port,
            "address": address,
            "runs": runs,
            "elsewhere": self.document.get("elsewhere", {}),
            **more,
        }
        _write(self.folder / NAME, document, OWNER_ONLY)

    def _locked(self) -> Lock:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            return Lock(self.folder / "studio.lock")
        except HeldError as error:
            address = _read(self.folder / NAME).get("address")
            raise RunError(
                f"another studio is open in {self.folder}: {address or 'it is just starting'}",
                "look there, or keep this one elsewhere: --runs FOLDER",
            ) from error
        except OSError as error:
            raise cannot_write(self.folder, error, RUNS_HINT) from error

    def _load(self) -> None:
        """Take up what an earlier studio left; runs of another subject are put aside."""
        found = _read(self.folder / NAME)
        version = found.get("format")
        if not isinstance(version, int):
            return
        if version > FORMAT:
            raise RunError(
                f"{self.folder / NAME} has format {version}; this ConvLens reads up to {FORMAT}",
                "update ConvLens: pip install --upgrade convlens",
            )
        elsewhere = found.get("elsewhere")
        aside: dict[str, Any] = dict(elsewhere) if isinstance(elsewhere, dict) else {}
        if found.get("subject") != self.subject:
            aside[str(found.get("subject"))] = {
                name: found.get(name) for name in ("runs", "snapshots", "current")
            }
            nothing: dict[str, Any] = {"runs": [], "snapshots": [], "current": None, "token": None}
            before = aside.pop(self.subject, None)
            found |= nothing | (before if isinstance(before, dict) else {})
        self.document = {**found, "elsewhere": aside}
        token, port = found.get("token"), found.get("port")
        if isinstance(token, str) and re.fullmatch(r"[\w-]{32}", token):
            self.token = token
        if isinstance(port, int) and 0 < port < 65536:
            self.port = port


def begun(folder: Path) -> bool:
    """Whether a run has begun in ``folder``, so that there is something to go on from.

    Before that whatever lies there would be taken for somebody else's.
    """
    return (folder / "settings.json").is_file()


def keep_curves(folder: Path, series: dict[str, Any]) -> None:
    """Keep the curves of a run in its folder, once it has begun there. Raises OutputError."""
    if begun(folder):
        _write(folder / CURVES, series)


def _curves(folder: Path) -> Series:
    try:
        return Series.from_json(_read(folder / CURVES))
    except (KeyError, TypeError, ValueError):
        return Series()


def _write(path: Path, document: Mapping[str, Any], mode: int = 0o666) -> None:
    text = json.dumps(document, indent=1, ensure_ascii=False)
    write_atomically(path, text.encode("utf-8", "surrogateescape"), RUNS_HINT, mode)


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8", errors="surrogateescape"))
    except (OSError, ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def place_for(folder: Path | None, default: Path, subject: str) -> tuple[Place, str | None]:
    """The place in ``folder``, or in ``default`` where none is given; and what is to be noted.

    Where the default cannot be written the studio goes on in a place that is gone with it.
    """
    try:
        return Place(folder or default, subject), None
    except OutputError as error:
        if folder is not None:
            raise
        return Place.scratch(subject), f"runs are gone with this studio: {error.message}"
