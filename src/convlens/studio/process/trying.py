"""What the network says of one picture, and which pixels speak for it."""

from __future__ import annotations

from typing import get_args

import numpy as np
import torch
from numpy.typing import NDArray

from convlens.calibration import softmax
from convlens.errors import RunError, SettingsError
from convlens.lens.methods import Method, attributed, last_with_extent
from convlens.lens.opened import open_network
from convlens.studio.process.blocks import Answer, number, packed
from convlens.studio.process.slices import Slices, sliced
from convlens.studio.process.subject import Subject

AT_ONCE, WORK = 32, 400_000_000
"""Pictures in a pass of a saliency map, and their multiply-adds, which keep a slice short."""


def probabilities(subject: Subject, pixels: NDArray[np.uint8]) -> list[float]:
    """Those of one picture (H, W, C), in the order of the classes, by the live network.

    Raises RunError where they are no numbers.
    """
    opened = subject.opened()
    with torch.inference_mode():
        scores = opened.network(opened.normalised(pixels[None])).numpy()
    found: list[float] = shares(scores, subject.model.temperature)[0].tolist()
    return found


def shares(scores: NDArray[np.floating], temperature: float) -> NDArray[np.float64]:
    """``softmax`` of (N, classes). Raises RunError where a network has lost its way."""
    with np.errstate(invalid="ignore"):
        found = softmax(scores, temperature)
    if not np.isfinite(found).all():
        raise RunError(
            "what the network answers is no number any more: its weights have grown too large",
            "train with a lower learning rate, anew or from an earlier snapshot",
        )
    return found


def why(
    subject: Subject, pixels: NDArray[np.uint8], target: int | None, method: str
) -> Slices[Answer]:
    """Which of ``pixels`` (H, W, C) speak for the class ``target``, by default the likeliest.

    Of the network as it is now; see ``convlens.lens.why``. Raises SettingsError for an unknown
    method, or where it does not suit the network.
    """
    if method not in get_args(Method):
        raise SettingsError(
            f"there is no method `{method}`", f"choose one of {', '.join(get_args(Method))}"
        )
    step, opened = subject.step, open_network(subject.frozen())
    known: Method = method  # type: ignore[assignment]  # it is one of them
    layer = last_with_extent(opened.plan) if known == "gradcam" else None
    said = probabilities(subject, pixels)
    label = int(np.argmax(said)) if target is None else target
    x = opened.normalised(pixels[None])
    at_once = int(np.clip(WORK // max(opened.plan.multiply_adds, 1), 1, AT_ONCE))
    found = yield from sliced(
        opened.network, lambda: attributed(opened, x, label, known, layer, at_once)
    )
    height, width = found.shape
    document = {
        "class": label,
        "method": method,
        "probability": said[label],
        "step": step,
        "layer": layer,
        "width": width,
        "height": height,
        "low": number(float(found.min())),
        "high": number(float(found.max())),
    }
    return packed(document, {"map": found})
