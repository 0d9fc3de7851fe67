"""What torchvision and timm call the layers of the zoo's networks.

Each naming is a list of module names in the order of the forward pass, as the rows of our plan
run: RES with its body before its shortcut, CAT branch by branch. The order in which those
libraries register their modules is often another, and a safetensors file keeps neither.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

Naming = tuple[str, ...]


def _resnet(convs: int, counts: tuple[int, ...]) -> Iterator[str]:
    """torchvision and timm: ``convs`` in the body of a block, ``counts`` blocks in each stage."""
    yield from ("conv1", "bn1")
    for stage, count in enumerate(counts, 1):
        for block in range(count):
            at = f"layer{stage}.{block}"
            for number in range(1, convs + 1):
                yield from (f"{at}.conv{number}", f"{at}.bn{number}")
            if block == 0 and (stage > 1 or convs == 3):
                yield from (f"{at}.downsample.0", f"{at}.downsample.1")
    yield "fc"


def _vgg(counts: tuple[int, ...], end: tuple[str, ...]) -> Iterator[str]:
    """torchvision and timm: each convolution and each RELU takes a number, each POOL one."""
    number = 0
    for count in counts:
        for _ in range(count):
            yield f"features.{number}"
            number += 2
        number += 1
    yield from end


def _numbered(features: tuple[int, ...], end: tuple[int, ...]) -> Iterator[str]:
    yield from (f"features.{number}" for number in features)
    yield from (f"classifier.{number}" for number in end)


def _squeezenet() -> Iterator[str]:
    yield "features.0"
    for number in (3, 4, 6, 7, 9, 10, 11, 12):
        for part in ("squeeze", "expand1x1", "expand3x3"):
            yield f"features.{number}.{part}"
    yield "classifier.1"


def _mobilenetv2() -> Iterator[str]:
    """torchvision: a convolution with BN is one module of two, the last of a block is not."""
    yield from ("features.0.0", "features.0.1")
    for block in range(1, 18):
        at = f"features.{block}.conv"
        units = 1 if block == 1 else 2
        for unit in range(units):
            yield from (f"{at}.{unit}.0", f"{at}.{unit}.1")
        yield from (f"{at}.{units}", f"{at}.{units + 1}")
    yield from ("features.18.0", "features.18.1", "classifier.1")


def _mobilenetv2_timm() -> Iterator[str]:
    yield from ("conv_stem", "bn1")
    for stage, count in enumerate((1, 2, 3, 4, 3, 3, 1)):
        for block in range(count):
            convs = ("conv_pw", "conv_dw", "conv_pwl") if stage else ("conv_dw", "conv_pw")
            for number, conv in enumerate(convs, 1):
                yield from (f"blocks.{stage}.{block}.{conv}", f"blocks.{stage}.{block}.bn{number}")
    yield from ("conv_head", "bn2", "classifier")


def _densenet() -> Iterator[str]:
    """torchvision and timm: norm before conv, a transition behind each block but the last."""
    yield from ("features.conv0", "features.norm0")
    for block, count in enumerate((6, 12, 24, 16), 1):
        for layer in range(1, count + 1):
            at = f"features.denseblock{block}.denselayer{layer}"
            yield from (f"{at}.norm1", f"{at}.conv1", f"{at}.norm2", f"{at}.conv2")
        if block < 4:
            yield from (f"features.transition{block}.norm", f"features.transition{block}.conv")
    yield from ("features.norm5", "classifier")


def _googlenet() -> Iterator[str]:
    units = ["conv1", "conv2", "conv3"]
    for block in ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b"):
        branches = ("branch1", "branch2.0", "branch2.1", "branch3.0", "branch3.1", "branch4.1")
        units.extend(f"inception{block}.{branch}" for branch in branches)
    for unit in units:
        yield from (f"{unit}.conv", f"{unit}.bn")
    yield "fc"


_VGG_ENDS = (
    ("classifier.0", "classifier.3", "classifier.6"),  # torchvision
    ("pre_logits.fc1", "pre_logits.fc2", "head.fc"),  # timm, where the first two are convolutions
)

NAMINGS: dict[str, tuple[Naming, ...]] = {
    "alexnet": (tuple(_numbered((0, 3, 6, 8, 10), (1, 4, 6))),),
    "vgg11": tuple(tuple(_vgg((1, 1, 2, 2, 2), end)) for end in _VGG_ENDS),
    "vgg16": tuple(tuple(_vgg((2, 2, 3, 3, 3), end)) for end in _VGG_ENDS),
    "vgg19": tuple(tuple(_vgg((2, 2, 4, 4, 4), end)) for end in _VGG_ENDS),
    "googlenet": (tuple(_googlenet()),),
    "resnet18": (tuple(_resnet(2, (2, 2, 2, 2))),),
    "resnet34": (tuple(_resnet(2, (3, 4, 6, 3))),),
    "resnet50": (tuple(_resnet(3, (3, 4, 6, 3))),),
    "resnet101": (tuple(_resnet(3, (3, 4, 23, 3))),),
    "squeezenet1.1": (tuple(_squeezenet()),),
    "mobilenetv2": (tuple(_mobilenetv2()), tuple(_mobilenetv2_timm())),
    "densenet121": (tuple(_densenet()),),
}
"""For each network of the zoo, the names that its layers go by elsewhere."""

EPSILONS = {"googlenet": 1e-3}
"""What is added to BN's variance, where that is not 1e-5."""

LEFT_ASIDE = {"googlenet": ("aux1.", "aux2.")}
"""Parts that only training needs: GoogLeNet's auxiliary classifiers."""


def in_order(shapes: Mapping[str, tuple[int, ...]], wanted: list[str]) -> Naming:
    """Return the modules of ``shapes`` for rows of kinds ``wanted``, each kind in natural order.

    For networks that no naming is known of: the first conv of the file is that of the first CONV,
    and so on. ``shapes`` maps the file's tensors to their shapes; kinds are conv, fc and bn. Where
    a kind runs out, the rest have empty names.
    """
    queues: dict[str, list[str]] = {"conv": [], "fc": [], "bn": []}
    for module in sorted({name.rpartition(".")[0] for name in shapes}, key=_natural):
        rank = len(shapes.get(f"{module}.weight", ()))
        kind = {4: "conv", 2: "fc", 1: "bn"}.get(rank)
        if kind:
            queues[kind].append(module)
    return tuple(queues[kind].pop(0) if queues[kind] else "" for kind in wanted)


def _natural(name: str) -> list[tuple[int, int, str]]:
    """Sort key by which ``layer10`` comes behind ``layer2``."""
    edges = [0, *(i for i in range(1, len(name)) if name[i].isdigit() != name[i - 1].isdigit())]
    parts = [name[begin:end] for begin, end in pairwise([*edges, len(name)])]
    return [(0, int(p), "") if p.isdecimal() and p.isascii() else (1, 0, p) for p in parts]
