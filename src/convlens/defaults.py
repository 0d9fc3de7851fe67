"""What to train where the user leaves it open: size of the pictures, network, length, flips."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from convlens.data import Survey
from convlens.errors import DataError
from convlens.notation import Architecture

NATIVE = 64
"""Pictures that all have one size are taken as they are where no side is longer than this."""

AREA = 128 * 96
"""Pixels that larger pictures, or ones of mixed sizes, are brought to where no time is given."""

AREAS = (96 * 72, AREA, 192 * 144, 256 * 192)
"""Pixels to choose from where a time is given.

On TrashNet in 60 epochs, two or three divisions of its training part: 32 filters came to 83 % at
96x72 and to 84 to 85 % from 128x96 on; 64 in a deep network to 83 % at 128x96, 86 % at 192x144 and
87 % at 256x192. So more pixels pay for a broad network only, and a broad network for more pixels.
"""

STEP = 16
"""Sides of such pictures are multiples of this, so that they can be halved four times."""

SMALLEST_MAP = 4
"""Stages go on halving while the map they would leave is at least this wide and high."""

LARGE = 64
"""Pixels of the shorter side from which the first convolution takes steps of 4."""

WIDEST = 4
"""Times the breadth: filters of the second stage and all behind it (Jordan 2024, 'airbench').

The first stage's maps are the largest, and what is done to each of their values takes as long as
its convolutions. On CIFAR-10's validation pictures in 3.1 epochs (each the mean of three to six
seeds) 32, 64, 128 filters came to 82.6 %, 24, 96, 96 to 82.8 % in 0.94 of the time and 32, 128, 128
to 83.9 % in 1.2 to 1.4 of it; in 2.6 epochs the last one came to 83.3 %. On TrashNet there was no
difference.
"""

SAMPLES, FEWEST_EPOCHS, MOST_EPOCHS = 400_000, 8, 60
"""Without a length given: as many epochs as learn from this many pictures, within limits."""

BREADTH = 24
"""Filters of the first stage where no time is given."""


class Scale(NamedTuple):
    """How large a network of ours is.

    ``breadth``: filters of its first stage; ``deep``: three convolutions in a stage in place of
    two, with a shortcut round the latter two; ``linear``: no activation behind the first
    convolution, which so needs half of the filters.
    """

    breadth: int
    deep: bool = False
    linear: bool = False


SCALES = (
    *(Scale(breadth, linear=True) for breadth in (8, 16)),
    *(Scale(breadth) for breadth in (24, 32, 48, 64)),
    *(Scale(breadth, deep=True) for breadth in (64, 96, 128)),
)
"""To choose from where a time is given, from small to large.

Where there is time for an epoch at most, what is done to each value of the first map takes too
much of it. In 16 s without bf16 (validation pictures of CIFAR-10, two seeds) 16 filters came to
68.0 % without an activation there, to 66.1 % with one, and 24 without to 66.0 %.

On CIFAR-10 64 filters in a deep network did as well in 6 epochs as in the other in 8, in the same
time; with less time depth does not pay.
"""

EARLY = 0.04
"""Of the usual epochs: what 16 filters must be able to take to be worth more than 8.

In the same time, without bf16, 8 and 16 filters came to these shares of the validation pictures of
MNIST: 97.8 and 92.4 % where 16 had 0.10 epochs, 98.8 and 98.7 % in 0.20, 99.1 and 99.0 % in 0.32;
of CIFAR-10: 44 and 43 % in 0.13, 59.9 and 60.4 % in 0.34, 67.1 and 68.0 % in 0.69 (means of two).
"""

NARROW, BROAD = Scale(16, linear=True), Scale(48)
"""What must be able to learn from the usual pixels, and from more, for them to be chosen.

More pixels pay from between 32 filters and 64 on (see AREAS).
"""

PASSES = 3
"""A step's work in forward passes: forward, and the gradients of inputs and of filters."""

USUAL_BREADTH = 112
"""Filters of the first stage for which the usual epochs are wanted; fewer want less.

On CIFAR-10 32 filters in 2.6 epochs did as well as 24 in 3.4, in the same time.
"""

BATCH, GPU_BATCH = 256, 512
"""Pictures in a step at most, on a processor and on a GPU, which larger batches keep busier.

On CIFAR-10 64 filters came to the same in 8 epochs with either, an H100 taking 0.8 times as long
with 512; with 1,024 they came to 0.2 points less in 0.55 times as long.
"""

LEAST_STEPS = 16
"""Steps that an epoch should have at least, by smaller batches where pictures are few."""


def is_native(survey: Survey) -> bool:
    """Whether pictures such as those surveyed are taken as they are."""
    return survey.uniform and max(survey.width, survey.height) <= NATIVE


