"""CIFAR-10 by fastai: the folder, its xresnet18, one cycle.

Prints a line of JSON after each epoch: seconds since the start, time of judging left out, and the
test accuracy. Where torchvision was built for another torch, some of its operators are declared
without a body, so that it can be imported; nothing here calls them.

usage: python fastai_loop.py DATA --epochs N
"""

from __future__ import annotations

import time

BEGUN = time.monotonic()

import argparse
import json
from pathlib import Path

import torch

try:
    import torchvision  # noqa: F401
except RuntimeError:
    library = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    library.define(
        "roi_align(Tensor input, Tensor rois, float spatial_scale, SymInt pooled_height, "
        "SymInt pooled_width, int sampling_ratio, bool aligned) -> Tensor"
    )

from fastai.vision.all import (
    Callback,
    ImageDataLoaders,
    Learner,
    Normalize,
    accuracy,
    aug_transforms,
    imagenet_stats,
    set_seed,
    xresnet18,
)


class Clock(Callback):
    """Tells after every epoch; validation, which fastai does itself, is taken off the clock."""

    judging = 0.0

    def before_validate(self):
        self.stopped = time.monotonic()

    def after_validate(self):
        self.judging += time.monotonic() - self.stopped

    def after_epoch(self):
        found = float(self.learn.recorder.metrics[0].value)
        spent = time.monotonic() - BEGUN - self.judging
        print(json.dumps({"seconds": spent, "test_accuracy": found}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    set_seed(0)
    loaders = ImageDataLoaders.from_folder(
        options.data,
        train="train",
        valid="test",
        bs=128,
        num_workers=options.workers,
        batch_tfms=[*aug_transforms(), Normalize.from_stats(*imagenet_stats)],
    )
    learner = Learner(loaders, xresnet18(n_out=10), metrics=accuracy, cbs=Clock())
    with learner.no_bar(), learner.no_logging():
        learner.fit_one_cycle(options.epochs, 1e-2)


if __name__ == "__main__":
    main()
