"""ConvLens: a workbench for convolutional networks that classify pictures.

import convlens as cl

classifier = cl.train("digits")
classifier.predict("three.png")
cl.Architecture("INPUT - CONV - RELU - POOL - FC").plan((32, 32, 3), classes=10)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from convlens.api import load, train
    from convlens.classifier import Classifier, Prediction
    from convlens.errors import (
        ConvLensError,
        ConvLensWarning,
        DataError,
        ModelFileError,
        NotationError,
        OutputError,
        RunError,
        SettingsError,
    )
    from convlens.notation import Architecture

_HOMES = {
    "Architecture": "convlens.notation",
    "Classifier": "convlens.classifier",
    "ConvLensError": "convlens.errors",
    "ConvLensWarning": "convlens.errors",
    "DataError": "convlens.errors",
    "ModelFileError": "convlens.errors",
    "NotationError": "convlens.errors",
    "OutputError": "convlens.errors",
    "RunError": "convlens.errors",
    "Prediction": "convlens.classifier",
    "SettingsError": "convlens.errors",
    "load": "convlens.api",
    "train": "convlens.api",
}

__all__ = [
    "Architecture",
    "Classifier",
    "ConvLensError",
    "ConvLensWarning",
    "DataError",
    "ModelFileError",
    "NotationError",
    "OutputError",
    "Prediction",
    "RunError",
    "SettingsError",
    "load",
    "train",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that the command line starts fast."""
    if name not in _HOMES:
        raise AttributeError(f"module 'convlens' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
