"""One pass over many pictures that keeps each filter's strongest responses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convlens.lens.looking import hooked
from convlens.lens.opened import Opened, layer_of
from convlens.network.build import channels_last
from convlens.network.engine import keep_freed_memory
from convlens.network.predictor import BATCH_VALUES
from convlens.network.rewrite import for_prediction
from convlens.notation import Row

BATCH = 256
"""Pictures that are looked at together, at most."""

MOST_FILTERS = 4096
"""Filters of a layer that are followed; the numbers kept for more would fill the memory."""


class Best:
    """The strongest responses so far of the first ``filters`` filters of a layer, ``k`` of each."""

    def __init__(self, filters: int, k: int) -> None:
        self.k, self.done = k, 0
        self.responses = torch.full((filters, k), -torch.inf)
        self.pictures = torch.full((filters, k), -1)
        self.places = torch.zeros((filters, k), dtype=torch.int64)

    def take(self, maps: Tensor) -> None:
        """Look at the responses (B, K, H, W) of the next B pictures."""
        filters = len(self.responses)
        flat = maps[:, :filters].flatten(2)  # (B, K, HW)
        peaks = flat.amax(2).T  # (K, B)
        begin, self.done = self.done, self.done + len(maps)
        better = (peaks > self.responses[:, -1:]).any(1).nonzero()[:, 0]
        if not len(better):
            return
        numbers = torch.arange(begin, self.done).expand(len(better), -1)
        every = torch.cat([self.responses[better], peaks[better]], 1)
        pictures = torch.cat([self.pictures[better], numbers], 1)
        kept, order = every.sort(dim=1, descending=True, stable=True)  # of equals the first stays
        order = order[:, : self.k]
        places = torch.cat([self.places[better], torch.full_like(numbers, -1)], 1)
        places, pictures = places.gather(1, order), pictures.gather(1, order)
        row, rank = ((places < 0) & (pictures >= 0)).nonzero(as_tuple=True)
        places[row, rank] = flat[pictures[row, rank] - begin, better[row]].argmax(1)
        self.responses[better] = kept[:, : self.k]
        self.pictures[better], self.places[better] = pictures, places


def strongest(
    opened: Opened,
    rows: Sequence[Row],
    pixels: NDArray[np.uint8],
    k: int,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Best]:
    """The k strongest responses of every filter of ``rows`` to pixels (N, H, W, C), by name.

    The network is the one that predicts: a batch-norm is folded into the CONV before it, so that
    its sign counts.
    """
    keep_freed_memory()
    network = channels_last(for_prediction(opened.network))
    best = {row.name: Best(min(row.output.depth, MOST_FILTERS), k) for row in rows}
    batch = max(1, min(BATCH, BATCH_VALUES // opened.plan.activations))
    with ExitStack() as stack, torch.inference_mode():
        for row in rows:
            module = network.get_submodule(layer_of(opened.plan, row.name).path)
            stack.enter_context(hooked(module, best[row.name].take))
        for begin in range(0, len(pixels), batch):
            network(opened.normalised(pixels[begin : begin + batch]))
            if progress:
                progress(min(begin + batch, len(pixels)), len(pixels))
    return best
