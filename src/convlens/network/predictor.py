"""Scores for many pictures at once: the network folded, on the processor."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray

from convlens.data import Preprocessing
from convlens.data.cache import cache_folder
from convlens.network.build import Network, channels_last
from convlens.network.engine import Engine, choose_engine, keep_freed_memory
from convlens.network.rewrite import for_prediction
from convlens.notation import Plan

BATCH_VALUES = 1 << 25
"""Values of activations that a batch may come to: 128 MiB in fp32."""


class Predictor:
    """A network with its weights and its pictures' normalisation, ready to predict.

    In fp32, or with ``fast`` in bf16 where the processor gains by that.
    """

    def __init__(
        self,
        plan: Plan,
        weights: Mapping[str, NDArray[np.float32]],
        preprocessing: Preprocessing,
        *,
        fast: bool = False,
    ) -> None:
        keep_freed_memory()
        exact = Engine(torch.device("cpu"), torch.float32)
        self.engine = choose_engine("cpu", plan, cache_folder()) if fast else exact
        self.classes = plan.classes
        with torch.device("meta"):
            network = Network(plan)
        state = {name: torch.from_numpy(np.array(values)) for name, values in weights.items()}
        network.load_state_dict(state, assign=True, strict=False)
        self.network = channels_last(for_prediction(network))
        mean, std = np.array(preprocessing.mean), np.array(preprocessing.std)
        self.mean = torch.from_numpy((mean * 255).astype(np.float32)).view(1, -1, 1, 1)
        self.scale = torch.from_numpy((1 / (std * 255)).astype(np.float32)).view(1, -1, 1, 1)
        self.batch = max(1, min(512, BATCH_VALUES // plan.activations))

    @torch.inference_mode()
    def scores(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Pixels (N, H, W, C) uint8 to scores (N, classes) float32."""
        parts = []
        for begin in range(0, len(pixels), self.batch):
            part = torch.from_numpy(np.ascontiguousarray(pixels[begin : begin + self.batch]))
            normalised = (part.permute(0, 3, 1, 2).float() - self.mean) * self.scale
            with self.engine.products():
                parts.append(self.network(normalised).float())
        if not parts:
            return np.empty((0, self.classes), np.float32)
        return torch.cat(parts).numpy()
