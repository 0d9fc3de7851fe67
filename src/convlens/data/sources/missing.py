"""Labels that are missing: what a cell, an array or a list holds where nobody said the class."""

from __future__ import annotations

import math
from typing import Any

MISSING_TEXTS = frozenset(
    ("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
     "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null")
)  # fmt: skip
"""Texts that stand for no value, as pandas reads them (``pandas.read_csv``, ``na_values``)."""

_MISSING_TYPES = ("NAType", "NaTType", "MaskedConstant")
"""Types of pandas.NA, pandas.NaT and numpy.ma.masked, by name: pandas need not be installed."""


def is_missing(label: Any) -> bool:
    """Whether ``label`` is None, NaN, pandas' NA, a masked value, or a text that says as much."""
    if label is None or type(label).__name__ in _MISSING_TYPES:
        return True
    if isinstance(label, str):
        return label.strip() in MISSING_TEXTS
    try:
        return math.isnan(label)
    except (TypeError, OverflowError):
        return False
