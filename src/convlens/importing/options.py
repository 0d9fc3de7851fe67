"""What the caller may say of weights from elsewhere, and what is taken where he does not."""

from __future__ import annotations

from dataclasses import dataclass, replace

from convlens.data import Preprocessing
from convlens.data.preprocessing import Fit
from convlens.notation import Volume

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of red, green and blue, in units of pixel / 255: what ImageNet's networks are trained with."""

INCEPTION = (0.5, 0.5, 0.5)
"""Mean and deviation of networks in Inception's line; torchvision's GoogLeNet brings its input
from ImageNet's figures to these before its first layer."""


@dataclass(frozen=True, slots=True)
class Options:
    """What is known of the pictures that the weights were trained on.

    ``size`` is (width, height) in pixels, left out: the network's own input. ``mean`` and ``std``
    hold one number, or one for each channel, in units of pixel / 255; left out: ImageNet's for
    colour, 0 and 1 for grey. ``fit`` is how pictures of another shape are brought to size;
    ``crop`` takes the middle, scaled so that its shorter side is whole.
    """

    size: tuple[int, int] | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    fit: Fit = "crop"

    def preprocessing(self, network: str, volume: Volume) -> Preprocessing:
        """How a picture becomes the input of ``network``, whose own input is ``volume``."""
        width, height = self.size or volume[:2]
        mean, std = usual_figures(network, volume.depth)
        mean, std = self.mean or mean, self.std or std
        return Preprocessing(
            width,
            height,
            volume.depth,
            self.fit,
            mean * volume.depth if len(mean) == 1 else mean,
            std * volume.depth if len(std) == 1 else std,
        )

    def or_else(self, others: Options) -> Options:
        """These options, what they leave open taken from ``others``."""
        return replace(
            self,
            size=self.size or others.size,
            mean=self.mean or others.mean,
            std=self.std or others.std,
        )


def usual_figures(network: str, channels: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and deviation that ``network`` is usually trained with."""
    if channels != 3:
        return (0.0,), (1.0,)
    return (INCEPTION, INCEPTION) if network == "googlenet" else (IMAGENET_MEAN, IMAGENET_STD)
