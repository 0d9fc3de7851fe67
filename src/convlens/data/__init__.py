"""Pictures: from folders, archives and arrays to pixels and labels, without torch.

    source = open_source("photos/")                  # listed, nothing decoded
    decoded = start_loading(source, width=32, height=32, channels=3).result()
    division = divide(source, seed=0, groups=decoded.groups())  # near duplicates on one side
    dataset = decoded.dataset(division)              # what trains, what chooses, what judges

``load`` does both for a division that goes by names alone.

``decode`` is the one way from a picture to pixels, in training and in prediction alike.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from convlens.data.decoded import Decoded
    from convlens.data.decoding import decode
    from convlens.data.groups import Groups, named_groups
    from convlens.data.leftout import names_in, without
    from convlens.data.loading import Loading, load, start_loading
    from convlens.data.pictures import Dataset, Pictures, Skipped, channel_statistics
    from convlens.data.preprocessing import Fit, Geometry, Preprocessing
    from convlens.data.sources import Item, Labelling, Source, open_source
    from convlens.data.split import (
        Division,
        check_divisible,
        divide,
        divide_in_folds,
        learnable,
    )
    from convlens.data.surveying import Survey, survey
    from convlens.data.tones import Tones

_HOMES = {
    "Dataset": "convlens.data.pictures",
    "Decoded": "convlens.data.decoded",
    "Division": "convlens.data.split",
    "Fit": "convlens.data.preprocessing",
    "Geometry": "convlens.data.preprocessing",
    "Groups": "convlens.data.groups",
    "Item": "convlens.data.sources",
    "Labelling": "convlens.data.sources",
    "Loading": "convlens.data.loading",
    "Pictures": "convlens.data.pictures",
    "Preprocessing": "convlens.data.preprocessing",
    "Skipped": "convlens.data.pictures",
    "Source": "convlens.data.sources",
    "Survey": "convlens.data.surveying",
    "Tones": "convlens.data.tones",
    "channel_statistics": "convlens.data.pictures",
    "check_divisible": "convlens.data.split",
    "decode": "convlens.data.decoding",
    "divide": "convlens.data.split",
    "divide_in_folds": "convlens.data.split",
    "learnable": "convlens.data.split",
    "load": "convlens.data.loading",
    "named_groups": "convlens.data.groups",
    "names_in": "convlens.data.leftout",
    "open_source": "convlens.data.sources",
    "start_loading": "convlens.data.loading",
    "survey": "convlens.data.surveying",
    "without": "convlens.data.leftout",
}

__all__ = [
    "Dataset",
    "Decoded",
    "Division",
    "Fit",
    "Geometry",
    "Groups",
    "Item",
    "Labelling",
    "Loading",
    "Pictures",
    "Preprocessing",
    "Skipped",
    "Source",
    "Survey",
    "Tones",
    "channel_statistics",
    "check_divisible",
    "decode",
    "divide",
    "divide_in_folds",
    "learnable",
    "load",
    "named_groups",
    "names_in",
    "open_source",
    "start_loading",
    "survey",
    "without",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that a decoding process starts fast."""
    if name not in _HOMES:
        raise AttributeError(f"module 'convlens.data' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
