"""Scores for many pictures at once: the network folded, on the GPU where there is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from convlens.data import Preprocessing
from convlens.network.build import Network, channels_last
from convlens.network.engine import DeviceName, choose_engine, exactly
from convlens.network.rewrite import for_prediction
from convlens.notation import Plan

BATCH_VALUES = 1 << 25
"""Values of activations that a batch may come to: 128 MiB in fp32."""


class Predictor:
    """A network with its weights and its pictures' normalisation, ready to predict.

    In fp32, or with ``fast`` in bf16 where the device gains by that.
    """

    def __init__(
        self,
        plan: Plan,
        weights: Mapping[str, NDArray[np.float32]],
        preprocessing: Preprocessing,
        *,
        fast: bool = False,
        device: DeviceName = "auto",
    ) -> None:
        self.engine = choose_engine(device, plan if fast else None)
        if not fast:
            self.engine = replace(self.engine, dtype=torch.float32)
        self.classes = plan.classes
        with torch.device("meta"):
            network = Network(plan)
        state = {name: torch.from_numpy(np.array(values)) for name, values in weights.items()}
        network.load_state_dict(state, assign=True, strict=False)
        self.network = channels_last(for_prediction(network).to(self.engine.device))
        mean, std = np.array(preprocessing.mean), np.array(preprocessing.std)
        self.mean, self.scale = (
            torch.from_numpy(values.astype(np.float32)).view(1, -1, 1, 1).to(self.engine.device)
            for values in (mean * 255, 1 / (std * 255))
        )
        self.batch = max(1, min(512, BATCH_VALUES // plan.activations))

    @torch.inference_mode()
    def scores(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Pixels (N, H, W, C) uint8 to scores (N, classes) float32."""
        parts = []
        for begin in range(0, len(pixels), self.batch):
            part = torch.from_numpy(np.ascontiguousarray(pixels[begin : begin + self.batch]))
            there = part.to(self.engine.device).permute(0, 3, 1, 2)
            with self.engine.products(), exactly():
                parts.append(self.network((there.float() - self.mean) * self.scale).float())
        if not parts:
            return np.empty((0, self.classes), np.float32)
        return torch.cat(parts).cpu().numpy()
