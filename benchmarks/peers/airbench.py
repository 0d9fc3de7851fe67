"""The record script airbench94_muon.py, on the folder's pictures; a document a line.

The script is not part of this project: its path is given
(https://github.com/KellerJordan/cifar10-airbench). It is run as it is, but for fewer runs than its
200: one to warm up, then ``--runs``. The clock runs from the start; ``own_seconds`` is by the
script's own clock, which leaves out reading, compiling and warming up.

usage: python airbench.py SCRIPT DATA [--runs 5]
"""

import time

BEGUN = time.perf_counter()

import argparse
import importlib.util
import json
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import numpy as np
import torch
from PIL import Image


def picture(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def laid_out(data: Path, part: str, folder: Path) -> None:
    """The pictures of a part in the file that the script reads."""
    classes = sorted(one.name for one in (data / part).iterdir() if one.is_dir())
    files = [(path, n) for n, name in enumerate(classes) for path in (data / part / name).iterdir()]
    with ThreadPoolExecutor() as pool:
        pixels = np.stack(list(pool.map(picture, [path for path, _ in files])))
    labels = torch.tensor([label for _, label in files])
    found = {"images": torch.from_numpy(pixels), "labels": labels, "classes": classes}
    torch.save(found, folder / f"{part}.pt")


def loaded(script: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("airbench94_muon", script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("script", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    script, data = options.script.resolve(), options.data.resolve()
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        folder = Path("cifar10")
        folder.mkdir()
        for part in ("train", "test"):
            laid_out(data, part, folder)
        peer = loaded(script)
        told: dict[str, float] = {}
        peer.print_training_details = lambda variables, is_final_entry: told.update(
            own_seconds=variables["time_seconds"], plain=variables["val_acc"]
        )
        model = peer.CifarNet().cuda().to(memory_format=torch.channels_last)
        model.compile(mode="max-autotune")
        peer.main("warmup", model)
        for run in range(options.runs):
            accuracy = peer.main(run, model)
            line = {
                "seconds": time.perf_counter() - BEGUN,
                "own_seconds": told["own_seconds"],
                "test_accuracy": told["plain"],
                "test_accuracy_views": accuracy,
            }
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
