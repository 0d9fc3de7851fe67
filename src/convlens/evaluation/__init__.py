"""How far a classifier is to be trusted."""

from convlens.evaluation.metrics import (
    ClassFigures,
    Evaluation,
    evaluate,
    measure,
    probabilities_of,
)

__all__ = ["ClassFigures", "Evaluation", "evaluate", "measure", "probabilities_of"]
