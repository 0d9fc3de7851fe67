"""A state dict in safetensors, as torchvision and timm name its tensors, to our model.

Every tensor is accounted for: each of ours has its source, each of theirs its place, or the file
is refused with what is missing, misshapen and left over.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from convlens.errors import ConvLensError, ModelFileError, SettingsError
from convlens.importing.labels import class_names
from convlens.importing.naming import EPSILONS, LEFT_ASIDE, NAMINGS, Naming, in_order
from convlens.importing.options import Options
from convlens.modelfile import KEY, VARIANCE, Model, Shapes, tensor_shapes
from convlens.notation import Architecture, Plan, Volume, resolve
from convlens.notation.layers import BN_EPSILON
from convlens.notation.zoo import ZOO

COUNTED = "num_batches_tracked"
"""Ends the name of a tensor that counts steps of training; nothing in prediction uses it."""

_SHOWN = 4
_DENSE = re.compile(r"(\.denselayer\d+\.(?:norm|conv))\.(?=[12]\.)")
_MOST_CLASSES = 1_000_000


@dataclass(frozen=True, slots=True)
class _Match:
    """Our tensors and theirs, by name; ``problems`` says what does not match."""

    plan: Plan
    sources: dict[str, str]
    problems: tuple[str, ...]


def read_state(
    path: Path,
    network: str | None,
    names: Sequence[str] | None = None,
    options: Options | None = None,
) -> Model:
    """Read the state dict at ``path`` as the weights of ``network``.

    ``network`` is a name of the zoo, notation or a file of it; None tries the zoo's. ``names`` are
    those of the classes, left out: numbers. Raises ModelFileError where the file is damaged or
    holds other tensors, SettingsError or NotationError where the rest is amiss.
    """
    options = options or Options()
    try:
        with safe_open(path, framework="pt") as file:
            if KEY in (file.metadata() or {}):
                raise ModelFileError(f"{path} is a model file of ConvLens already")
            shapes = _shapes(file)
            network = network or _recognised(shapes, path)
            match, volume = _matched(network, shapes, options)
            if match.problems:
                raise _refusal(path, network, shapes, match)
            tensors = {ours: _values(file, name) for ours, name in match.sources.items()}
    except (OSError, SafetensorError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelFileError(f"{path} is not a whole safetensors file: {reason}") from error
    expected = tensor_shapes(match.plan)
    weights = {ours: values.reshape(expected[ours]) for ours, values in tensors.items()}
    _check_finite(weights, path)
    _adapt_epsilon(weights, EPSILONS.get(network, BN_EPSILON))
    return Model(
        match.plan.architecture.with_input(match.plan.input),
        class_names(match.plan.classes, names),
        options.preprocessing(network, volume),
        weights,
        1.0,
        {"imported": {"file": path.name, "network": network}},
    )


def _shapes(file: Any) -> Shapes:
    """Names and shapes of the file's tensors, read from its header alone."""
    return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118


def _matched(network: str, shapes: Shapes, options: Options) -> tuple[_Match, Volume]:
    """The best match of the file with ``network``, and the input that the network was made for."""
    entry = next((entry for entry in ZOO if entry.name == network.strip().lower()), None)
    architecture = resolve(network)
    volume = architecture.input or (entry.input if entry else None)
    if volume is None:
        raise SettingsError(
            "the text of the network does not say its input", "begin it with INPUT 32x32x3, say"
        )
    p = options.preprocessing(network, volume)
    taken = Volume(p.width, p.height, p.channels)
    known = NAMINGS.get(entry.name, ()) if entry else ()
    aside = LEFT_ASIDE.get(entry.name, ()) if entry else ()
    bare = {
        plain: name
        for plain, name in _plain(shapes).items()
        if not plain.endswith(COUNTED) and not plain.startswith(aside)
    }
    theirs = {name: shapes[full] for name, full in bare.items()}
    matches = [_compared(architecture, taken, theirs, naming) for naming in known or (None,)]
    best = min(matches, key=lambda match: len(match.problems))
    sources = {ours: bare[name] for ours, name in best.sources.items()}
    return _Match(best.plan, sources, best.problems), volume


def _plain(shapes: Shapes) -> dict[str, str]:
    """The file's names by what they are without the marks that some files carry.

    Training on several devices puts ``module.`` before every name; torchvision's first DenseNets
    say ``norm.1`` for ``norm1``.
    """
    wrapped = all(name.startswith("module.") for name in shapes)
    start = len("module.") if wrapped else 0
    return {_DENSE.sub(r"\1", name[start:]): name for name in shapes}


