"""The zoo's networks as other libraries build them: plain torch, their names, their order.

Written from the papers and the names of published weights. Modules are registered in the order in
which those libraries register them, which is not always that of the forward pass.
"""

from collections import OrderedDict

import torch
from torch import nn
from torch.nn import functional as F


def conv(channels, filters, kernel, **rest):
    return nn.Conv2d(channels, filters, kernel, bias=False, **rest)


class Block(nn.Module):
    """A residual block: BN behind every convolution, ``downsample`` registered last."""

    def __init__(self, channels, width, out, stride, bottleneck):
        super().__init__()
        if bottleneck:
            shapes = [(channels, width, 1, 1), (width, width, 3, stride), (width, out, 1, 1)]
        else:
            shapes = [(channels, width, 3, stride), (width, out, 3, 1)]
        self.count = len(shapes)
        for number, (before, after, kernel, step) in enumerate(shapes, 1):
            made = conv(before, after, kernel, stride=step, padding=kernel // 2)
            setattr(self, f"conv{number}", made)
            setattr(self, f"bn{number}", nn.BatchNorm2d(after))
        self.downsample = None
        if stride != 1 or channels != out:
            self.downsample = nn.Sequential(
                conv(channels, out, 1, stride=stride), nn.BatchNorm2d(out)
            )

    def forward(self, x):
        y = x
        for number in range(1, self.count + 1):
            y = getattr(self, f"bn{number}")(getattr(self, f"conv{number}")(y))
            y = F.relu(y) if number < self.count else y
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    def __init__(self, counts, bottleneck, classes=1000):
        super().__init__()
        self.conv1, self.bn1 = conv(3, 64, 7, stride=2, padding=3), nn.BatchNorm2d(64)
        channels = 64
        for stage, count in enumerate(counts, 1):
            width = 32 * 2**stage
            out = width * (4 if bottleneck else 1)
            blocks = []
            for number in range(count):
                stride = 2 if stage > 1 and number == 0 else 1
                blocks.append(Block(channels, width, out, stride, bottleneck))
                channels = out
            setattr(self, f"layer{stage}", nn.Sequential(*blocks))
        self.fc = nn.Linear(channels, classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        for stage in range(1, 5):
            x = getattr(self, f"layer{stage}")(x)
        return self.fc(x.mean((2, 3)))


class Features(nn.Module):
    """AlexNet and VGG: ``features``, flattened, ``classifier``."""

    def __init__(self, features, classifier):
        super().__init__()
        self.features, self.classifier = nn.Sequential(*features), nn.Sequential(*classifier)

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


def alexnet(cells=6, classes=1000):
    features = [nn.Conv2d(3, 64, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2)]
    features += [nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2)]
    for before, after in ((192, 384), (384, 256), (256, 256)):
        features += [nn.Conv2d(before, after, 3, padding=1), nn.ReLU()]
    classifier = [nn.Dropout(), nn.Linear(256 * cells * cells, 4096), nn.ReLU()]
    classifier += [nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, classes)]
    return Features([*features, nn.MaxPool2d(3, 2)], classifier)


def vgg(counts, cells=7, classes=1000):
    features, channels = [], 3
    for count, width in zip(counts, (64, 128, 256, 512, 512), strict=True):
        for _ in range(count):
            features += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
            channels = width
        features.append(nn.MaxPool2d(2))
    classifier = [nn.Linear(512 * cells * cells, 4096), nn.ReLU(), nn.Dropout()]
    classifier += [nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, classes)]
    return Features(features, classifier)


class Fire(nn.Module):
    def __init__(self, channels, few, many):
        super().__init__()
        self.squeeze = nn.Conv2d(channels, few, 1)
        self.expand1x1 = nn.Conv2d(few, many, 1)
        self.expand3x3 = nn.Conv2d(few, many, 3, padding=1)

    def forward(self, x):
        x = F.relu(self.squeeze(x))
        return torch.cat([F.relu(self.expand1x1(x)), F.relu(self.expand3x3(x))], 1)


