"""The handwritten digits inside scikit-learn: real pictures that need no download."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convlens.data.sources.arrays import source_of_parts
from convlens.data.sources.source import Source
from convlens.errors import DataError


def open_digits() -> Source:
    """Return 1,797 handwritten digits, 8×8 grey, their levels 0..16 scaled to 0..255."""
    levels, labels = _table()
    pixels = np.rint(levels.reshape(-1, 8, 8, 1) * (255.0 / 16.0)).astype(np.uint8)
    return source_of_parts("digits", "digits", {None: (pixels, labels)})


def _table() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    spec = find_spec("sklearn")
    if spec is None or not spec.submodule_search_locations:
        raise DataError("the digits are part of scikit-learn, which is not installed")
    # Reading the table itself spares scikit-learn's import, which takes longer than all the rest.
    path = Path(next(iter(spec.submodule_search_locations)), "datasets/data/digits.csv.gz")
    if path.is_file():
        table = np.loadtxt(path, delimiter=",")
        return table[:, :-1], table[:, -1].astype(np.int64)
    from sklearn.datasets import load_digits

    digits = load_digits()
    return digits.data.astype(np.float64), digits.target.astype(np.int64)
