"""The run that a folder holds from an earlier command, and whether this one may go on with it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convlens.errors import RunError
from convlens.pipeline.changes import changed_classes, changed_parts, changed_settings, told
from convlens.pipeline.settings import Keep, Settings
from convlens.runs.folder import RunFolder

if TYPE_CHECKING:
    from convlens.runs.checkpoint import Checkpoint
    from convlens.training.loop import Run

OTHERWISE = "begin anew with --fresh in place of --resume, or go on all the same with --anyway"

LENGTHS = ("epochs", "budget")
"""Settings that may change when a run is resumed."""

SETTLED = ("data", "net")
"""Settings of which only what they come to is compared then."""


class Earlier:
    """What there is to go on from. ``checkpoint`` is None where it has to begin anew.

    Raises RunError where this command may not go on with what is there. The folder is locked.
    """

    def __init__(self, folder: RunFolder, keep: Keep, settings: Settings) -> None:
        self.folder, self.keep, self.settings = folder, keep, settings
        self.document: dict[str, Any] = {}
        self.checkpoint: Checkpoint | None = None
        self.refused: list[str] = []  # checkpoints that are damaged
        finished = folder.state == "finished"
        if not folder.begun or keep.fresh or (finished and not keep.resume):
            return
        self.document = folder.settings()
        self._check_settings(finished)
        self.checkpoint, self.refused = folder.shelf.latest()
        if keep.resume and finished and self.checkpoint is None:
            raise RunError(f"{folder.path} is finished and its checkpoint is gone")

    @property
    def spent(self) -> float:
        """Seconds that earlier commands spent on the run."""
        return 0.0 if self.checkpoint is None else float(self.checkpoint.document["spent"])

    def told(self, name: str) -> dict[str, Any]:
        """A part of the run's settings. Raises RunError where it is missing."""
        value = self.document.get(name)
        if not isinstance(value, dict):
            path = self.folder.path / "settings.json"
            raise RunError(f"{path} lacks its {name}", "begin anew with --fresh")
        return value

    def settled(self, name: str) -> Any:
        """What was settled of ``name``, or None where nothing goes on."""
        return None if self.checkpoint is None else self.told("settled").get(name)

    def kept_settings(self) -> dict[str, Any]:
        """Settings as the first command gave them, where a resumed run only knows their outcome."""
        if not (self.document and self.keep.resume):
            return {}
        return {name: self.told("settings").get(name) for name in SETTLED}

    def check_classes(self, classes: Sequence[str]) -> None:
        """See that the pictures have the run's classes, before any is read. Raises RunError."""
        if (change := self._changed_classes(classes)) and not self.keep.anyway:
            raise RunError(
                f"{self.folder.path} was begun otherwise: {change}", self._with_new_head()
            )

    def restore(self, run: Run, settled: Mapping[str, Any]) -> None:
        """Bring ``run`` to where it was. Raises RunError where that changed or does not fit."""
        from convlens.pipeline.saving import state_of

        assert self.checkpoint is not None
        self._refuse(list(changed_parts(self.told("settled"), settled)))
        try:
            run.restore(state_of(self._for_new_length(self.checkpoint)))
        except (ValueError, KeyError, TypeError) as error:
            other = self._changed_classes(settled["data"]["classes"])
            raise RunError(
                f"the checkpoint in {self.folder.path} does not fit: {other or error}",
                self._with_new_head() if other else "begin anew with --fresh",
            ) from error

    def _changed_classes(self, classes: Sequence[str]) -> str:
        """How the run's classes differ from these; "" where they do not, or nothing goes on."""
        before = self.settled("data")
        return changed_classes(before.get("classes"), classes) if isinstance(before, dict) else ""

    def _with_new_head(self) -> str:
        """How to go on although the last layer has other classes to tell apart."""
        out = self.settings.out or Path(str(self.document.get("out")))
        places = [out, out.with_name(f"{out.stem}-unfinished{out.suffix}")]
        model = next((path for path in places if path.is_file()), None)
        if model is None:
            return (
                "begin anew with --fresh; there is no model file yet that --from could go on from"
            )
        data = self.settings.data if isinstance(self.settings.data, str | Path) else "DATA"
        command = shlex.join(["convlens", "train", str(data), "--from", str(model)])
        return f"{command} goes on from its model with a new head, or begin anew with --fresh"

    def _check_settings(self, finished: bool) -> None:
        asked = self.settings.to_json()
        if self.keep.resume:
            if finished:
                self._check_length(asked)
            asked = {k: v for k, v in asked.items() if k not in (*LENGTHS, *SETTLED)}
        self._refuse(list(changed_settings(self.told("settings"), asked)))

    def _check_length(self, asked: Mapping[str, Any]) -> None:
        """A run that is finished goes on only for longer than it went."""
        result = self.folder.result()
        length = float(self.told("settled").get("epochs") or 0)
        length = max(length, float(result.get("epochs") or 0))  # it may have been extended
        seconds = float(result.get("seconds") or 0)
        if (asked["epochs"] or 0) <= length and (asked["budget"] or 0) <= seconds:
            raise RunError(
                f"{self.folder.path} is finished",
                f"go on for longer: --epochs above {length:g}, or --budget above {seconds:.0f}s",
            )

    def _refuse(self, changes: list[str]) -> None:
        if changes and not self.keep.anyway:
            raise RunError(f"{self.folder.path} was begun otherwise: {told(changes)}", OTHERWISE)

    def _for_new_length(self, checkpoint: Checkpoint) -> Checkpoint:
        """Against another budget the time spent is another share of it."""
        budget = self.settings.budget
        if budget is not None and budget != self.told("settings").get("budget"):
            progress = min(self.spent / budget, 1.0)
            schedule = {**checkpoint.document["schedule"], "progress": progress}
            return replace(checkpoint, document={**checkpoint.document, "schedule": schedule})
        return checkpoint