class SqueezeNet(nn.Module):
    def __init__(self):
        super().__init__()
        pool = nn.MaxPool2d(3, 2, ceil_mode=True)
        layers = [nn.Conv2d(3, 64, 3, 2), nn.ReLU(), pool]
        layers += [Fire(64, 16, 64), Fire(128, 16, 64), pool]
        layers += [Fire(128, 32, 128), Fire(256, 32, 128), pool]
        layers += [Fire(256, 48, 192), Fire(384, 48, 192), Fire(384, 64, 256), Fire(512, 64, 256)]
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Dropout(), nn.Conv2d(512, 1000, 1), nn.ReLU())

    def forward(self, x):
        return self.classifier(self.features(x)).mean((2, 3))


def unit(channels, filters, kernel=1, stride=1, groups=1):
    """Convolution, BN, ReLU6: one module of MobileNetV2."""
    made = conv(channels, filters, kernel, stride=stride, padding=kernel // 2, groups=groups)
    return nn.Sequential(made, nn.BatchNorm2d(filters), nn.ReLU6())


class Inverted(nn.Module):
    def __init__(self, channels, out, stride, expand):
        super().__init__()
        wide = channels * expand
        first = [] if expand == 1 else [unit(channels, wide)]
        last = [conv(wide, out, 1), nn.BatchNorm2d(out)]
        self.conv = nn.Sequential(*first, unit(wide, wide, 3, stride, wide), *last)
        self.shortcut = stride == 1 and channels == out

    def forward(self, x):
        return x + self.conv(x) if self.shortcut else self.conv(x)


MOBILE = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2))
MOBILE += ((6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))


class MobileNetV2(nn.Module):
    def __init__(self):
        super().__init__()
        layers, channels = [unit(3, 32, 3, 2)], 32
        for expand, out, count, stride in MOBILE:
            for number in range(count):
                layers.append(Inverted(channels, out, stride if number == 0 else 1, expand))
                channels = out
        self.features = nn.Sequential(*layers, unit(320, 1280))
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(1280, 1000))

    def forward(self, x):
        return self.classifier(self.features(x).mean((2, 3)))


def mobile_names_of_timm(state):
    """The same tensors under timm's names."""
    places = [(stage, n) for stage, (_, _, count, _) in enumerate(MOBILE) for n in range(count)]
    renamed = {}
    for name, value in state.items():
        parts = name.split(".")
        tensor, rest = parts[-1], parts[1:-1]
        if parts[0] == "classifier":
            new = "classifier"
        elif rest[0] in ("0", "18"):
            stem = rest[0] == "0"
            conv_name, norm = ("conv_stem", "bn1") if stem else ("conv_head", "bn2")
            new = conv_name if rest[1] == "0" else norm
        else:
            stage, number = places[int(rest[0]) - 1]
            convs = ["conv_pw", "conv_dw", "conv_pwl"] if stage else ["conv_dw", "conv_pw"]
            at = int(rest[2])
            if len(rest) == 4:
                kind = convs[at] if rest[3] == "0" else f"bn{at + 1}"
            else:
                kind = convs[-1] if at == len(convs) - 1 else f"bn{len(convs)}"
            new = f"blocks.{stage}.{number}.{kind}"
        renamed[f"{new}.{tensor}"] = value
    return renamed


