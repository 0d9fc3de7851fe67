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


def loss_for(
    kind: Literal["softmax", "svm"], label_smoothing: float, weights: Tensor | None = None
) -> Loss:
    """The loss that the end of a network's text asks for; ``weights`` (classes,) multiply it."""
    if weights is not None:
        return partial(weighted, kind=kind, label_smoothing=label_smoothing, weights=weights)
    if kind == "svm":
        return hinge
    return partial(F.cross_entropy, label_smoothing=label_smoothing)


def smoothed(loss: Loss, label_smoothing: float) -> Loss:
    """``loss``, one that ``loss_for`` gave, with another label smoothing where it has any."""
    if isinstance(loss, partial) and "label_smoothing" in loss.keywords:
        return partial(loss, label_smoothing=label_smoothing)
    return loss


def class_weights(labels: Tensor, classes: int) -> Tensor:
    """What makes every class count alike: N / (K n_c) for the K classes that have pictures.

    ``labels`` (N,); (classes,) float32, which over all N pictures come to 1 on average.
    """
    counts = torch.bincount(labels, minlength=classes).float()
    return len(labels) / (counts.clamp_min(1) * (counts > 0).sum())


def weighted(
    scores: Tensor,
    labels: Tensor,
    *,
    kind: Literal["softmax", "svm"],
    label_smoothing: float,
    weights: Tensor,
) -> Tensor:
    """The mean over the batch of each picture's loss times the weight of its class.

    Not divided by the batch's own weights, so that the losses of its pieces add up to its own.
    """
    if kind == "svm":
        each = hinges(scores, labels)
    else:
        each = F.cross_entropy(scores, labels, reduction="none", label_smoothing=label_smoothing)
    return (each * weights[labels]).mean()


def hinge(scores: Tensor, labels: Tensor) -> Tensor:
    """The mean over the batch of ``hinges``."""
    return hinges(scores, labels).mean()


def hinges(scores: Tensor, labels: Tensor) -> Tensor:
    """Multi-class hinge loss of Weston and Watkins: Σ_j max(0, s_j − s_y + 1) over j ≠ y.

    Scores (B, classes), labels (B,); (B,).
    """
    right = scores.gather(1, labels[:, None])
    margins = (scores - right + 1).clamp_min(0)
    own = torch.zeros_like(margins).scatter_(1, labels[:, None], 1.0)
    return (margins * (1 - own)).sum(1)
