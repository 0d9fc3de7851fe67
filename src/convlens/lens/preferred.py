"""The input that a filter answers to most, made by climbing its gradient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from convlens.classifier import Classifier
from convlens.errors import SettingsError
from convlens.lens.fields import Box, receptive_field
from convlens.lens.looking import hooked
from convlens.lens.opened import LayerInfo, Opened, check_channel, layer_of, open_network, row_of
from convlens.notation import Row

STEPS = 128
"""Steps of gradient ascent; twice as many change little."""

RATE = 0.03
"""Adam's learning rate, for the picture's spectrum."""

BEGINNING = 0.2
"""The contrast of the noise to begin with, as a share of that of natural pictures."""

NOISES = 8
"""Pictures of noise, as strong as natural ones, that the deviation of a response is taken over."""

GREYNESS = 60.0
"""What a picture loses for its mean squared distance from grey, over the pixels that the value
depends on, in deviations of the response."""

OPPONENTS = ((0.58, 0.58, 0.58), (0.28, 0.0, -0.28), (0.06, -0.12, 0.06))
"""Light, blue against yellow, green against red, as strong as they are in natural pictures.

Rows are shares of red, green and blue (after Ruderman, Cronin and Chiao 1998).
"""


@dataclass(frozen=True, slots=True, eq=False)
class PreferredInput:
    """A synthesized picture and the response that it gets.

    ``pixels`` (H, W, C) uint8 is the whole input, ``patch`` (h, w, C) its part in ``box``, all that
    the value at (``x``, ``y``) of ``channel`` sees. ``responses`` (steps + 1,) float32 are the
    values on the way, the last that of ``pixels`` as rounded.
    """

    layer: LayerInfo
    channel: int
    x: int
    y: int
    pixels: NDArray[np.uint8]
    box: Box
    responses: NDArray[np.float32]

    @property
    def patch(self) -> NDArray[np.uint8]:
        """The part of the picture that the value depends on."""
        return self.box.cut(self.pixels)

    def _repr_html_(self) -> str:
        from convlens.lens.notebook import preferred_html

        return preferred_html(self)


def preferred_input(
    classifier: Classifier, layer: str, channel: int, steps: int = STEPS, seed: int = 0
) -> PreferredInput:
    """Climb from noise to a picture that excites ``channel`` of ``layer`` in the middle of its map.

    The same seed gives the same picture. Raises SettingsError where there is no such layer or
    channel, or for fewer than one step.
    """
    return preferred_inputs(classifier, layer, [channel], steps, seed)[0]


def preferred_inputs(
    classifier: Classifier, layer: str, channels: Sequence[int], steps: int = STEPS, seed: int = 0
) -> tuple[PreferredInput, ...]:
    """The same for several channels of one layer, which climb side by side.

    Four things keep the pictures from noise that only this network answers to (Olah et al. 2017,
    'Feature Visualization'): the picture is a spectrum whose high frequencies move slowly, every
    step sees it shifted by a few pixels, values lie within those of a pixel, and grey is
    preferred. Raises SettingsError.
    """
    opened = open_network(classifier)
    row = row_of(opened.plan, layer)
    for channel in channels:
        check_channel(row, channel)
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
        raise SettingsError(f"{steps!r} steps of ascent", "give a whole number from 1")
    x, y = row.output.width // 2, row.output.height // 2
    boxes = [receptive_field(opened.plan, layer, x, y, channel) for channel in channels]
    climb = _Climb(opened, row, list(channels), boxes, seed)
    responses = [climb.step() for _ in range(steps)]
    pixels = climb.pixels()
    responses.append(climb.responses(opened.normalised(pixels)))
    ways = torch.stack(responses, 1).numpy()  # (channels, steps + 1)
    info = layer_of(opened.plan, layer)
    return tuple(
        PreferredInput(info, channel, x, y, *rest)
        for channel, *rest in zip(channels, pixels, boxes, ways, strict=True)
    )


class _Climb:
    """Pictures (B, C, H, W) on their way up, one for each of B channels."""

    def __init__(
        self, opened: Opened, row: Row, channels: list[int], boxes: list[Box], seed: int
    ) -> None:
        self.opened, self.row, self.channels = opened, row, channels
        self.reach = max((min(box.width, box.height) for box in boxes), default=0) // 8
        areas = [max(1, box.width * box.height) for box in boxes]
        self.seen = torch.tensor(areas) * opened.plan.input.depth
        path = layer_of(opened.plan, row.name).path
        self.layer = opened.module(row.name)
        names = [name for name, _ in opened.network.named_children()]
        last = names.index(path.partition(".")[0])
        self.front = nn.Sequential(*list(opened.network.children())[: last + 1])
        self.random = torch.Generator().manual_seed(seed)
        depth, height, width = (opened.plan.input[i] for i in (2, 1, 0))
        self.size, self.colours = (height, width), torch.tensor(OPPONENTS)
        self.fall = _fall(height, width)[..., None]
        noise = torch.randn(NOISES, depth, *self.fall.shape[:2], 2, generator=self.random)
        with torch.no_grad():
            self.fall /= self._grown(noise).std(correction=0)
            maps = self._maps(self._input(self._grown(noise).sigmoid()))[:, channels]
        spread = maps.transpose(0, 1).flatten(1).std(1, correction=0)
        self.unit = torch.where(spread > 0, spread, 1.0)
        first = noise[:1] * BEGINNING  # alike for all
        self.spectrum = first.repeat(len(channels), 1, 1, 1, 1).requires_grad_()
        self.adam = torch.optim.Adam([self.spectrum], lr=RATE)

    def step(self) -> Tensor:
        """Climb one step; the responses (B,) before it."""
        levels = self._levels()
        shift = torch.randint(-self.reach, self.reach + 1, (2,), generator=self.random).tolist()
        responses = self.responses(self._input(levels.roll(shift, (2, 3))))
        grey = ((levels - 0.5) ** 2).sum((1, 2, 3)) / self.seen
        self.adam.zero_grad()
        (GREYNESS * grey - responses / self.unit).sum().backward()  # type: ignore[no-untyped-call]
        self.adam.step()
        return responses.detach()

    def responses(self, x: Tensor) -> Tensor:
        """The input (B, C, H, W) to each picture's own channel in the middle of its map, (B,)."""
        width, height, _ = self.row.output
        return self._maps(x)[range(len(x)), self.channels, height // 2, width // 2]

    def _maps(self, x: Tensor) -> Tensor:
        """The input (B, C, H, W) to the layer's output (B, K, H', W')."""
        seen: list[Tensor] = []
        with hooked(self.layer, seen.append):
            self.front(x)
        return seen[0]

    def pixels(self) -> NDArray[np.uint8]:
        """The pictures as they stand, (B, H, W, C) uint8."""
        levels = self._levels().detach().permute(0, 2, 3, 1)
        return (levels * 255).round().to(torch.uint8).contiguous().numpy()

    def _levels(self) -> Tensor:
        """The pictures as shares of full brightness, 0 to 1."""
        return self._grown(self.spectrum).sigmoid()

    def _grown(self, spectrum: Tensor) -> Tensor:
        """Spectra (B, C, H, W // 2 + 1, 2) to pictures (B, C, H, W) without bounds."""
        held = torch.view_as_complex((spectrum * self.fall).contiguous())
        grown: Tensor = torch.fft.irfft2(held, s=self.size)
        return grown if grown.shape[1] == 1 else torch.einsum("bchw,cd->bdhw", grown, self.colours)

    def _input(self, levels: Tensor) -> Tensor:
        return (levels * 255 - self.opened.mean) * self.opened.scale


def _fall(height: int, width: int) -> Tensor:
    """1 / frequency for every entry of a real spectrum (H, W // 2 + 1), as in natural pictures."""
    down, across = torch.fft.fftfreq(height)[:, None], torch.fft.rfftfreq(width)[None]
    frequency = (down**2 + across**2).sqrt()
    longest = max(height, width)
    fall: Tensor = 1 / (frequency.clamp_min(1 / longest) * longest)
    return fall
