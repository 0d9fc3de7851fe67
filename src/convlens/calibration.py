"""From scores to probabilities that mean what they say."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

LOWEST, HIGHEST = 0.05, 20.0
"""Temperatures outside this range say that there was too little to fit them on."""

BLOCK_VALUES = 1 << 20
"""Scores that are worked on at a time: 8 MiB in float64, which a cache still helps with."""


def softmax(scores: NDArray[np.floating], temperature: float = 1.0) -> NDArray[np.float64]:
    """Scores (N, classes) to probabilities (N, classes), each row summing to one."""
    scaled = np.asarray(scores, np.float64) / temperature
    scaled -= scaled.max(axis=1, keepdims=True)
    raised: NDArray[np.float64] = np.exp(scaled)
    raised /= raised.sum(axis=1, keepdims=True)
    return raised


def log_loss(
    scores: NDArray[np.floating],
    labels: NDArray[np.int64],
    temperature: float,
    smoothing: float = 0.0,
) -> float:
    """Mean of −Σ t·log p over the classes, in nats, at ``temperature``.

    The targets t are 1 for the true class, or with ``smoothing`` that share less of it, spread
    evenly over all classes.
    """
    losses = np.empty(len(labels))
    step = max(1, BLOCK_VALUES // scores.shape[1])
    for begin in range(0, len(labels), step):
        part = slice(begin, begin + step)
        scaled = np.asarray(scores[part], np.float64) / temperature
        scaled -= scaled.max(axis=1, keepdims=True)
        own = scaled[np.arange(len(scaled)), labels[part]]
        target = (1 - smoothing) * own + smoothing * scaled.mean(axis=1)
        losses[part] = np.log(np.exp(scaled, out=scaled).sum(axis=1)) - target
    return float(np.mean(losses))


def fit_temperature(scores: NDArray[np.floating], labels: NDArray[np.int64]) -> float:
    """The temperature T that makes softmax(scores / T) likeliest on pictures not trained on.

    Scores (N, classes), labels (N,). One number cannot change which class is the likeliest, only
    how sure the network sounds (Guo et al. 2017, 'On Calibration of Modern Neural Networks'). N
    pictures that are all right do not say that none will ever be wrong: the targets are smoothed
    by 1 / (N + 2), as by the rule of succession (Platt 1999). The loss has one minimum in 1/T, so
    a golden-section search over log T finds it.
    """
    if not len(labels):
        return 1.0
    smoothing = 1 / (len(labels) + 2)
    low, high = math.log(LOWEST), math.log(HIGHEST)
    golden = (math.sqrt(5) - 1) / 2

    def loss(log_temperature: float) -> float:
        return log_loss(scores, labels, math.exp(log_temperature), smoothing)

    while high - low > 1e-4:
        left, right = high - golden * (high - low), low + golden * (high - low)
        if loss(left) < loss(right):
            high = right
        else:
            low = left
    return math.exp((low + high) / 2)
