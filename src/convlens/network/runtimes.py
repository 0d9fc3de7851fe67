"""Faster engines for many predictions, where they are installed: OpenVINO and ONNX Runtime.

Both compute in fp32 and give torch's probabilities within 1e-4; a network for which one of them
does not is left to the other or to torch. OpenVINO may be asked for bf16.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import Any, NamedTuple, Protocol

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

REPEATS = 3


class Tolerance(NamedTuple):
    """How far a runtime may be from numpy: a score, relative to the largest, and a probability."""

    score: float
    probability: float


EXACT = Tolerance(1e-4, 1e-4)

ROUNDED = Tolerance(3e-2, 1e-2)
"""In bf16, whose products are right to 2^-9 = 0.002."""

Scores = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


class Runtime(Protocol):
    """What takes pixels (N, H, W, C) uint8 to scores (N, classes) float32."""

    def scores(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The scores."""
        ...


def runtime_for(
    plan: Plan,
    weights: Mapping[str, NDArray[np.float32]],
    preprocessing: Preprocessing,
    *,
    temperature: float = 1.0,
    fast: bool = False,
) -> Runtime | None:
    """The fastest runtime that is installed and right for this network, or None.

    Right is one whose probabilities, of scores divided by ``temperature``, are numpy's within
    1e-4. With ``fast`` it computes in bf16 where it can, they stay within 1e-2 and a batch proves
    quicker so.
    """
    if find_spec("onnx") is None:
        return None
    found = [module for module in RUNTIMES if find_spec(module) is not None]
    if not found:
        return None
    from convlens.network.onnx_graph import UnsupportedError, graph_of

    try:
        graph = graph_of(plan, weights, preprocessing)
    except UnsupportedError:
        return None
    batch = max(1, min(MOST_PICTURES, BATCH_VALUES // plan.activations))
    compared = max(1, min(MOST_COMPARED, COMPARED_WORK // max(plan.multiply_adds, 1)))
    noise = pictures_of_noise(plan, compared)
    expected = ArrayPredictor(plan, weights, preprocessing).scores(noise)

    def right(start: Start | None, tolerance: Tolerance) -> Batches | None:
        if start is None:
            return None
        try:
            runtime = Batches(start(graph, batch), batch)
            scores = runtime.scores(noise)
        except Exception:  # whatever it stumbles over, there is another
            return None
        return runtime if agrees(scores, expected, temperature, tolerance) else None

    for module in found:
        exact = right(RUNTIMES[module], EXACT)
        if exact is None:
            continue
        narrow = right(NARROW.get(module), ROUNDED) if fast else None
        if narrow is None:
            return exact
        return quickest([exact, narrow], pictures_of_noise(plan, batch))
    return None


def pictures_of_noise(plan: Plan, count: int) -> NDArray[np.uint8]:
    """``count`` pictures (N, H, W, C), the same each time."""
    shape = (count, plan.input.height, plan.input.width, plan.input.depth)
    return np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)


def agrees(
    found: NDArray[np.float32],
    expected: NDArray[np.float32],
    temperature: float = 1.0,
    tolerance: Tolerance = EXACT,
) -> bool:
    """Whether scores (N, classes) and the probabilities they make are those expected.

    The scores count too: where one class has nearly all, probabilities would hide that they are
    wrong. OpenVINO 2026.4's are where LRN goes over a single depth slice.
    """
    largest = max(1.0, float(np.abs(expected).max()))
    if not np.abs(found - expected).max() <= tolerance.score * largest:  # nor where it is no number
        return False
    apart = np.abs(_softmax(found / temperature) - _softmax(expected / temperature)).max()
    return bool(apart <= tolerance.probability)


def _softmax(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """Scores (N, classes) to probabilities; ``calibration`` is on the same level of the house."""
    raised = np.exp(scores.astype(np.float64) - scores.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float64)


def quickest(runtimes: Sequence[Runtime], pixels: NDArray[np.uint8]) -> Runtime:
    """The one that takes the least time for ``pixels``: each at its quickest, by turns."""
    least = [math.inf] * len(runtimes)
    for _ in range(REPEATS):
        for number, runtime in enumerate(runtimes):
            begun = time.perf_counter()
            runtime.scores(pixels)
            least[number] = min(least[number], time.perf_counter() - begun)
    return runtimes[least.index(min(least))]


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


def openvino(graph: bytes, batch: int) -> Scores:
    """OpenVINO on the processor, in fp32 also where that has bf16."""
    import openvino

    return _compiled(openvino.Core(), graph, batch, "f32")


def openvino_in_bf16(graph: bytes, batch: int) -> Scores:
    """OpenVINO in bf16. Raises RuntimeError where the processor does not have it."""
    import openvino

    core = openvino.Core()
    if "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        raise RuntimeError("no bf16 on this processor")
    return _compiled(core, graph, batch, "bf16")


def _compiled(core: Any, graph: bytes, batch: int, precision: str) -> Scores:
    model = core.read_model(model=graph)
    model.reshape([batch, *model.input(0).partial_shape.get_max_shape()[1:]])
    settings = {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY"}
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


Start = Callable[[bytes, int], Scores]
"""From an ONNX model and the size of its batches."""

RUNTIMES: dict[str, Start] = {
    "openvino": openvino,
    "onnxruntime": onnxruntime,
}
"""By module, the fastest first."""

NARROW: dict[str, Start] = {"openvino": openvino_in_bf16}
"""The same in bf16; ONNX Runtime has none on processors."""
