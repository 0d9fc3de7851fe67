"""Pictures: from folders, archives and arrays to pixels and labels, without torch.

    source = open_source("photos/")                  # listed, nothing decoded
    decoded = start_loading(source, width=32, height=32, channels=3).result()
    division = divide(source, seed=0, groups=decoded.groups())  # near duplicates on one side
    dataset = decoded.dataset(division)              # what trains, what chooses, what judges

``load`` does both for a division that goes by names alone.

``decode`` is the one way from a picture to pixels, in training and in prediction alike.
"""

from convlens.data.decoded import Decoded
from convlens.data.decoding import decode
from convlens.data.groups import Groups, named_groups
from convlens.data.loading import Loading, load, start_loading
from convlens.data.pictures import Dataset, Pictures, Skipped, channel_statistics
from convlens.data.preprocessing import Fit, Geometry, Preprocessing
from convlens.data.sources import Item, Source, open_source
from convlens.data.split import Division, check_divisible, divide, divide_in_folds
from convlens.data.survey import Survey, survey

__all__ = [
    "Dataset",
    "Decoded",
    "Division",
    "Fit",
    "Geometry",
    "Groups",
    "Item",
    "Loading",
    "Pictures",
    "Preprocessing",
    "Skipped",
    "Source",
    "Survey",
    "channel_statistics",
    "check_divisible",
    "decode",
    "divide",
    "divide_in_folds",
    "load",
    "named_groups",
    "open_source",
    "start_loading",
    "survey",
]
