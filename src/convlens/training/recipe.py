"""How a network is trained: every choice but the network, the pictures and the length."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from convlens.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings of training, in the order in which a picture meets them.

    Learning rates are those of the first step; they fall linearly to zero over the run.
    """

    batch: int = 512
    """Pictures in a step; fewer where the training part is small."""
    shift: float = 0.0625
    """Largest shift, as a share of the picture's side; the border is mirrored."""
    zoom: float = 0.0
    """Largest share of the side that an enlarged view leaves out, 0 to 1."""
    flip: bool = True
    """Mirror each picture left to right in every other epoch."""
    whiten: bool = True
    """Begin the first convolution as whitening filters of the training pictures' own patches."""
    filters_rate: float = 0.1
    """Muon's learning rate of the filters, relative to their own size."""
    filters_momentum: float = 0.6
    rest_rate: float = 0.004
    """Adam's learning rate of all other parameters."""
    label_smoothing: float = 0.1
    gentle: float = 0.2
    """Share of the learning rates at which layers taken over from a trained model go on."""

    def __post_init__(self) -> None:
        for name, low, high in RANGES:
            value = getattr(self, name)
            if not low <= value <= high:
                raise SettingsError(f"{name} is {value}, outside {low:g} to {high:g}")

    def to_json(self) -> dict[str, Any]:
        """A dictionary of plain values."""
        return asdict(self)


RANGES: tuple[tuple[str, float, float], ...] = (
    ("batch", 1, 65536),
    ("shift", 0, 0.5),
    ("zoom", 0, 0.9),
    ("filters_rate", 0, 10),
    ("filters_momentum", 0, 0.999),
    ("rest_rate", 0, 10),
    ("label_smoothing", 0, 0.9),
    ("gentle", 0, 1),
)
"""Smallest and largest value of each number in a recipe."""