def _compared(
    architecture: Architecture, volume: Volume, theirs: Shapes, naming: Naming | None
) -> _Match:
    """Hold the tensors of a file to those that the network has under ``naming``."""
    if naming is None:
        naming = in_order(theirs, _kinds(architecture.plan(volume, _last(theirs))))
    last = theirs.get(f"{naming[-1]}.weight", ())
    plan = _planned(architecture, volume, last[0] if last else None)
    expected = tensor_shapes(plan)
    modules = list(dict.fromkeys(name.rpartition(".")[0] for name in expected))
    foreign = dict(zip(modules, naming, strict=True))
    sources, problems = {}, []
    for ours, shape in expected.items():
        module, _, tensor = ours.rpartition(".")
        name = f"{foreign[module]}.{tensor}"
        if name not in theirs:
            problems.append(f"lacks {name if foreign[module] else f'a tensor for {ours}'}")
        elif not _same(theirs[name], shape):
            problems.append(f"{name} is {_text(theirs[name])} where {_text(shape)} belongs")
        else:
            sources[ours] = name
    named = {f"{foreign[ours.rpartition('.')[0]]}.{ours.rpartition('.')[2]}" for ours in expected}
    problems.extend(f"{name} is left over" for name in sorted(theirs.keys() - named))
    return _Match(plan, sources, tuple(problems))


def _planned(architecture: Architecture, volume: Volume, classes: int | None) -> Plan:
    """The plan with as many classes as the file's last layer has units, where that can be."""
    if classes is not None and 1 <= classes <= _MOST_CLASSES:
        try:
            return architecture.plan(volume, classes)
        except ConvLensError:
            pass  # the text says how many there are: the shapes will tell
    try:
        return architecture.plan(volume)
    except ConvLensError:
        return architecture.plan(volume, 1000)


def _kinds(plan: Plan) -> list[str]:
    """Kind of every module with tensors, in our order."""
    modules = dict.fromkeys(name.rpartition(".")[0] for name in tensor_shapes(plan))
    return [module.rpartition(".")[2].rstrip("0123456789") for module in modules]


def _last(theirs: Shapes) -> int | None:
    """Units of what looks like the last layer: of the matrices, that of the highest name."""
    matrices = {name: shape for name, shape in theirs.items() if len(shape) == 2}
    found = in_order(matrices, ["fc"] * len(matrices))
    return matrices[f"{found[-1]}.weight"][0] if found and found[-1] else None


def _same(theirs: tuple[int, ...], ours: tuple[int, ...]) -> bool:
    """Whether a tensor can be taken as it lies: of this shape, or FC for CONV or the reverse."""
    if theirs == ours:
        return True
    either = {len(theirs), len(ours)} == {2, 4}
    return either and theirs[0] == ours[0] and prod(theirs) == prod(ours)


def _values(file: Any, name: str) -> NDArray[np.float32]:
    tensor = file.get_tensor(name)
    if not tensor.is_floating_point():
        raise ModelFileError(f"{name} holds {str(tensor.dtype).removeprefix('torch.')}, not floats")
    return np.ascontiguousarray(tensor.float().numpy())


def _check_finite(weights: dict[str, NDArray[np.float32]], path: Path) -> None:
    for name, values in weights.items():
        if not np.isfinite(values).all():
            raise ModelFileError(f"{path} holds values that are not numbers, for {name}")
        if name.endswith(VARIANCE) and (values < 0).any():
            raise ModelFileError(f"{path} holds a variance below zero, for {name}")


def _adapt_epsilon(weights: dict[str, NDArray[np.float32]], epsilon: float) -> None:
    """Put the difference of the two epsilons into the variance: only their sum is ever used."""
    for name, values in weights.items():
        if name.endswith("running_var") and epsilon != BN_EPSILON:
            weights[name] = values + np.float32(epsilon - BN_EPSILON)


def _recognised(shapes: Shapes, path: Path) -> str:
    """The zoo's network whose tensors these are."""
    for name in NAMINGS:
        if not _matched(name, shapes, Options())[0].problems:
            return name
    raise ModelFileError(
        f"{path} holds the tensors of no network known: {len(shapes)}, "
        f"such as {next(iter(sorted(shapes)), 'none')}",
        f"say what it is with --net; known are {', '.join(NAMINGS)}",
    )


def _refusal(path: Path, network: str, shapes: Shapes, match: _Match) -> ModelFileError:
    shown, more = match.problems[:_SHOWN], len(match.problems) - _SHOWN
    listed = "; ".join(shown) + (f"; and {more} more" if more > 0 else "")
    hint = "the tensors must be those of the network, under torchvision's names or timm's"
    for name in NAMINGS:
        if name != network and not _matched(name, shapes, Options())[0].problems:
            hint = f"these are the tensors of {name}: --net {name}"
    return ModelFileError(f"{path} does not hold the weights of {network[:60]}: {listed}", hint)


def _text(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "a single value"
