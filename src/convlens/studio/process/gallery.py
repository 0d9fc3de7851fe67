"""Pictures by reference: ``test:12`` of the data's parts, ``upload:7`` of what was brought."""

from __future__ import annotations

import io
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convlens.data import Dataset, Geometry, Pictures, decode
from convlens.data.formats import open_picture, quiet
from convlens.data.metadata import orientation
from convlens.data.names import printable
from convlens.errors import DataError, RunError, SettingsError

PARTS = ("test", "validation", "train")
"""Parts of the data, each of which stands for the one before where that is empty."""

MOST_UPLOADS, MOST_BYTES = 64, 128 << 20
"""Pictures brought that are kept, and the bytes of all their files together."""

MOST_LISTED = 500
"""Pictures told of in one answer."""

MOST_DIGITS = 18
"""Of a picture's number; Python itself reads no more than 4,300."""

MEASURED = 200
"""Pictures whose edges say whether the ground is dark."""

SIDEWAYS = 5
"""Orientations from this one on swap width and height."""


class Found(NamedTuple):
    """A picture at the network's size (H, W, C), its class where that is known, and its name."""

    pixels: NDArray[np.uint8]
    label: int | None
    name: str


@dataclass(slots=True, eq=False)
class Upload:
    """A picture brought by the user, and its pixels at the size last asked for."""

    name: str
    content: bytes
    geometry: Geometry | None = None
    pixels: NDArray[np.uint8] | None = None


class Gallery:
    """The pictures that can be looked at. ``dataset`` is None where there are only uploads."""

    def __init__(self) -> None:
        self.dataset: Dataset | None = None
        self._uploads: OrderedDict[str, Upload] = OrderedDict()
        self._count = 0

    def put(self, name: str, content: bytes, geometry: Geometry) -> dict[str, Any]:
        """Keep a picture's file. Raises DataError where it is none."""
        shown = printable(name)[:120] or "the picture"
        pixels = _decoded(content, geometry, shown)
        width, height = _upright_size(content)
        self._count += 1
        reference = f"upload:{self._count}"
        self._uploads[reference] = Upload(shown, content, geometry, pixels)
        while len(self._uploads) > MOST_UPLOADS or (len(self._uploads) > 1 and self._full()):
            self._uploads.popitem(last=False)
        return {"picture": reference, "width": width, "height": height}

    def _full(self) -> bool:
        return sum(len(one.content) for one in self._uploads.values()) > MOST_BYTES

    def find(self, reference: str, geometry: Geometry) -> Found:
        """The picture of that reference at the size of ``geometry``. Raises DataError, RunError."""
        kind, _, number = reference.partition(":")
        if kind == "upload":
            return self._uploaded(reference, geometry)
        if kind not in PARTS or not number.isdecimal() or len(number) > MOST_DIGITS:
            raise DataError(
                f"`{printable(reference)[:60]}` is no picture", "say test:0 or upload:1"
            )
        pictures = self.part(kind)[1]
        index = int(number)
        if index >= len(pictures):
            raise DataError(f"there is no picture {reference}", f"there are {len(pictures):,}")
        pixels = pictures.store[pictures.rows[index]]
        return Found(pixels, int(pictures.labels[index]), pictures.names[index])

    def _uploaded(self, reference: str, geometry: Geometry) -> Found:
        one = self._uploads.get(reference)
        if one is None:
            raise DataError(
                f"the picture {printable(reference)[:60]} is no longer kept", "bring it again"
            )
        if one.pixels is None or one.geometry != geometry:
            one.pixels, one.geometry = _decoded(one.content, geometry, one.name), geometry
        return Found(one.pixels, None, one.name)

    def part(self, name: str) -> tuple[str, Pictures]:
        """The pictures of a part, or of what stands for it where it is empty, and which that is.

        Raises SettingsError for an unknown part, RunError without data.
        """
        if name not in PARTS:
            raise SettingsError(f"there is no part `{name}`", f"say one of {', '.join(PARTS)}")
        if self.dataset is None:
            raise RunError("there are no pictures with classes here", "open a data set")
        for one in PARTS[PARTS.index(name) :]:
            pictures: Pictures | None = getattr(self.dataset, one)
            if pictures is not None and len(pictures):
                return one, pictures
        raise RunError("there are no pictures with classes here", "open a data set")

    def listed(self, name: str, label: int | None, offset: int, count: int) -> dict[str, Any]:
        """Some pictures of a part, of one class or of all."""
        part, pictures = self.part(name)
        found = (
            np.arange(len(pictures)) if label is None else np.flatnonzero(pictures.labels == label)
        )
        some = found[offset : offset + min(count, MOST_LISTED)].tolist()
        return {
            "part": part,
            "total": len(found),
            "pictures": [entry(part, pictures, index) for index in some],
        }


def entry(part: str, pictures: Pictures, index: int) -> dict[str, Any]:
    """What is told of a picture."""
    return {
        "picture": f"{part}:{index}",
        "label": int(pictures.labels[index]),
        "name": pictures.names[index],
    }


def is_dark(dataset: Dataset) -> bool:
    """Whether the ground of most training pictures, their outermost pixels, is dark."""
    pictures = dataset.train
    chosen = np.unique(np.linspace(0, len(pictures) - 1, MEASURED).round().astype(np.int64))
    some = pictures.store[pictures.rows[chosen]]
    edges = [some[:, 0], some[:, -1], some[:, :, 0], some[:, :, -1]]
    means = np.concatenate([edge.reshape(len(some), -1) for edge in edges], axis=1).mean(axis=1)
    return bool(np.median(means) < 128)


def _decoded(content: bytes, geometry: Geometry, name: str) -> NDArray[np.uint8]:
    return decode(
        content,
        width=geometry.width,
        height=geometry.height,
        channels=geometry.channels,
        fit=geometry.fit,
        tones=geometry.tones,
        name=name,
    )


def _upright_size(content: bytes) -> tuple[int, int]:
    """Width and height of a sound picture's file, in pixels, as it is to be seen."""
    with quiet():
        picture = open_picture(io.BytesIO(content))
        width, height = picture.size
        return (height, width) if orientation(picture) >= SIDEWAYS else (width, height)
