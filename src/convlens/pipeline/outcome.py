"""What a training came to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convlens.classifier import Classifier
from convlens.data import Skipped
from convlens.evaluation import Evaluation
from convlens.training.events import Learned


@dataclass(frozen=True, eq=False, slots=True)
class Outcome:
    """The classifier with all that is known of how it was made.

    ``averaged`` is ``test`` with unsure pictures looked at in several views.
    ``validation`` and ``test`` are figures of the state that was kept; either is None where there
    is no such part, ``test`` also where the run was interrupted. ``seconds`` are of the whole job;
    ``run`` is the folder in which it was kept.
    """

    classifier: Classifier
    path: Path | None
    parameters: int
    learned: Learned
    validation: Evaluation | None
    test: Evaluation | None
    averaged: Evaluation | None
    skipped: tuple[Skipped, ...]
    seconds: float
    run: Path | None = None
    target: float | None = None  # validation accuracy that was asked for
    ended: str = ""  # why training ended, where neither the target nor the user did it
    advice: str = ""  # what may reach a target that was not reached

    @property
    def reached(self) -> bool | None:
        """Whether the target was reached; None where there was none."""
        if self.target is None:
            return None
        return self.learned.best.validation_accuracy >= self.target

    def to_json(self) -> dict[str, Any]:
        """The result as a dictionary of plain values, the contract of ``train --json``."""
        validation, test = self.validation, self.test
        judged = test or validation
        return {
            "model": None if self.path is None else str(self.path),
            "architecture": str(self.classifier.architecture),
            "classes": list(self.classifier.classes),
            "parameters": self.parameters,
            "epochs": self.learned.epochs,
            "best_epoch": self.learned.best.epochs,
            "steps": self.learned.steps,
            "stopped": self.learned.stopped,
            "target": self.target,
            "target_reached": self.reached,
            "seconds": self.seconds,
            "training_seconds": self.learned.seconds,
            "images_per_second": self.learned.pictures_per_second,
            "train_accuracy": self.learned.best.train_accuracy,
            "validation_accuracy": None if validation is None else validation.accuracy,
            "validation_balanced_accuracy": None if validation is None else validation.balanced,
            "validation_log_loss": None if validation is None else validation.log_loss,
            "test_accuracy": None if test is None else test.accuracy,
            "test_accuracy_views": None if self.averaged is None else self.averaged.accuracy,
            "test_balanced_accuracy": None if test is None else test.balanced,
            "test_log_loss": None if test is None else test.log_loss,
            "class_accuracy": {
                name: figures.recall
                for name, figures in ({} if judged is None else judged.classes).items()
            },
            "run": None if self.run is None else str(self.run),
            "skipped": [{"file": one.file, "reason": one.reason} for one in self.skipped],
        }
