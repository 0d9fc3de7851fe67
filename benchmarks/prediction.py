"""How many pictures a second two small networks classify, and how soon one: ours beside torch.

Three tables. Arrays of pixels to scores, in batches of 256, by each engine that ConvLens may take
and by torch as one would write it; each is a process of its own, and they take turns. The wall time
of a cold `convlens predict` of one picture, beside that of importing torch. And whole commands,
`convlens predict` of a folder of small PNG files, by each engine, from start to end. The weights
are random: what they say does not change how long it takes.

usage: python benchmarks/prediction.py [--rounds 7] [--pictures 4000] [--name prediction]
It takes about a quarter of an hour on two cores; rounds of the third table are long, and half as
many.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from machine import described, written
from numpy.typing import NDArray
from PIL import Image

from convlens.data import Preprocessing
from convlens.modelfile import Model, read_model, write_model
from convlens.network import runtimes
from convlens.network.arrays import ArrayPredictor
from convlens.notation.zoo import find

NETWORKS = {"convnetjs-cifar10": "ConvNetJS' CIFAR-10 network", "convlens32": "convlens32"}

BATCH, BATCHES = 256, 8
"""Pictures handed on at once, and how often in a round."""

IN_NUMPY = 32
"""Pictures of a round where each goes alone."""

ENGINES = {
    "plain": "PyTorch, plain (NCHW)",
    "channels-last": "PyTorch, channels-last",
    "numpy": "ConvLens in numpy, one by one",
    "torch": "ConvLens on torch",
    "onnxruntime": "ConvLens on ONNX Runtime",
    "openvino": "ConvLens on OpenVINO",
}

COMMANDS = {"torch": "torch", "onnxruntime": "ONNX Runtime", "openvino": "OpenVINO"}

PREDICT_BY = """
import sys
sys.modules.update(dict.fromkeys({"openvino", "onnxruntime"} - {sys.argv[1]}))
from convlens.cli.main import run
sys.exit(run(sys.argv[2:]))
"""
"""A whole command, as if only one engine were installed: of what is None nothing is found."""

Scores = Callable[[NDArray[np.uint8]], object]


def with_random_weights(name: str) -> Model:
    """A network of the zoo for ten classes, its weights as torch draws them."""
    import torch

    from convlens.network.build import Network

    entry = find(name)
    plan = entry.architecture.plan(entry.input, 10)
    torch.manual_seed(0)
    state = Network(plan).state_dict()
    weights = {n: t.numpy() for n, t in state.items() if not n.endswith("num_batches_tracked")}
    told = Preprocessing(*entry.input, mean=(0.5,) * 3, std=(0.25,) * 3)
    classes = tuple("abcdefghij")
    return Model(entry.architecture.with_input(entry.input), classes, told, weights, 1.0, {})


def scores_by(engine: str, model: Model) -> Scores:
    """What takes pixels (N, H, W, C) uint8 to scores by ``engine``."""
    if engine in ("plain", "channels-last"):
        return as_one_would_write_it(model, channels_last=engine == "channels-last")
    plan, weights, told = model.plan(), model.weights, model.preprocessing
    if engine == "numpy":
        return ArrayPredictor(plan, weights, told).scores
    if engine == "torch":
        from convlens.network.predictor import Predictor

        return Predictor(plan, weights, told, device="cpu").scores
    runtimes.RUNTIMES = {engine: runtimes.RUNTIMES[engine]}
    found = runtimes.runtime_for(plan, weights, told)
    if found is None:
        raise SystemExit(f"{engine} does not score this network rightly")
    return found.scores


def as_one_would_write_it(model: Model, *, channels_last: bool) -> Scores:
    """The network in torch without any rewriting."""
    import torch

    from convlens.network.build import Network

    network = Network(model.plan()).eval()
    state = {name: torch.from_numpy(np.array(values)) for name, values in model.weights.items()}
    network.load_state_dict(state, strict=False)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    network = network.to(memory_format=layout)  # type: ignore[call-overload]
    mean, std = (
        torch.tensor(values).view(1, -1, 1, 1)
        for values in (model.preprocessing.mean, model.preprocessing.std)
    )

    @torch.inference_mode()
    def scores(pixels: NDArray[np.uint8]) -> object:
        x = torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous(memory_format=layout)
        return network((x.float() / 255 - mean) / std).numpy()

    return scores


def classify_when_told(engine: str, path: Path) -> None:
    """For each line read, a round of batches; prints pictures a second."""
    model = read_model(path)
    scores, size = scores_by(engine, model), model.preprocessing
    batch, batches = (IN_NUMPY, 1) if engine == "numpy" else (BATCH, BATCHES)
    shape = (batch, size.height, size.width, size.channels)
    pixels = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    for _ in sys.stdin:
        begun = time.perf_counter()
        for _ in range(batches):
            scores(pixels)
        print(batch * batches / (time.perf_counter() - begun), flush=True)


def installed(engines: dict[str, str]) -> dict[str, str]:
    """Those that this environment has."""
    return {
        key: told
        for key, told in engines.items()
        if key not in runtimes.RUNTIMES or (find_spec(key) and find_spec("onnx"))
    }


def of_arrays(title: str, path: Path, rounds: int) -> list[str]:
    """Rows of the first table for one network."""
    from throughput import Contender

    found = {
        told: Contender(sys.executable, __file__, "--engine", engine, "--model", str(path))
        for engine, told in installed(ENGINES).items()
    }
    for _ in range(rounds):
        for one in found.values():
            one.speeds.append(one.go())
    for one in found.values():
        one.close()
    return rows_of(title, {told: one.speeds for told, one in found.items()})


def rows_of(title: str, speeds: dict[str, list[float]]) -> list[str]:
    """A row for each contender: its median, its spread, and how it stands to the first."""
    first = statistics.median(next(iter(speeds.values())))
    return [
        f"| {title} | {told} | {statistics.median(found):,.0f} | "
        f"{min(found):,.0f} – {max(found):,.0f} | {statistics.median(found) / first:.2f} |"
        for told, found in speeds.items()
    ]


def seconds_of(command: Sequence[str]) -> float:
    """Wall time of a whole process."""
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def cold_starts(models: dict[str, Path], picture: Path, starts: int) -> list[str]:
    """Rows of the second table."""
    python = sys.executable
    commands = {
        f"`python -m convlens predict model.safetensors one.png`, {NETWORKS[name]}":
            [python, "-m", "convlens", "predict", str(path), str(picture)]
        for name, path in models.items()
    }  # fmt: skip
    commands["`python -c 'import torch'`"] = [python, "-c", "import torch"]
    taken: dict[str, list[float]] = {told: [] for told in commands}
    for number in range(1 + starts):  # the first start reads the files from the disk
        for told, command in commands.items():
            seconds = seconds_of(command)
            if number:
                taken[told].append(seconds)
    return [
        f"| {told} | {statistics.median(found):.2f} | {min(found):.2f} |"
        for told, found in taken.items()
    ]


def of_a_folder(title: str, model: Path, folder: Path, rounds: int) -> list[str]:
    """Rows of the third table for one network."""
    count = len(list(folder.iterdir()))
    commands = {
        told + more: [sys.executable, "-c", PREDICT_BY, engine, "predict", str(model), str(folder),
                      *([option] if option else [])]
        for engine, told in installed(COMMANDS).items()
        for more, option in (("", ""), (", --fast", "--fast"))
    }  # fmt: skip
    speeds: dict[str, list[float]] = {told: [] for told in commands}
    for _ in range(rounds):
        for told, command in commands.items():
            speeds[told].append(count / seconds_of(command))
    return rows_of(title, speeds)


def small_pictures(folder: Path, count: int) -> None:
    """PNG files of 32x32 pixels, smooth as pictures are."""
    folder.mkdir()
    random = np.random.default_rng(0)
    for number in range(count):
        coarse = Image.fromarray(random.integers(0, 256, (8, 8, 3)).astype(np.uint8))
        coarse.resize((32, 32), Image.Resampling.BICUBIC).save(folder / f"{number:05}.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--pictures", type=int, default=4000, help="in the folder")
    parser.add_argument("--name", default="prediction", help="of the file in results/")
    parser.add_argument("--engine", choices=ENGINES, help=argparse.SUPPRESS)  # a contender
    parser.add_argument("--model", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.engine:
        classify_when_told(options.engine, options.model)
        return
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        small_pictures(place / "pictures", options.pictures)
        models = {name: place / f"{name}.safetensors" for name in NETWORKS}
        for name, path in models.items():
            write_model(with_random_weights(name), path)
        lines = tables(models, place / "pictures", options.rounds)
    written(options.name, [*lines, "", described("onnxruntime", "openvino", "pillow")])


def tables(models: dict[str, Path], folder: Path, rounds: int) -> list[str]:
    """All three, each with its heading."""
    few = (rounds + 1) // 2
    arrays = [row for name, path in models.items()
              for row in of_arrays(NETWORKS[name], path, rounds)]  # fmt: skip
    folders = [row for name, path in models.items()
               for row in of_a_folder(NETWORKS[name], path, folder, few)]  # fmt: skip
    count = len(list(folder.iterdir()))
    return [
        "# Predictions",
        "",
        f"Pixels in memory (uint8) to scores (float32), {BATCH} pictures at a time, {rounds} "
        "alternating rounds:",
        "",
        "| network | engine | pictures/s, median | least – most | to the first |",
        "|---|---|---|---|---|",
        *arrays,
        "",
        f"One picture, from the command to its end, {rounds} alternating starts:",
        "",
        "| command | seconds, median | least |",
        "|---|---|---|",
        *cold_starts(models, folder / "00000.png", rounds),
        "",
        f"`convlens predict model.safetensors folder` of {count:,} PNG files of 32x32 pixels, from "
        f"the command to its end, {few} alternating rounds:",
        "",
        "| network | engine | pictures/s, median | least – most | to the first |",
        "|---|---|---|---|---|",
        *folders,
    ]


if __name__ == "__main__":
    main()
