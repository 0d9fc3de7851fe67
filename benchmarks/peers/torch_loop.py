"""CIFAR-10 by a loop in plain PyTorch: the tutorial's own, or with channels-last and bf16.

Prints a line of JSON after each epoch: seconds since the start, time of judging left out, and the
test accuracy. Decodes each picture once and keeps it in memory, which is more than the tutorial's
loader does.

usage: python torch_loop.py DATA --seconds N [--net plain|tutorial] [--batch 4] [--rate 0.001]
                            [--channels-last] [--bf16] [--seed 0]
"""

from __future__ import annotations

import time

BEGUN = time.monotonic()

import argparse
import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn


def read(folder: Path) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures (N, 3, H, W), normalised to [-1, 1] as in the tutorial, and labels (N,)."""
    classes = sorted(p.name for p in folder.iterdir())
    pairs = [(p, n) for n, name in enumerate(classes) for p in sorted((folder / name).iterdir())]
    pixels = np.stack([np.asarray(Image.open(path).convert("RGB")) for path, _ in pairs])
    pictures = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 127.5 - 1
    return pictures.contiguous(), torch.tensor([label for _, label in pairs])


class Tutorial(nn.Module):
    """The network of PyTorch's tutorial 'Training a classifier'."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(3, 6, 5), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = torch.flatten(F.max_pool2d(F.relu(self.conv2(x)), 2), 1)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


def plain() -> nn.Module:
    """``[CONV 32 - RELU - POOL]*3 - FC``, as one writes it in PyTorch."""
    layers: list[nn.Module] = []
    for channels in (3, 32, 32):
        layers += [nn.Conv2d(channels, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(512, 10))


@torch.no_grad()
def accuracy(network: nn.Module, pictures: torch.Tensor, labels: torch.Tensor) -> float:
    right = [
        (network(x).argmax(1) == y).sum()
        for x, y in zip(pictures.split(1000), labels.split(1000), strict=True)
    ]
    return float(sum(right)) / len(labels)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--net", choices=("plain", "tutorial"), default="tutorial")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--rate", type=float, default=0.001)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--bf16", action="store_true")
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    pictures, labels = read(options.data / "train")
    network = plain() if options.net == "plain" else Tutorial()
    if options.channels_last:
        network = network.to(memory_format=torch.channels_last)
        pictures = pictures.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(network.parameters(), lr=options.rate, momentum=0.9)
    test: tuple[torch.Tensor, torch.Tensor] | None = None
    judging = 0.0
    spent = time.monotonic() - BEGUN
    while spent < options.seconds:
        for chosen in torch.randperm(len(pictures)).split(options.batch):
            optimizer.zero_grad()
            with torch.autocast("cpu", torch.bfloat16, enabled=options.bf16):
                loss = F.cross_entropy(network(pictures[chosen]), labels[chosen])
            loss.backward()
            optimizer.step()
            spent = time.monotonic() - BEGUN - judging
            if spent >= options.seconds:
                break
        stopped = time.monotonic()
        test = test or read(options.data / "test")
        found = accuracy(network, *test)
        judging += time.monotonic() - stopped
        print(json.dumps({"seconds": spent, "test_accuracy": found}), flush=True)


if __name__ == "__main__":
    main()
