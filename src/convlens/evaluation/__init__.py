"""How far a classifier is to be trusted."""

from convlens.evaluation.metrics import (
    ClassFigures,
    Evaluation,
    Marks,
    evaluate,
    figures,
    marks_of,
    measure,
)

__all__ = ["ClassFigures", "Evaluation", "Marks", "evaluate", "figures", "marks_of", "measure"]
