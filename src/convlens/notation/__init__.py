"""The notation: a network in one line of text, as a value with every number that follows from it.

``Architecture(text)`` reads a network; ``Architecture.plan`` follows it over an input; ``resolve``
also takes names of the zoo and files.
"""

from convlens.notation.architecture import Architecture
from convlens.notation.inputs import read_volume
from convlens.notation.plan import Plan
from convlens.notation.volumes import Row, Sides, Volume
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
