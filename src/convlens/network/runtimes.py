"""Faster engines for many predictions, where they are installed: OpenVINO and ONNX Runtime.

Both compute in fp32 and agree with torch within rounding; a network for which one of them does not
is left to the other or to torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from convlens.data import Preprocessing
from convlens.network.arrays import ArrayPredictor
from convlens.notation import Plan

BATCH_VALUES = 1 << 23
"""Values of activations that a batch may come to: 32 MiB, about what a cache still helps with."""

MOST_PICTURES = 128

MOST_COMPARED, COMPARED_WORK = 3, 1_000_000_000
"""Pictures by which a runtime is held to numpy; fewer where they take more multiply-adds."""

LARGEST_DEVIATION = 1e-3
"""Of a score, relative to the largest one, from numpy's."""

Scores = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


class Runtime(Protocol):
    """What takes pixels (N, H, W, C) uint8 to scores (N, classes) float32."""

    def scores(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The scores."""
        ...


def runtime_for(
    plan: Plan, weights: Mapping[str, NDArray[np.float32]], preprocessing: Preprocessing
) -> Runtime | None:
    """The fastest runtime that is installed and scores this network rightly, or None."""
    if find_spec("onnx") is None:
        return None
    found = [start for module, start in RUNTIMES.items() if find_spec(module) is not None]
    if not found:
        return None
    from convlens.network.onnx_graph import UnsupportedError, graph_of

    try:
        graph = graph_of(plan, weights, preprocessing)
    except UnsupportedError:
        return None
    batch = max(1, min(MOST_PICTURES, BATCH_VALUES // plan.activations))
    trusted = ArrayPredictor(plan, weights, preprocessing)
    for start in found:
        try:
            runtime = Batches(start(graph, batch), batch)
            if agrees(runtime, trusted, plan):
                return runtime
        except Exception:  # whatever it stumbles over, there is another
            continue
    return None


class Batches:
    """Pictures handed on in batches of one size, the last one filled up."""

    def __init__(self, scores: Scores, batch: int) -> None:
        self._scores, self.batch = scores, batch

    def scores(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Pixels (N, H, W, C) uint8 to scores (N, classes) float32."""
        parts = []
        for begin in range(0, len(pixels), self.batch):
            part = np.ascontiguousarray(pixels[begin : begin + self.batch])
            missing = self.batch - len(part)
            if missing:
                part = np.concatenate([part, np.zeros((missing, *part.shape[1:]), np.uint8)])
            parts.append(self._scores(part)[: self.batch - missing])
        return np.concatenate(parts)


def agrees(runtime: Runtime, trusted: Runtime, plan: Plan) -> bool:
    """Whether the two give pictures of noise the same scores.

    OpenVINO does not for some networks of one-pixel volumes, or where infinity comes up.
    """
    count = max(1, min(MOST_COMPARED, COMPARED_WORK // max(plan.multiply_adds, 1)))
    shape = (count, plan.input.height, plan.input.width, plan.input.depth)
    noise = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    found, expected = runtime.scores(noise), trusted.scores(noise)
    largest = max(1.0, float(np.abs(expected).max()))
    return bool(np.abs(found - expected).max() <= LARGEST_DEVIATION * largest)


def openvino(graph: bytes, batch: int) -> Scores:
    """OpenVINO on the processor, in fp32 also where that has bf16."""
    import openvino

    core = openvino.Core()
    model = core.read_model(model=graph)
    model.reshape([batch, *model.input(0).partial_shape.get_max_shape()[1:]])
    settings = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
    compiled = core.compile_model(model, "CPU", settings)

    def scores(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.array(compiled(pixels)[0], np.float32)

    return scores


def onnxruntime(graph: bytes, batch: int) -> Scores:
    """ONNX Runtime on the processor."""
    import onnxruntime

    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])

    def scores(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.asarray(session.run(None, {"pixels": pixels})[0], np.float32)

    return scores


RUNTIMES: dict[str, Callable[[bytes, int], Scores]] = {
    "openvino": openvino,
    "onnxruntime": onnxruntime,
}
"""By module, the fastest first."""
