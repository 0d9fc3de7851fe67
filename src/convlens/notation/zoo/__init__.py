"""Networks with a name: those of the notes and of the literature, each a text in the notation."""

from convlens.notation.zoo.entry import Entry
from convlens.notation.zoo.lookup import ZOO, find, resolve

__all__ = ["ZOO", "Entry", "find", "resolve"]