def size_for(survey: Survey, area: int = AREA) -> tuple[int, int]:
    """Width and height that pictures such as those surveyed are brought to, in pixels.

    Larger ones come to about ``area`` pixels.
    """
    if is_native(survey):
        return survey.width, survey.height
    aspect = min(max(survey.aspect, 0.5), 2.0)
    area = min(area, survey.width * survey.height)
    sides = (math.sqrt(area * aspect), math.sqrt(area / aspect))
    width, height = (max(STEP, STEP * round(side / STEP)) for side in sides)
    return width, height


def size_in_time(survey: Survey, pictures: int, multiply_adds: float) -> tuple[int, int]:
    """The same for ``pictures`` to learn from in a time that allows so many ``multiply_adds``.

    More pixels than usual where a broad network can still learn long enough from them, fewer where
    not even the narrowest can from the usual ones.
    """
    if is_native(survey):
        return size_for(survey)
    chosen = size_for(survey, AREAS[0])
    for area in AREAS[1:]:
        width, height = size_for(survey, area)
        scale = NARROW if area <= AREA else BROAD
        plan = network_for(width, height, survey.channels, *scale).plan(classes=2)
        wanted = epochs_wanted(pictures, scale.breadth) * pictures
        if multiply_adds < PASSES * plan.multiply_adds * wanted:
            break
        chosen = width, height
    return chosen


def network_for(
    width: int, height: int, channels: int, breadth: int, deep: bool = False, linear: bool = False
) -> Architecture:
    """A network that suits pictures of that size, of the Scale ``breadth``, ``deep``, ``linear``.

    A small first convolution with room for every whitening filter, then stages of two convolutions
    or three, each stage halving the map, and the largest response over what is left. Raises
    DataError for pictures of which nothing would be left to halve.
    """
    stem, side = stem_for(width, height, channels, linear)
    if side < 2:
        raise DataError(
            f"pictures of {width}x{height} pixels are too small for a network of convolutions",
            "have them enlarged: --size 16x16",
        )
    stages = max(1, int(math.log2(max(side / (SMALLEST_MAP - 1), 2))))
    parts = [f"INPUT {width}x{height}x{channels}", stem]
    for stage in range(stages):
        conv = f"CONV {breadth * (WIDEST if stage else 1)}@3x3 nobias"
        more = f"RES[ {conv} - BN - GELU - {conv} - BN ]" if deep else f"{conv} - BN"
        parts += [conv, "POOL 2x2 floor", "BN", "GELU", more, "GELU"]
    return Architecture(" - ".join([*parts, "GLOBALPOOL max", "FC nobias"]))


def stem_for(width: int, height: int, channels: int, linear: bool = False) -> tuple[str, int]:
    """The first convolution and its activation, and the shorter side of what it leaves."""
    side, pair = min(width, height), 1 if linear else 2
    if side >= LARGE:  # a first step of 4 pixels: large pictures are seldom that sharp
        conv, left = f"CONV {channels * 16 * pair}@4x4/4 floor", side // 4
    elif channels == 1:
        conv, left = f"CONV {9 * pair}@3x3", side
    else:
        conv, left = f"CONV {12 * pair}@2x2 valid", side - 1
    return conv if linear else f"{conv} - GELU", left


def epochs_for(pictures: int) -> float:
    """A sensible number of passes over that many training pictures."""
    return float(min(max(round(SAMPLES / pictures), FEWEST_EPOCHS), MOST_EPOCHS))


def may_flip(classes: tuple[str, ...]) -> bool:
    """Whether a mirrored picture still shows its class.

    Writing does not survive a mirror. Classes whose names are mostly single characters or numbers
    are taken for characters; so is a data set named by words such as digit or letter.
    """
    short = sum(bool(re.fullmatch(r"\w|\d+|[A-Za-z]_(?:upper|lower)", name)) for name in classes)
    words = sum(bool(re.search(r"digit|letter|number|char", name.lower())) for name in classes)
    return 2 * max(short, words) < len(classes)


def epochs_wanted(pictures: int, breadth: int) -> float:
    """Epochs that a network must be able to take to be worth more than a narrower one."""
    return epochs_for(pictures) * breadth / USUAL_BREADTH


def least_epochs(pictures: int, scale: Scale) -> float:
    """Epochs that must be possible for a network of ``scale`` to be chosen before the one below."""
    if scale.linear:
        return EARLY * epochs_for(pictures)
    return epochs_wanted(pictures, scale.breadth)


def batch_for(pictures: int, most: int = BATCH) -> int:
    """Pictures in a step: a power of two, 32 to ``most``, that leaves an epoch enough steps."""
    fitting = 2 ** int(math.log2(max(pictures / LEAST_STEPS, 1)))
    return int(min(max(fitting, 32), most))
