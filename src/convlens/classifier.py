"""The classifier: everything from a picture to class probabilities, as one value."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, overload

import numpy as np
from numpy.typing import NDArray

from convlens.calibration import softmax
from convlens.data import Preprocessing, decode
from convlens.data.forms import is_one_picture, name_of
from convlens.errors import DataError, ModelFileError, SettingsError
from convlens.files import Output
from convlens.modelfields import fact
from convlens.modelfile import MODEL_FORM, Model, Weights, model_bytes, read_model
from convlens.notation import Architecture
from convlens.renaming import renamed
from convlens.views import Views

if TYPE_CHECKING:
    from convlens.network.arrays import ArrayPredictor
    from convlens.network.engine import DeviceName
    from convlens.network.predictor import Predictor
    from convlens.network.runtimes import Runtime

ON_ERRORS = ("raise", "return", "skip")
"""What ``predict_each`` may do with what is no picture."""

FEW_MULTIPLY_ADDS = 2_000_000_000
"""About what numpy does in the time that torch takes to load."""

TOGETHER_BYTES, CLASS_BYTES = 64 << 20, 300
"""Bytes of pixels and of answers that are held at a time, of which a class takes so many."""
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

        A link is followed; a pipe that is read from is written to. Raises OutputError, also for an
        ending that promises another format, as ``.pt`` and ``.onnx`` do.
        """
        with Output(path, MODEL_FORM) as out:
            out.write(model_bytes(self.model))

    def predict(self, picture: Any, *, views: bool = False) -> Prediction:
        """Classify one picture.

        ``picture`` is a path, bytes, a file opened for reading bytes, a Pillow image, or an array
        or tensor (H, W), (H, W, C) or (C, H, W).

        With ``views`` a picture that is unsure is looked at again, mirrored and shifted as the
        network has learned to see, and the mean counts. Raises DataError where it is not a picture.
        """
        return self.predictions(self.pixels(picture)[None], views=views)[0]

    @overload
    def predict_each(
        self,
        pictures: Iterable[Any],
        batch: int = 256,
        *,
        views: bool = False,
        errors: Literal["raise", "skip"] = "raise",
    ) -> Iterator[Prediction]: ...

    @overload
    def predict_each(
        self,
        pictures: Iterable[Any],
        batch: int = 256,
        *,
        views: bool = False,
        errors: Literal["return"],
    ) -> Iterator[Prediction | DataError]: ...

    def predict_each(
        self,
        pictures: Iterable[Any],
        batch: int = 256,
        *,
        views: bool = False,
        errors: Literal["raise", "return", "skip"] = "raise",
    ) -> Iterator[Prediction | DataError]:
        """Classify pictures of any size, ``batch`` at a time, in their order.

        What is no picture raises a DataError that names it, by its path or as ``pictures[17]``;
        with ``errors="return"`` the error comes in the place of the prediction, with ``"skip"``
        nothing does. Raises SettingsError for any other word.
        """
        if errors not in ON_ERRORS:
            raise SettingsError(f"errors is {errors!r}", "give raise, return or skip")
        if isinstance(batch, bool) or not isinstance(batch, Integral) or batch < 1:
            raise SettingsError(f"batch is {batch!r}", "give a whole number of 1 or more")
        if is_one_picture(pictures) or not isinstance(pictures, Iterable):
            kind = type(pictures).__name__
            message = f"predict_each takes several pictures, not a {kind}"
            raise DataError(message, "give a list of them, or classify one with predict")
        return self._each(pictures, min(int(batch), self.together), views, errors)

    def _each(
        self, pictures: Iterable[Any], batch: int, views: bool, errors: str
    ) -> Iterator[Prediction | DataError]:
        waiting: list[NDArray[np.uint8] | DataError] = []
        for number, picture in enumerate(pictures):
            try:
                waiting.append(self.pixels(picture, name=name_of(picture) or f"pictures[{number}]"))
            except DataError as error:
                if errors == "raise":
                    raise
                if errors == "return":
                    waiting.append(error)
            if len(waiting) == batch:
                yield from self._answers(waiting, views)
                waiting.clear()
        yield from self._answers(waiting, views)

    def _answers(
        self, waiting: Sequence[NDArray[np.uint8] | DataError], views: bool
    ) -> Iterator[Prediction | DataError]:
        """The predictions for pixels, errors left in their places."""
        pixels = [one for one in waiting if not isinstance(one, DataError)]
        found = iter(self.predicted(np.stack(pixels), views=views) if pixels else ())
        for one in waiting:
            yield one if isinstance(one, DataError) else next(found)

    @property
    def together(self) -> int:
        """How many pictures, with their predictions, are best held at a time."""
        p = self.preprocessing
        each = p.width * p.height * p.channels + CLASS_BYTES * len(self.classes)
        return max(1, TOGETHER_BYTES // each)

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

    def pixels(self, picture: Any, *, name: str | None = None) -> NDArray[np.uint8]:
        """A picture, as ``predict`` takes it, as the network's input: (H, W, C) uint8.

        It is called ``name`` in the DataError that is raised where it is none.
        """
        p = self.preprocessing
        return decode(
            picture,
            width=p.width,
            height=p.height,
            channels=p.channels,
            fit=p.fit,
            tones=p.tones,
            name=name,
        )

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

        With ``views`` the scores of unsure pictures are means over several views of them. Raises
        ModelFileError where weights are so large that scores are no numbers.
        """
        if not views:
            return softmax(self._finite(pixels), self.model.temperature)
        learned = Views.learned(self.training)
        scores = learned.scores(pixels, self._finite, self.model.temperature)
        return softmax(scores, self.model.temperature)

    def _finite(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        scores = self.scores(pixels)
        if not np.isfinite(scores).all():
            raise ModelFileError(
                "the network's scores are no numbers: its weights are too large",
                "train it again; a smaller learning rate may help",
            )
        return scores

    def with_temperature(self, temperature: float) -> Self:
        """The same classifier, its scores divided by ``temperature`` before the softmax."""
        return self._with(replace(self.model, temperature=temperature))

    def with_training(self, **facts: Any) -> Self:
        """The same classifier, more said about how it was trained."""
        return self._with(replace(self.model, training={**self.training, **facts}))

    def relabelled(self, names: Mapping[str, str]) -> Self:
        """The same classifier with some of its classes renamed, old names to new ones, all at once.

        Weights, calibration and the order of the classes stay; ``training["renamed"]`` says what
        was renamed, the last time last. Raises SettingsError for a class that is not there, a name
        that is empty or does not print, or that two classes would have.
        """
        classes = renamed(self.classes, names)
        changed = {old: new for old, new in zip(self.classes, classes, strict=True) if old != new}
        before = fact(self.training, "renamed")
        told = [*(before or ()), changed]
        training = {**self.training, "renamed": told}
        return self._with(replace(self.model, classes=classes, training=training))

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