class DenseLayer(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.norm1, self.conv1 = nn.BatchNorm2d(channels), conv(channels, 128, 1)
        self.norm2, self.conv2 = nn.BatchNorm2d(128), conv(128, 32, 3, padding=1)

    def forward(self, x):
        y = self.conv1(F.relu(self.norm1(x)))
        return torch.cat([x, self.conv2(F.relu(self.norm2(y)))], 1)


class DenseNet121(nn.Module):
    def __init__(self):
        super().__init__()
        named = OrderedDict(conv0=conv(3, 64, 7, stride=2, padding=3), norm0=nn.BatchNorm2d(64))
        named |= {"relu0": nn.ReLU(), "pool0": nn.MaxPool2d(3, 2, 1)}
        channels = 64
        for block, count in enumerate((6, 12, 24, 16), 1):
            layers = OrderedDict()
            for number in range(1, count + 1):
                layers[f"denselayer{number}"] = DenseLayer(channels)
                channels += 32
            named[f"denseblock{block}"] = nn.Sequential(layers)
            if block < 4:
                parts = OrderedDict(norm=nn.BatchNorm2d(channels), relu=nn.ReLU())
                parts |= {"conv": conv(channels, channels // 2, 1), "pool": nn.AvgPool2d(2)}
                named[f"transition{block}"] = nn.Sequential(parts)
                channels //= 2
        named["norm5"] = nn.BatchNorm2d(channels)
        self.features, self.classifier = nn.Sequential(named), nn.Linear(channels, 1000)

    def forward(self, x):
        return self.classifier(F.relu(self.features(x)).mean((2, 3)))


class Unit(nn.Module):
    """GoogLeNet's convolution with BN, whose epsilon is 0.001."""

    def __init__(self, channels, filters, kernel=1, **rest):
        super().__init__()
        self.conv = conv(channels, filters, kernel, **rest)
        self.bn = nn.BatchNorm2d(filters, eps=0.001)

    def forward(self, x):
        return F.relu(self.bn(self.conv(x)))


class Inception(nn.Module):
    def __init__(self, channels, one, few3, three, few5, five, pooled):
        super().__init__()
        self.branch1 = Unit(channels, one)
        self.branch2 = nn.Sequential(Unit(channels, few3), Unit(few3, three, 3, padding=1))
        self.branch3 = nn.Sequential(Unit(channels, few5), Unit(few5, five, 3, padding=1))
        pool = nn.MaxPool2d(3, 1, 1, ceil_mode=True)
        self.branch4 = nn.Sequential(pool, Unit(channels, pooled))

    def forward(self, x):
        return torch.cat(
            [b(x) for b in (self.branch1, self.branch2, self.branch3, self.branch4)], 1
        )


INCEPTIONS = {
    "3a": (192, 64, 96, 128, 16, 32, 32),
    "3b": (256, 128, 128, 192, 32, 96, 64),
    "4a": (480, 192, 96, 208, 16, 48, 64),
    "4b": (512, 160, 112, 224, 24, 64, 64),
    "4c": (512, 128, 128, 256, 24, 64, 64),
    "4d": (512, 112, 144, 288, 32, 64, 64),
    "4e": (528, 256, 160, 320, 32, 128, 128),
    "5a": (832, 256, 160, 320, 32, 128, 128),
    "5b": (832, 384, 192, 384, 48, 128, 128),
}


class GoogLeNet(nn.Module):
    """With one auxiliary classifier's tensor, as published weights have them."""

    def __init__(self):
        super().__init__()
        self.conv1 = Unit(3, 64, 7, stride=2, padding=3)
        self.conv2, self.conv3 = Unit(64, 64), Unit(64, 192, 3, padding=1)
        for name, numbers in INCEPTIONS.items():
            setattr(self, f"inception{name}", Inception(*numbers))
        self.aux1 = nn.Linear(5, 5)
        self.fc = nn.Linear(1024, 1000)

    def forward(self, x):
        x = F.max_pool2d(self.conv1(x), 3, 2, ceil_mode=True)
        x = F.max_pool2d(self.conv3(self.conv2(x)), 3, 2, ceil_mode=True)
        for name in INCEPTIONS:
            x = getattr(self, f"inception{name}")(x)
            if name in ("3b", "4e"):
                kernel = 3 if name == "3b" else 2
                x = F.max_pool2d(x, kernel, 2, ceil_mode=True)
        return self.fc(x.mean((2, 3)))


LIBRARY = {
    "alexnet": alexnet,
    "vgg11": lambda: vgg((1, 1, 2, 2, 2)),
    "vgg16": lambda: vgg((2, 2, 3, 3, 3)),
    "vgg19": lambda: vgg((2, 2, 4, 4, 4)),
    "googlenet": GoogLeNet,
    "resnet18": lambda: ResNet((2, 2, 2, 2), False),
    "resnet34": lambda: ResNet((3, 4, 6, 3), False),
    "resnet50": lambda: ResNet((3, 4, 6, 3), True),
    "resnet101": lambda: ResNet((3, 4, 23, 3), True),
    "squeezenet1.1": SqueezeNet,
    "mobilenetv2": MobileNetV2,
    "densenet121": DenseNet121,
}
"""Networks as built elsewhere, at full size, by their names here."""


def randomised(network, seed=0):
    """``network`` in evaluation, its batch statistics as if it had been trained."""
    torch.manual_seed(seed)
    for module in network.modules():
        if isinstance(
            module, nn.Conv2d | nn.Linear
        ):  # so that deep layers still tell pictures apart
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.2)
            nn.init.normal_(module.running_mean, std=0.2)
            nn.init.uniform_(module.running_var, 0.2, 1.0)
    return network.eval()
