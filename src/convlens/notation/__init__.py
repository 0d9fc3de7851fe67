"""The notation: a network in one line of text, as a value with every number that follows from it.

``Architecture(text)`` reads a network; ``Architecture.plan`` follows it over an input; ``resolve``
also takes names of the zoo and files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convlens.notation.architecture import Architecture
from convlens.notation.inputs import read_volume
from convlens.notation.plan import Plan
from convlens.notation.volumes import Row, Sides, Volume

if TYPE_CHECKING:
    from convlens.notation.zoo import find, resolve

__all__ = [
    "Architecture",
    "Plan",
    "Row",
    "Sides",
    "Volume",
    "find",
    "read_volume",
    "resolve",
]


def __getattr__(name: str) -> Any:
    """Import the zoo when it is first asked for: a model file brings its own network along."""
    if name not in ("find", "resolve"):
        raise AttributeError(f"module 'convlens.notation' has no attribute {name!r}")
    from convlens.notation import zoo

    return getattr(zoo, name)
