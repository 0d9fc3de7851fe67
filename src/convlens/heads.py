"""The same network for other classes: a new head on what it has learned to see."""

from __future__ import annotations

from dataclasses import replace

from convlens.errors import SettingsError
from convlens.notation import Architecture
from convlens.notation.layers import Conv, FullyConnected


def for_classes(architecture: Architecture, classes: int) -> Architecture:
    """``architecture`` with as many values at its end as there are ``classes``.

    The head is the last layer with filters or units, outside of RES and CAT. Raises SettingsError
    where the network has none there.
    """
    layers = list(architecture.layers)
    for place in reversed(range(len(layers))):
        layer = layers[place]
        if isinstance(layer, FullyConnected):
            layers[place] = replace(layer, units=None)
        elif isinstance(layer, Conv):
            layers[place] = replace(layer, filters=classes)
        else:
            continue
        return Architecture.of(layers, architecture.input)
    raise SettingsError("the network has no last FC or CONV that a new head could stand for")
