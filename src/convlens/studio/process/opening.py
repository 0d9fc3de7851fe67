"""From what the server says of a run to what the pipeline takes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convlens.data import Dataset, Labelling
from convlens.errors import ConvLensError, ModelFileError, SettingsError
from convlens.modelfile import Model, read_model
from convlens.notation import resolve
from convlens.pipeline import Keep, Settings
from convlens.pipeline.placing import resumed
from convlens.pipeline.prepare import source_of
from convlens.runs.folder import RunFolder
from convlens.studio.process.carrying import Carried, fitting
from convlens.studio.process.knobs import as_settings

MODEL = "model.safetensors"
"""The model file in a run folder."""

COMMAND = "convlens studio"
"""What a run folder says it was made by."""


@dataclass(frozen=True, slots=True, eq=False)
class Opening:
    """A run to be begun or gone on with. ``finished`` holds what it came to, if it has ended.

    ``before`` are the epochs of its earlier stretches, which the knob of the epochs leaves out.
    """

    settings: Settings
    keep: Keep
    carry: Carried | None = None
    finished: dict[str, Any] | None = None
    before: float = 0.0


def opening(values: dict[str, Any]) -> Opening:
    """What ``open`` asks for. Raises ConvLensError."""
    folder = _path(values, "folder")
    if values.get("resume") and RunFolder(folder).begun:
        return _again(folder, values)
    net, carry = values.get("net"), values.get("carry")
    kept = None
    if carry is not None:
        model = read_model(Path(str(carry)))
        net = str(model.architecture) if net is None else net
        kept = Carried(
            fitting(model, None if net is None else resolve(net)),
            model.preprocessing,
            model.temperature,
        )
    settings = Settings(
        data=values.get("data") or "digits",
        net=net,
        out=folder / MODEL,
        epochs=values.get("epochs"),
        recipe=as_settings(values.get("recipe") or {}, values.get("knobs") or {}),
        size=_size(values.get("size")),
        seed=values.get("seed") or 0,
        cache=not values.get("no_cache"),
        **(Labelling.from_json(values.get("labelling")).to_json() or {}),
    )
    return Opening(settings, Keep(folder, command=COMMAND), kept)


def further(opened: Opening, length: float | None, epochs: float | None) -> Opening:
    """The same run learning on: ``epochs`` more than its ``length``, or up to what was planned."""
    settings, keep, before = opened.settings, opened.keep, opened.before
    given: dict[str, Any] = {"cache": settings.cache}
    if epochs is not None and length is not None:
        given["epochs"], before = length + epochs, length
    again = Keep(keep.folder, resume=True, command=keep.command)
    return Opening(resumed(keep.folder, given), again, before=before)


def _again(folder: Path, values: dict[str, Any]) -> Opening:
    """A run that its folder knows already; where its pictures lie now may have changed."""
    given: dict[str, Any] = {"cache": not values.get("no_cache")}
    if values.get("data") is not None:
        given["data"] = values["data"]
    held = RunFolder(folder)
    settings = resumed(folder, given)
    keep = Keep(folder, resume=True, command=COMMAND)
    finished = held.result() if held.state == "finished" else None
    return Opening(settings, keep, finished=finished, before=values.get("epochs_before") or 0.0)


def model_of(opened: Opening) -> Model:
    """The model that a finished run came to. Raises ModelFileError where it is gone."""
    told = (opened.finished or {}).get("model")
    places = [Path(told)] if isinstance(told, str) else []
    places.append(opened.keep.folder / MODEL)
    for path in places:
        if path.exists():
            return read_model(path)
    raise ModelFileError(
        f"the run in {opened.keep.folder} has ended and its model is gone", "let it learn on"
    )


def same_pictures(settings: Settings, before: Settings | None, dataset: Dataset | None) -> bool:
    """Whether ``dataset``, read for ``before``, is what ``settings`` would have read now."""
    if before is None or dataset is None:
        return False
    chosen = [
        (one.data, one.seed, one.group_by, one.labelling.to_json(), one.fit, one.test_share)
        for one in (settings, before)
    ]
    if json.dumps(chosen[0], default=str) != json.dumps(chosen[1], default=str):
        return False
    try:
        return source_of(settings).fingerprint == dataset.fingerprint
    except ConvLensError:
        return False  # whoever reads it says what is wrong


def _path(values: dict[str, Any], name: str) -> Path:
    value = values.get(name)
    if not isinstance(value, str) or not value:
        raise SettingsError(f"{name} is {value!r}", "give the path of a folder")
    return Path(value)


def _size(value: object) -> tuple[int, int] | None:
    return None if value is None else tuple(value)  # type: ignore[arg-type, return-value]
