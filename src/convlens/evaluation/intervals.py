"""How sure a share of pictures, or a mean over the folds of a cross-validation, is."""

from __future__ import annotations

import math
from collections.abc import Sequence

from scipy.special import ndtri, stdtrit

Interval = tuple[float, float]

CONFIDENCE = 0.95


def fold_interval(values: Sequence[float], corrected: bool = True) -> Interval:
    """The 95 % interval of the mean of ``values``, shares from 0 to 1, one for each of K ≥ 2 folds.

    Student's t with K − 1 degrees of freedom. Folds share most of their training pictures, so they
    vary less than new data would; ``corrected`` takes the variance of the mean as
    (1/K + n_test/n_train) s² in place of s²/K, with n_test/n_train = 1/(K − 1) (Nadeau and Bengio
    2003, 'Inference for the Generalization Error'). Kept within 0 to 1.
    """
    count = len(values)
    mean = sum(values) / count
    variance = sum((value - mean) ** 2 for value in values) / (count - 1)
    spread = 1 / count + (1 / (count - 1) if corrected else 0.0)
    half = float(stdtrit(count - 1, (1 + CONFIDENCE) / 2)) * math.sqrt(spread * variance)
    return max(0.0, mean - half), min(1.0, mean + half)


def share_interval(right: int, count: int) -> Interval:
    """The 95 % interval of a share of which ``right`` of ``count`` ≥ 1 pictures were found.

    Wilson's score interval (1927, 'Probable inference, the law of succession, and statistical
    inference'), which also holds near 0 and 1.
    """
    z = float(ndtri((1 + CONFIDENCE) / 2))
    share, weight = right / count, z * z / count
    middle = share + weight / 2
    half = z * math.sqrt(share * (1 - share) / count + weight / (4 * count))
    low, high = (middle - half) / (1 + weight), (middle + half) / (1 + weight)
    return max(0.0, min(low, share)), min(1.0, max(high, share))  # rounding put aside
