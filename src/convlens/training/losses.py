"""What training makes small."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

Loss = Callable[[Tensor, Tensor], Tensor]
"""Scores (B, classes) and labels (B,) to one number, the mean over the batch."""


def loss_for(kind: Literal["softmax", "svm"], label_smoothing: float) -> Loss:
    """The loss that the end of a network's text asks for."""
    if kind == "svm":
        return hinge
    return partial(F.cross_entropy, label_smoothing=label_smoothing)


def hinge(scores: Tensor, labels: Tensor) -> Tensor:
    """Multi-class hinge loss of Weston and Watkins: Σ_j max(0, s_j − s_y + 1) over j ≠ y.

    Scores (B, classes), labels (B,); the mean over the batch.
    """
    right = scores.gather(1, labels[:, None])
    margins = (scores - right + 1).clamp_min(0)
    own = torch.zeros_like(margins).scatter_(1, labels[:, None], 1.0)
    return (margins * (1 - own)).sum(1).mean()
