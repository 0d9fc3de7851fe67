"""The target of atheris: ``python -m tests.data.fuzzing CORPUS -max_total_time=600``."""

from __future__ import annotations

import contextlib
import sys

import atheris

with atheris.instrument_imports(include=["convlens.data", "PIL"]):
    from convlens.data import decode
    from convlens.errors import DataError


def attempt(data: bytes) -> None:
    """Decode; whatever is raised but a DataError is a finding."""
    with contextlib.suppress(DataError):
        decode(data, width=9, height=7, channels=3)


if __name__ == "__main__":
    atheris.Setup(sys.argv, attempt)
    atheris.Fuzz()
