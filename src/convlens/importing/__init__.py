"""Weights that were trained elsewhere: state dicts in safetensors, to our model file.

``kind_of`` tells by a file's content what it is; ``read_state`` takes a state dict apart and
gives a Model; ``fetch`` brings a file from the Hugging Face hub.
"""

from convlens.importing.content import kind_of
from convlens.importing.hub import Fetched, fetch
from convlens.importing.labels import class_names, read_labels
from convlens.importing.options import Options
from convlens.importing.states import read_state

__all__ = [
    "Fetched",
    "Options",
    "class_names",
    "fetch",
    "kind_of",
    "read_labels",
    "read_state",
]
