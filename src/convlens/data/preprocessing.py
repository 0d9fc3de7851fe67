"""How the bytes of a picture become the input of a network, as one value that travels with it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from convlens.data.tones import EACH, PLAIN, Tones
from convlens.errors import ModelFileError, SettingsError

Fit = Literal["stretch", "crop", "pad"]
"""How a picture of another shape is brought to size.

``stretch`` changes the aspect ratio, ``crop`` keeps it and cuts the longer sides evenly, ``pad``
keeps it and fills the rest with black.
"""

LARGEST_SIDE = 4096
"""Pixels: the widest and the highest input that a network can be given."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """Size of the pictures that a network takes: ``width`` × ``height`` pixels, ``channels`` deep.

    ``tones`` say how values of another depth, and transparency, become 8 bits. Raises
    SettingsError for a side outside 1..4096, ``channels`` not 1 or 3, or an unknown ``fit``.
    """

    width: int
    height: int
    channels: int
    fit: Fit = "stretch"
    tones: Tones = PLAIN

    def __post_init__(self) -> None:
        for side in (self.width, self.height):
            if not _is_whole(side) or not 1 <= side <= LARGEST_SIDE:
                message = f"a picture cannot be {self.width}x{self.height} pixels"
                raise SettingsError(message, f"give sides of 1 to {LARGEST_SIDE}")
        if not _is_whole(self.channels) or self.channels not in (1, 3):
            message = f"a picture cannot have {self.channels} channels"
            raise SettingsError(message, "give 1 (grey) or 3 (colour)")
        if self.fit not in get_args(Fit):
            raise SettingsError(f"unknown fit `{self.fit}`", "choose stretch, crop or pad")

    @property
    def shape(self) -> tuple[int, int, int]:
        """``(height, width, channels)``, the shape of one picture's pixels."""
        return (self.height, self.width, self.channels)

    @property
    def mode(self) -> Literal["L", "RGB"]:
        """What Pillow calls 8-bit pixels of this many channels."""
        return "L" if self.channels == 1 else "RGB"


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """From a picture's bytes to a network's input: decode to size, then ``(x / 255 - mean) / std``.

    ``mean`` and ``std`` hold one number per channel, in units of pixel / 255. Raises SettingsError
    where a value is out of range.
    """

    width: int
    height: int
    channels: int
    fit: Fit = "stretch"
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    tones: Tones = PLAIN

    def __post_init__(self) -> None:
        channels = self.geometry.channels  # checks the four
        object.__setattr__(self, "mean", tuple(map(float, self.mean)) or (0.0,) * channels)
        object.__setattr__(self, "std", tuple(map(float, self.std)) or (1.0,) * channels)
        for what, values in (("mean", self.mean), ("std", self.std)):
            if len(values) != channels or not all(map(math.isfinite, values)):
                raise SettingsError(f"`{what}` must hold {channels} finite numbers: {values}")
        if min(self.std) <= 0:
            raise SettingsError(f"`std` must be above 0 in every channel: {self.std}")

    @property
    def geometry(self) -> Geometry:
        """All but mean and deviation."""
        return Geometry(self.width, self.height, self.channels, self.fit, self.tones)

    def to_json(self) -> dict[str, Any]:
        """Return the values as a dict that ``json.dumps`` takes and ``from_json`` reads."""
        told = asdict(self) | {"mean": list(self.mean), "std": list(self.std)}
        del told["tones"]
        return told | self.tones.to_json()

    @classmethod
    def from_json(cls, obj: object) -> Preprocessing:
        """Read what ``to_json`` wrote; raises ModelFileError where anything is missing or off.

        Older files tell no greys and no background: their pictures had each its own range, and lay
        over white.
        """
        if not isinstance(obj, Mapping):
            raise ModelFileError("the preprocessing in the model file is not an object")
        obj = {**UNTOLD, **obj}
        expected = {"width", "height", "channels", "fit", "mean", "std", *UNTOLD}
        if set(obj) != expected:
            odd = ", ".join(sorted(map(str, set(obj) ^ expected)))
            raise ModelFileError(f"the preprocessing in the model file lacks or adds: {odd}")
        if not all(_is_numbers(obj[key]) for key in ("mean", "std")):
            raise ModelFileError("the preprocessing in the model file has a mean or std amiss")
        try:
            values = {**obj, "mean": tuple(obj["mean"]), "std": tuple(obj["std"])}
            tones = Tones(values.pop("greys"), values.pop("background"))
            return cls(**values, tones=tones)
        except (SettingsError, TypeError, OverflowError) as error:
            first_line = str(error).partition("\n")[0]
            raise ModelFileError(f"the preprocessing in the model file: {first_line}") from error


UNTOLD: dict[str, Any] = {"greys": EACH, "background": "white"}
"""What holds where a preprocessing, written before there were tones, says nothing of them."""


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_numbers(value: object) -> bool:
    return (
        isinstance(value, list | tuple)
        and len(value) > 0
        and all(isinstance(v, int | float) and not isinstance(v, bool) for v in value)
    )
