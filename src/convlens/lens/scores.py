"""From the network's scores to the probabilities that are shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convlens.classifier import Classifier
from convlens.lens.passes import Pass, passed


@dataclass(frozen=True, slots=True, eq=False)
class Probabilities:
    """Every step from scores to probabilities; arrays are (classes,) float64.

    ``scores`` are the network's (the logits), ``scaled`` are these divided by ``temperature``,
    which was fitted on pictures not trained on; ``raised`` is exp(scaled − the largest of them),
    and ``probabilities`` is ``raised`` divided by its sum.
    """

    classes: tuple[str, ...]
    scores: NDArray[np.float64]
    temperature: float
    scaled: NDArray[np.float64]
    raised: NDArray[np.float64]
    probabilities: NDArray[np.float64]

    def _repr_html_(self) -> str:
        from convlens.lens.notebook import probabilities_html

        return probabilities_html(self)


def explain_probabilities(classifier: Classifier, picture: Any) -> Probabilities:
    """How the class probabilities of ``picture`` come about. Raises DataError for no picture."""
    return probabilities_in(passed(classifier, picture))


def probabilities_in(way: Pass) -> Probabilities:
    """The same for a picture whose way through the network is at hand."""
    temperature = way.classifier.model.temperature
    scaled = way.scores / temperature
    raised = np.exp(scaled - scaled.max())
    return Probabilities(
        way.classifier.classes, way.scores, temperature, scaled, raised, raised / raised.sum()
    )
