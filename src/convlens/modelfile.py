"""The model file: one safetensors file with the weights, and all else as JSON in its metadata.

Nothing in it is code. Everything is checked against what the file's own architecture demands
before any weight is read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from convlens.data import Preprocessing
from convlens.data.content import HASH_BYTES
from convlens.data.memory import allowed_memory, how_to_raise
from convlens.documents import UnfitError, cut, parsed, shown
from convlens.errors import ConvLensError, ModelFileError
from convlens.files import Form, write_atomically
from convlens.modelfields import check
from convlens.network.footprint import check_prediction
from convlens.notation import Architecture, Plan, Volume
from convlens.notation import layers as kinds
from convlens.notation.volumes import Row
from convlens.paths import exists, is_dir, is_file

FORMAT = 3
"""Version of the format that is written; older ones are read, newer ones refused."""

KEY = "convlens"
"""The metadata's entry that holds the JSON document."""

VARIANCE = ".running_var"
"""Ending of the names of BN's variances."""

SEEN = "seen."
"""Beginning of the names of tensors that hold hashes of pictures, (N, 6) uint8, by part."""

Weights = Mapping[str, NDArray[np.float32]]
Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True, eq=False, slots=True)
class Model:
    """What a model file holds: everything from a picture's bytes to class probabilities.

    ``seen`` are hashes (N, 6) uint8 of the pictures that it was trained on ("train") and of those
    that chose its weights ("validation"), by which they are known again.
    """

    architecture: Architecture
    classes: tuple[str, ...]
    preprocessing: Preprocessing
    weights: Weights
    temperature: float
    training: Mapping[str, Any]
    seen: Mapping[str, NDArray[np.uint8]] = field(default_factory=dict)

    def plan(self) -> Plan:
        """The architecture on the model's own input and classes."""
        return plan_of(self.architecture, self.preprocessing, self.classes)


def plan_of(
    architecture: Architecture, preprocessing: Preprocessing, classes: tuple[str, ...]
) -> Plan:
    """The volumes of ``architecture`` on pictures as ``preprocessing`` makes them."""
    shape = Volume(preprocessing.width, preprocessing.height, preprocessing.channels)
    return architecture.plan(shape, len(classes))


def tensor_shapes(plan: Plan) -> Shapes:
    """Name and shape of every tensor that a network of ``plan`` consists of."""
    return {name: shape for row in plan.rows for name, shape in _row_shapes(row, "")}


