"""The classifier: everything from a picture to class probabilities, as one value."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from convlens.calibration import softmax
from convlens.data import Preprocessing, decode
from convlens.errors import DataError
from convlens.files import check_output
from convlens.modelfile import A_MODEL, Model, Weights, is_model, read_model, write_model
from convlens.notation import Architecture
from convlens.views import Views

if TYPE_CHECKING:
    from convlens.network.arrays import ArrayPredictor
    from convlens.network.engine import DeviceName
    from convlens.network.predictor import Predictor
    from convlens.network.runtimes import Runtime

FEW_MULTIPLY_ADDS = 2_000_000_000
"""About what numpy does in the time that torch takes to load."""

BLOCK_VALUES = 1 << 22
"""Probabilities that are held at a time while pictures are classified: 32 MiB."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a classifier makes of one picture.

    ``probabilities`` maps every class to its probability, likeliest first; they sum to one.
    """

    probabilities: Mapping[str, float]

    @property
    def class_name(self) -> str:
        """The likeliest class."""
        return next(iter(self.probabilities))

    @property
    def probability(self) -> float:
        """The probability of the likeliest class, 0 to 1."""
        return next(iter(self.probabilities.values()))

    def top(self, count: int) -> dict[str, float]:
        """The ``count`` likeliest classes with their probabilities."""
        return dict(list(self.probabilities.items())[:count])

    def __repr__(self) -> str:
        shown = ", ".join(f"{name} {p:.1%}" for name, p in self.top(3).items())
        more = len(self.probabilities) - 3
        return f"Prediction({shown}{f', {more} more' if more > 0 else ''})"


class Classifier:
    """A trained network with its classes, preprocessing and calibration.

    Made by ``convlens.train`` or read from a file by ``convlens.load``.
    """

    def __init__(self, model: Model, *, fast: bool = False, device: DeviceName = "auto") -> None:
        self.model, self.fast, self.device = model, fast, device
        self._in_numpy = 0  # multiply-adds so far

    @property
    def architecture(self) -> Architecture:
        """The network, its input stated."""
        return self.model.architecture

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, in the order of the network's scores."""
        return self.model.classes

    @property
    def preprocessing(self) -> Preprocessing:
        """How a picture becomes the network's input."""
        return self.model.preprocessing

    @property
    def weights(self) -> Weights:
        """Every tensor of the network by name, float32."""
        return self.model.weights

    @property
    def training(self) -> Mapping[str, Any]:
        """How it was trained: data, recipe, seed, versions, accuracies."""
        return self.model.training

    @classmethod
    def load(cls, path: str | Path, *, fast: bool = False) -> Self:
        """Read a model file. Raises ModelFileError where it is damaged, foreign or too new.

        With ``fast`` many pictures are computed in bf16 where the processor has it and the engine
        that would compute them anyway is quicker so, which moves probabilities in their third
        digit. Elsewhere it changes nothing.
        """
        return cls(read_model(Path(path)), fast=fast)

    def save(self, path: str | Path) -> None:
        """Write the model file, whole or not at all; only another model may be replaced.

        Raises OutputError.
        """
        check_output(Path(path), is_model, A_MODEL)
        write_model(self.model, Path(path))

    def predict(self, picture: Any, *, views: bool = False) -> Prediction:
        """Classify one picture: a path, bytes, a Pillow image or an array (H, W) or (H, W, C).

        With ``views`` a picture that is unsure is looked at again, mirrored and shifted as the
        network has learned to see, and the mean counts. Raises DataError where it is not a picture.
        """
        return next(self.predict_each([picture], views=views))

    def predict_each(
        self, pictures: Iterable[Any], batch: int = 256, *, views: bool = False
    ) -> Iterator[Prediction]:
        """Classify pictures of any size, ``batch`` at a time, in their order."""
        if isinstance(pictures, str | bytes | Path):
            raise DataError("predict_each takes several pictures", "classify one with predict")
        waiting: list[NDArray[np.uint8]] = []
        for picture in pictures:
            waiting.append(self.pixels(picture))
            if len(waiting) == batch:
                yield from self.predicted(np.stack(waiting), views=views)
                waiting.clear()
        if waiting:
            yield from self.predicted(np.stack(waiting), views=views)

    def predictions(self, pixels: NDArray[np.uint8], *, views: bool = False) -> list[Prediction]:
        """Predictions for pixels (N, H, W, C) as ``pixels`` gives them."""
        return list(self.predicted(pixels, views=views))

    def predicted(self, pixels: NDArray[np.uint8], *, views: bool = False) -> Iterator[Prediction]:
        """``predictions`` one by one: each names every class, so that many may fill the memory."""
        step = max(1, BLOCK_VALUES // len(self.classes))
        for begin in range(0, len(pixels), step):
            some = self.probabilities(pixels[begin : begin + step], views=views)
            yield from map(self._prediction, some)

    def _prediction(self, probabilities: NDArray[np.float64]) -> Prediction:
        order = np.argsort(-probabilities, kind="stable")
        return Prediction({self.classes[i]: float(probabilities[i]) for i in order})

    def pixels(self, picture: Any) -> NDArray[np.uint8]:
        """A picture as the network's input before normalisation, (H, W, C) uint8."""
        p = self.preprocessing
        if isinstance(picture, str):
            picture = Path(picture)
        if not isinstance(picture, Path | bytes | np.ndarray | Image.Image):
            raise DataError(
                "a picture is a path, bytes, a Pillow image or an array, "
                f"not {type(picture).__name__}",
                "classify several with predict_each",
            )
        return decode(picture, width=p.width, height=p.height, channels=p.channels, fit=p.fit)

    def scores(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Pixels (N, H, W, C) to the network's scores (N, classes), before temperature.

        Where torch is loaded they go through torch. Where it is not, a few go through numpy, since
        loading takes longer; many through OpenVINO or ONNX Runtime, the first that is installed
        and right for the network, else through torch after all. All give the same within fp32's
        rounding; with ``fast`` OpenVINO and torch may round to bf16.
        """
        if "torch" in sys.modules:
            return self._predictor.scores(pixels)
        work = len(pixels) * self._multiply_adds
        if self._in_numpy + work <= FEW_MULTIPLY_ADDS:
            self._in_numpy += work
            return self._arrays.scores(pixels)
        return self._engine.scores(pixels)

    def probabilities(
        self, pixels: NDArray[np.uint8], *, views: bool = False
    ) -> NDArray[np.float64]:
        """Pixels (N, H, W, C) to class probabilities (N, classes), each row summing to one.

        With ``views`` the scores of unsure pictures are means over several views of them.
        """
        if not views:
            return softmax(self.scores(pixels), self.model.temperature)
        learned = Views.learned(self.training)
        scores = learned.scores(pixels, self.scores, self.model.temperature)
        return softmax(scores, self.model.temperature)

    def with_temperature(self, temperature: float) -> Self:
        """The same classifier, its scores divided by ``temperature`` before the softmax."""
        return self._with(replace(self.model, temperature=temperature))

    def with_training(self, **facts: Any) -> Self:
        """The same classifier, more said about how it was trained."""
        return self._with(replace(self.model, training={**self.training, **facts}))

    def _with(self, model: Model) -> Self:
        return type(self)(model, fast=self.fast, device=self.device)

    @cached_property
    def _multiply_adds(self) -> int:
        return self.model.plan().multiply_adds

    @cached_property
    def _arrays(self) -> ArrayPredictor:
        from convlens.network.arrays import ArrayPredictor

        return ArrayPredictor(self.model.plan(), self.weights, self.preprocessing)

    @cached_property
    def _engine(self) -> Runtime:
        if self.device == "cuda":
            return self._predictor
        from convlens.network.runtimes import runtime_for

        installed = runtime_for(
            self.model.plan(),
            self.weights,
            self.preprocessing,
            temperature=self.model.temperature,
            fast=self.fast,
        )
        return installed or self._predictor

    @cached_property
    def _predictor(self) -> Predictor:
        from convlens.network.predictor import Predictor  # torch only once it is needed

        return Predictor(
            self.model.plan(),
            self.weights,
            self.preprocessing,
            fast=self.fast,
            device=self.device,
        )

    def __repr__(self) -> str:
        shown: Sequence[str] = self.classes[:4]
        names = ", ".join(shown) + (", …" if len(self.classes) > 4 else "")
        return f"<Classifier of {len(self.classes)} classes ({names}): {self.architecture}>"
