"""Steps of ConvNetJS' CIFAR-10 network in a PyTorch loop: for each line, pictures a second.

usage: python torch_steps.py BATCH [--channels-last] [--bf16]
"""

from __future__ import annotations

import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

PICTURES = 5120


def network() -> nn.Sequential:
    layers: list[nn.Module] = []
    for channels, filters in ((3, 16), (16, 20), (20, 20)):
        layers += [nn.Conv2d(channels, filters, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(320, 10))


def main() -> None:
    batch, bf16 = int(sys.argv[1]), "--bf16" in sys.argv
    model = network()
    pictures, labels = torch.randn(PICTURES, 3, 32, 32), torch.randint(10, (PICTURES,))
    if "--channels-last" in sys.argv:
        model = model.to(memory_format=torch.channels_last)
        pictures = pictures.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    for _ in sys.stdin:
        begun = time.perf_counter()
        for chosen in torch.randperm(PICTURES).split(batch):
            optimizer.zero_grad()
            with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
                loss = F.cross_entropy(model(pictures[chosen]), labels[chosen])
            loss.backward()
            optimizer.step()
        print(PICTURES / (time.perf_counter() - begun), flush=True)


if __name__ == "__main__":
    main()