def _row_shapes(row: Row, prefix: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    layer, name, depth = row.layer, prefix + row.name, row.input.depth
    match layer:
        case kinds.Conv():
            width, height = layer.kernel
            yield f"{name}.weight", (layer.filters, depth // layer.groups, height, width)
            if layer.bias:
                yield f"{name}.bias", (layer.filters,)
        case kinds.FullyConnected():
            yield f"{name}.weight", (row.output.depth, row.input.size)
            if layer.bias:
                yield f"{name}.bias", (row.output.depth,)
        case kinds.BatchNorm():
            for tensor in ("weight", "bias", "running_mean", "running_var"):
                yield f"{name}.{tensor}", (depth,)
        case kinds.Residual():
            for part, branch in zip(("body", "shortcut"), row.branches, strict=True):
                for inner in branch:
                    yield from _row_shapes(inner, f"{name}.{part}.")
        case kinds.Concat():
            for number, branch in enumerate(row.branches):
                for inner in branch:
                    yield from _row_shapes(inner, f"{name}.branches.{number}.")


def write_model(model: Model, path: Path) -> None:
    """Write ``model`` to ``path``, whole or not at all.

    Raises OutputError, or ModelFileError where a value could not be read again.
    """
    write_atomically(path, model_bytes(model))


def model_bytes(model: Model) -> bytes:
    """The content of ``model``'s file. Raises ModelFileError where it could not be read again."""
    document = {
        "format": FORMAT,
        "architecture": str(model.architecture),
        "classes": list(model.classes),
        "preprocessing": model.preprocessing.to_json(),
        "calibration": {"temperature": model.temperature},
        "training": dict(model.training),
    }
    check(document)
    tensors = {name: np.ascontiguousarray(value) for name, value in model.weights.items()}
    hashes = {SEEN + part: np.ascontiguousarray(value) for part, value in model.seen.items()}
    return save({**tensors, **hashes}, metadata={KEY: json.dumps(document)})


def is_model(path: Path) -> bool:
    """Whether the file at ``path`` says of itself that it is one of ours, of any version."""
    try:
        with safe_open(path, framework="numpy") as file:
            return KEY in (file.metadata() or {})
    except (OSError, SafetensorError):
        return False


_NAME_IT = "name it {name}"
_NO_EXPORT = (
    f"{_NAME_IT}; it is used by convlens predict and convlens.load, and convlens export writes it "
    "for ConvNetJS; there is no other export yet"
)

MODEL_FORM = Form(
    name="a model of ConvLens",
    content="a model file in safetensors",
    example="model.safetensors",
    ours=is_model,
    instead={
        "PyTorch": f"{_NAME_IT}; safetensors.torch.load_file reads its tensors as a state dict, "
        "which torch.save takes",
        "Python's pickles": f"{_NAME_IT}; convlens.load reads it, and no code comes with it",
        "numpy": f"{_NAME_IT}; safetensors.numpy.load_file reads its arrays, which numpy.savez "
        "takes",
        "JSON": f"{_NAME_IT}; for ConvNetJS: convlens export {{name}} --to convnetjs",
        **dict.fromkeys(
            ("ONNX", "Keras", "TensorFlow", "Core ML", "TensorRT", "PaddlePaddle"), _NO_EXPORT
        ),
    },
)
"""Model files, and what works instead where another form of a network is wanted."""


def read_model(path: Path) -> Model:
    """Read what ``write_model`` wrote. Raises ModelFileError for anything else."""
    if exists(path) and not is_file(path):
        what = "a folder" if is_dir(path) else "no file with contents"
        raise ModelFileError(
            f"{path} is {what}, not a model file",
            "give the .safetensors file; among a command's arguments it comes first",
        )
    try:
        with safe_open(path, framework="numpy") as file:
            return _checked(file, path)
    except FileNotFoundError:
        raise ModelFileError(
            f"there is no model file {path}", "train one: convlens train"
        ) from None
    except (OSError, SafetensorError) as error:
        raise ModelFileError(
            f"{path} is not a whole safetensors file: {_reason(error)}",
            "a model file comes from convlens train and ends in .safetensors",
        ) from error


def _checked(file: Any, path: Path) -> Model:
    document = _document(file.metadata() or {}, path)
    try:
        check(document)
        architecture = Architecture(document["architecture"])
        classes = tuple(document["classes"])
        preprocessing = Preprocessing.from_json(document["preprocessing"])
        plan = plan_of(architecture, preprocessing, classes)
    except ConvLensError as error:
        raise ModelFileError(f"{path}: {cut(error.message)}", _foreign(path)) from error
    if len(set(classes)) < len(classes):
        raise ModelFileError(f"{path} names a class twice", _foreign(path))
    check_prediction(plan, str(path))
    shapes = tensor_shapes(plan)
    _compare(shapes, file, path)
    weights = {name: file.get_tensor(name) for name in shapes}
    for name, values in weights.items():
        if not np.isfinite(values).all():
            raise ModelFileError(f"{path}: {name} holds values that are not numbers", None)
        if name.endswith(VARIANCE) and (values < 0).any():
            raise ModelFileError(f"{path}: {name} holds a variance below zero", _foreign(path))
    seen = {name.removeprefix(SEEN): file.get_tensor(name) for name in _seen(file, path)}
    temperature = float(document["calibration"]["temperature"])
    return Model(
        architecture, classes, preprocessing, weights, temperature, document["training"], seen
    )


def _seen(file: Any, path: Path) -> list[str]:
    """Names of the tensors of hashes, their kind and shape checked."""
    names = [name for name in file.keys() if name.startswith(SEEN)]  # noqa: SIM118
    for name in names:
        found = file.get_slice(name)
        if found.get_dtype() != "U8" or tuple(found.get_shape())[1:] != (HASH_BYTES,):
            held = f"{found.get_dtype()} {tuple(found.get_shape())}"
            raise ModelFileError(f"{path}: {cut(name)} is {held}, not U8 (N, 6)", _foreign(path))
    return names


def _document(metadata: Mapping[str, str], path: Path) -> Mapping[str, Any]:
    """The JSON document, its version checked first: a newer one may mean anything by the rest."""
    try:
        document = parsed(metadata[KEY], allowed_memory())
        version = document["format"]
    except UnfitError as error:
        hint = _foreign(path) if error.needed is None else how_to_raise(error.needed)
        raise ModelFileError(f"{path}: its document {error}", hint) from None
    except (KeyError, TypeError):
        raise ModelFileError(
            f"{path} is a safetensors file, but not one of ConvLens", _foreign(path)
        ) from None
    if type(version) is not int or not 1 <= version <= FORMAT:
        raise ModelFileError(
            f"{path} has format {shown(version)}; this ConvLens reads up to {FORMAT}",
            "update ConvLens: pip install --upgrade convlens",
        )
    return dict(document)


def _compare(shapes: Shapes, file: Any, path: Path) -> None:
    """Refuse missing, surplus, misshapen and mistyped tensors before any is read."""
    present = {name for name in file.keys() if not name.startswith(SEEN)}  # noqa: SIM118
    missing, surplus = sorted(shapes.keys() - present), sorted(present - shapes.keys())
    if missing or surplus:
        what = f"lacks {missing[0]}" if missing else f"has {surplus[0]} too many"
        raise ModelFileError(f"{path} {cut(what)}, going by its own architecture", _foreign(path))
    for name, shape in shapes.items():
        found = file.get_slice(name)
        if tuple(found.get_shape()) != shape or found.get_dtype() != "F32":
            held = f"{found.get_dtype()} {tuple(found.get_shape())}"
            raise ModelFileError(f"{path}: {name} is {held}, not F32 {shape}", _foreign(path))


def _foreign(path: Path) -> str:
    return f"was {path.name} written by convlens train, and copied whole?"


def _reason(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
