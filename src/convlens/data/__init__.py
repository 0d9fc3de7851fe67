"""Pictures: from folders, archives and arrays to pixels and labels, without torch.

    source = open_source("photos/")                  # listed, nothing decoded
    division = divide(source, seed=0)                # what trains, what chooses, what judges
    dataset = load(source, division, width=32, height=32, channels=3)

``decode`` is the one way from a picture to pixels, in training and in prediction alike.
"""

from convlens.data.decoding import decode
from convlens.data.loading import Loading, load, start_loading
from convlens.data.pictures import Dataset, Pictures, Skipped, channel_statistics
from convlens.data.preprocessing import Fit, Geometry, Preprocessing
from convlens.data.sources import Item, Source, open_source
from convlens.data.split import Division, divide
from convlens.data.survey import Survey, survey

__all__ = [
    "Dataset",
    "Division",
    "Fit",
    "Geometry",
    "Item",
    "Loading",
    "Pictures",
    "Preprocessing",
    "Skipped",
    "Source",
    "Survey",
    "channel_statistics",
    "decode",
    "divide",
    "load",
    "open_source",
    "start_loading",
    "survey",
]
