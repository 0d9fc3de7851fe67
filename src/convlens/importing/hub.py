"""Files from the Hugging Face hub."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from convlens.data.memory import allowed_memory
from convlens.documents import UnfitError, parsed, read_regular
from convlens.errors import ModelFileError, SettingsError
from convlens.importing.options import Options

WEIGHTS, CONFIGURATION = "model.safetensors", "config.json"

_LARGEST = 1 << 20
"""Bytes of a configuration."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file of the hub, and what its neighbour ``config.json`` says of the pictures."""

    path: Path
    options: Options


def fetch(repository: str, file: str = WEIGHTS) -> Fetched:
    """Fetch ``file`` of ``repository`` (such as ``timm/resnet18.a1_in1k``), or find it fetched.

    Raises SettingsError where huggingface_hub is not installed, ModelFileError where the hub does
    not give the file.
    """
    if not file.endswith(".safetensors"):
        raise ModelFileError(f"{file} is not a safetensors file", "only those are fetched")
    path = _download(repository, file)
    try:
        return Fetched(path, _options(_download(repository, CONFIGURATION)))
    except ModelFileError:
        return Fetched(path, Options())


def _download(repository: str, file: str) -> Path:
    try:
        from huggingface_hub import hf_hub_download
    except ImportError:
        raise SettingsError(
            "the hub needs the package huggingface_hub", "pip install 'convlens[hub]'"
        ) from None
    try:
        return Path(hf_hub_download(repo_id=repository, filename=file))
    except Exception as error:  # its errors are those of three libraries, and change with them
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelFileError(
            f"{file} of {repository} cannot be fetched: {reason}",
            "is the name right, and is there a way to huggingface.co?",
        ) from error


def _options(path: Path) -> Options:
    """What timm's ``config.json`` says: size, mean and deviation. Anything odd is passed over."""
    try:
        said = parsed(read_regular(path, _LARGEST), allowed_memory())["pretrained_cfg"]
        _, height, width = said["input_size"]
        mean, std = (tuple(map(float, said[key])) for key in ("mean", "std"))
        return Options((int(width), int(height)), mean, std)
    except (UnfitError, ValueError, TypeError, KeyError, OverflowError):
        return Options()
