"""Files for TensorBoard, written as a training goes: a listener."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from convlens.errors import SettingsError
from convlens.pipeline.events import Event, Resumed
from convlens.training.events import EpochDone, Learned, StepDone


class Board:
    """Writes losses, accuracies and speed to ``folder``; the scale is the step.

    Raises SettingsError where the package that knows the format is missing.
    """

    def __init__(self, folder: Path) -> None:
        try:
            self._module: Any = importlib.import_module("tensorboardX")
        except ImportError as error:
            raise SettingsError(
                "files for TensorBoard want the package tensorboardX",
                'install it: pip install "convlens[tensorboard]"',
            ) from error
        self.folder = folder
        self._writer: Any = None

    def __call__(self, event: Event) -> None:
        """Write what ``event`` tells."""
        match event:
            case Resumed():  # what was written of later steps is hidden
                self._writer = self._open(purge_step=event.step + 1)
            case StepDone():
                self._writer = self._writer or self._open()
                self._add(event.step, {"loss/batch": event.loss})
            case EpochDone():
                figures = {
                    "loss/validation": event.validation_loss,
                    "accuracy/train": event.train_accuracy,
                    "accuracy/validation": event.validation_accuracy,
                    "pictures per second": event.pictures_per_second,
                }
                self._add(event.step, figures)
            case Learned():
                self._writer.close()

    def _open(self, **options: int) -> Any:
        return self._module.SummaryWriter(str(self.folder), **options)

    def _add(self, step: int, figures: dict[str, float]) -> None:
        for name, value in figures.items():
            self._writer.add_scalar(name, value, step)
