"""From scores to probabilities that mean what they say."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LOWEST, HIGHEST = 0.05, 20.0
"""Temperatures outside this range say that there was too little to fit them on."""


def softmax(scores: NDArray[np.floating], temperature: float = 1.0) -> NDArray[np.float64]:
    """Scores (N, classes) to probabilities (N, classes), each row summing to one."""
    scaled = np.asarray(scores, np.float64) / temperature
    scaled -= scaled.max(axis=1, keepdims=True)
    raised: NDArray[np.float64] = np.exp(scaled)
    raised /= raised.sum(axis=1, keepdims=True)
    return raised


def log_loss(scores: NDArray[np.floating], labels: NDArray[np.int64], temperature: float) -> float:
    """Mean of −log p of the true class, in nats, at ``temperature``."""
    scaled = np.asarray(scores, np.float64) / temperature
    scaled -= scaled.max(axis=1, keepdims=True)
    own = scaled[np.arange(len(labels)), labels]
    return float(np.mean(np.log(np.exp(scaled).sum(axis=1)) - own))


def fit_temperature(scores: NDArray[np.floating], labels: NDArray[np.int64]) -> float:
    """The temperature T that makes softmax(scores / T) likeliest on pictures not trained on.

    Scores (N, classes), labels (N,). One number cannot change which class is the likeliest, only
    how sure the network sounds (Guo et al. 2017, 'On Calibration of Modern Neural Networks'). The
    log loss has one minimum in 1/T, so a golden-section search over log T finds it.
    """
    if not len(labels):
        return 1.0
    low, high = np.log(LOWEST), np.log(HIGHEST)
    golden = (np.sqrt(5) - 1) / 2
    while high - low > 1e-4:
        left, right = high - golden * (high - low), low + golden * (high - low)
        if log_loss(scores, labels, np.exp(left)) < log_loss(scores, labels, np.exp(right)):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2))
