"""What a studio is about: pictures to learn, or a trained network to look into."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from convlens.data import Labelling, check_divisible, learnable, open_source, survey
from convlens.data.sources.labelling import UNSAID
from convlens.defaults import batch_for, size_for
from convlens.errors import SettingsError
from convlens.modelfile import read_model
from convlens.notation import Volume
from convlens.paths import exists, expanded, is_dir

MODEL = ".safetensors"
"""Ending of files that are models, not pictures."""

DIGITS = "digits"

WATCHED_EPOCHS = 600.0
"""Passes over the digits: a minute to watch, where the usual 60 would be over in six seconds."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The pictures that networks here take, known before any process reads them.

    ``said`` is what the training process opens: a path, or the word ``digits``. ``volume`` is what
    pictures are brought to where a network does not say. ``model`` is set where there is nothing
    to learn from.
    """

    said: str
    classes: tuple[str, ...]
    volume: Volume
    pictures: int
    model: Path | None = None
    net: str | None = None  # of a model: its network
    labelling: Labelling = UNSAID

    @property
    def key(self) -> str:
        """What tells this subject from others, wherever the command is given."""
        said = self.labelling.to_json()
        return self.said if said is None else f"{self.said} {json.dumps(said, sort_keys=True)}"

    @property
    def epochs(self) -> float | None:
        """Passes where nobody says; None: as many as are usual."""
        return WATCHED_EPOCHS if self.said == DIGITS else None

    @property
    def batch(self) -> int:
        """Pictures in a step where nobody says."""
        return batch_for(self.pictures)

    def fewer(self, batch: int) -> int:
        """``batch``, or as many pictures as there are."""
        return min(batch, max(self.pictures, 1))


def subject_of(
    data: str, size: tuple[int, int] | None = None, labelling: Labelling = UNSAID
) -> Subject:
    """Look at ``data``, a path or ``digits``, without decoding it all.

    ``labelling`` says where its labels stand, if the layout does not.

    Raises ConvLensError where there is nothing to learn from, or no model to look into.
    """
    path = expanded(data)
    if path.suffix.lower() == MODEL and not is_dir(path):
        return _model(path)
    source = learnable(open_source(data, labelling))
    check_divisible(source)
    seen = survey(source)
    volume = Volume(*(size or size_for(seen)), seen.channels)
    said = str(path.absolute()) if exists(path) else data
    return Subject(said, tuple(source.classes), volume, len(source), labelling=labelling)


def _model(path: Path) -> Subject:
    model = read_model(path)
    return Subject(
        said=str(path.absolute()),
        classes=model.classes,
        volume=model.plan().input,
        pictures=0,
        model=path.absolute(),
        net=str(model.architecture),
    )


def only_looking() -> SettingsError:
    """What is said where something is to be trained in a studio that has only a model."""
    return SettingsError(
        "there are no pictures to learn from: this studio looks into a trained network",
        "convlens studio PHOTOS/ trains",
    )
