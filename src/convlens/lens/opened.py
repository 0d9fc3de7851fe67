"""A classifier opened up: its network as the notation says it, nothing folded, layer by layer."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from convlens.classifier import Classifier
from convlens.errors import SettingsError
from convlens.network.build import Network
from convlens.network.footprint import looking_memory, refuse_above
from convlens.notation import Plan, Row, Volume
from convlens.notation import layers as kinds
from convlens.notation.fold import whole_text


@dataclass(frozen=True, slots=True)
class LayerInfo:
    """One layer of a network on its input, as ``convlens net`` lists it.

    ``name`` is unique in the network (``conv2``), ``path`` says inside which branches it lies
    (``res1.body.conv2``, ``cat1.branches.0.conv2``) and begins the names of its weights. ``kind``
    is the notation's word, ``text`` its canonical text. ``input`` and ``output`` are volumes,
    ``parameters`` learnable values of this layer alone; ``receptive_field`` and ``step`` are
    (width, height) in pixels of the picture, not clipped to it. ``nesting`` counts the RES and CAT
    around it.
    """

    name: str
    path: str
    kind: str
    text: str
    nesting: int
    input: Volume
    output: Volume
    parameters: int
    receptive_field: tuple[int, int]
    step: tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """The network of a classifier in evaluation mode, without the rewrites that make it fast.

    ``network`` has weights of its own, none of which asks for a gradient; ``mean`` and ``scale``
    (1, C, 1, 1) turn pixels into its input.
    """

    classifier: Classifier
    plan: Plan
    network: Network
    mean: Tensor
    scale: Tensor

    def normalised(self, pixels: NDArray[np.uint8]) -> Tensor:
        """Pixels (N, H, W, C) as ``Classifier.pixels`` gives them to the input (N, C, H, W)."""
        levels = torch.from_numpy(np.array(pixels)).permute(0, 3, 1, 2)
        return (levels.to(self.mean.dtype) - self.mean) * self.scale

    def module(self, layer: str) -> nn.Module:
        """The torch module of a layer by name or path. Raises SettingsError."""
        return self.network.get_submodule(layer_of(self.plan, layer).path)


def open_network(classifier: Classifier, dtype: torch.dtype = torch.float32) -> Opened:
    """Build the network of ``classifier`` anew, its values and weights of ``dtype``."""
    plan = classifier.model.plan()
    with torch.device("meta"):
        network = Network(plan)
    state = {
        name: torch.from_numpy(np.array(values)).to(dtype)
        for name, values in classifier.weights.items()
    }
    network.load_state_dict(state, assign=True, strict=False)
    p = classifier.preprocessing
    mean = (np.array(p.mean) * 255).astype(np.float32)  # rounded as prediction rounds them
    scale = (1 / (np.array(p.std) * 255)).astype(np.float32)
    return Opened(
        classifier,
        plan,
        network.eval().requires_grad_(False),
        torch.from_numpy(mean).to(dtype).view(1, -1, 1, 1),
        torch.from_numpy(scale).to(dtype).view(1, -1, 1, 1),
    )


def check_looking(classifier: Classifier) -> None:
    """See that the memory is enough for a look. Raises ModelFileError."""
    refuse_above(looking_memory(classifier.model.plan()), "looking into this network")


def layers(classifier: Classifier) -> tuple[LayerInfo, ...]:
    """Every layer in reading order, those of branches behind their RES or CAT."""
    return layers_of(classifier.model.plan())


def layers_of(plan: Plan) -> tuple[LayerInfo, ...]:
    """The same from a plan."""
    return tuple(_described(path, nesting, row) for path, nesting, row in placed(plan))


def layer_of(plan: Plan, layer: str) -> LayerInfo:
    """The layer of that name or path. Raises SettingsError with the nearest name."""
    return _described(*_found(plan, layer))


def row_of(plan: Plan, layer: str) -> Row:
    """The plan's row for the layer of that name or path. Raises SettingsError likewise."""
    return _found(plan, layer)[2]


def placed(plan: Plan) -> Iterator[tuple[str, int, Row]]:
    """Yield (path, nesting, row) for every row in reading order."""
    yield from _placed(plan.rows, "", 0)


def _placed(rows: Sequence[Row], prefix: str, nesting: int) -> Iterator[tuple[str, int, Row]]:
    for row in rows:
        path = prefix + row.name
        yield path, nesting, row
        for part, branch in zip(branch_paths(row), row.branches, strict=True):
            yield from _placed(branch, f"{path}.{part}.", nesting + 1)


def branch_paths(row: Row) -> tuple[str, ...]:
    """What stands in a path between a RES or CAT and the layers of each of its branches."""
    if isinstance(row.layer, kinds.Residual):
        return ("body", "shortcut")
    return tuple(f"branches.{number}" for number in range(len(row.branches)))


def _described(path: str, nesting: int, row: Row) -> LayerInfo:
    text = whole_text(row.layer)
    return LayerInfo(
        name=row.name,
        path=path,
        kind=text.replace("[", " ").split()[0],
        text=text,
        nesting=nesting,
        input=row.input,
        output=row.output,
        parameters=row.parameters,
        receptive_field=row.receptive_field,
        step=row.step,
    )


def _found(plan: Plan, layer: str) -> tuple[str, int, Row]:
    names = []
    for place in placed(plan):
        if layer in (place[0], place[2].name):
            return place
        names.append(place[2].name)
    near = difflib.get_close_matches(str(layer).lower(), names, 1, cutoff=0.5)
    meant = f"did you mean {near[0]}? " if near else ""
    shown = ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
    raise SettingsError(f"the network has no layer `{layer}`", f"{meant}its layers: {shown}")


def check_channel(row: Row, channel: int) -> None:
    """Raise SettingsError where the layer has no such channel (depth slice, filter, unit)."""
    if not (isinstance(channel, int | np.integer) and 0 <= channel < row.output.depth):
        raise SettingsError(
            f"{row.name} has no channel {channel}", f"its channels are 0 to {row.output.depth - 1}"
        )


def check_cell(row: Row, x: int, y: int) -> None:
    """Raise SettingsError where the layer's output has no cell in column ``x``, row ``y``."""
    width, height, _ = row.output
    whole = isinstance(x, int | np.integer) and isinstance(y, int | np.integer)
    if not (whole and 0 <= x < width and 0 <= y < height):
        raise SettingsError(
            f"{row.name} has no cell x={x}, y={y}",
            f"its output is {row.output}: x is 0 to {width - 1}, y 0 to {height - 1}",
        )


def class_index(classifier: Classifier, label: str | int) -> int:
    """The index of a class given by name or index. Raises SettingsError with the nearest name."""
    if isinstance(label, str) and label in classifier.classes:
        return classifier.classes.index(label)
    whole = isinstance(label, int | np.integer) and not isinstance(label, bool)
    if whole and 0 <= int(label) < len(classifier.classes):
        return int(label)
    near = difflib.get_close_matches(str(label), classifier.classes, 1)
    meant = f"did you mean {near[0]}? " if near else ""
    shown = ", ".join(classifier.classes[:12]) + (" …" if len(classifier.classes) > 12 else "")
    raise SettingsError(f"the model has no class `{label}`", f"{meant}its classes: {shown}")
