"""What a file is, by its first bytes: its name proves nothing."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Literal

from convlens.errors import ModelFileError
from convlens.paths import exists, is_dir, is_file

Kind = Literal["safetensors", "json"]

_PICKLES = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
_PICKLE_NAMES = (".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle")
_OTHERS = {
    b"\x89HDF": "an HDF5 file, as Keras writes them",
    b"GGUF": "a GGUF file",
    b"\x08\x07\x12": "an ONNX file",
    b"\x08\x08\x12": "an ONNX file",
}

CONVERT = (
    "a pickle runs any code that it holds, so it stays closed; where you trust it, convert it: "
    'python -c "import torch, safetensors.torch as s; '
    "s.save_file({k: v.clone() for k, v in torch.load('IN', weights_only=True).items()}, "
    "'OUT.safetensors')\""
)


def kind_of(path: Path) -> Kind:
    """Say whether the file at ``path`` is safetensors or JSON; nothing in it is run or unpacked.

    Raises ModelFileError where it is neither, a pickle above all.
    """
    if exists(path) and not is_file(path) and not is_dir(path):  # opening a pipe would wait
        raise ModelFileError(f"{path} is no file with contents", _WANTED)
    try:
        with path.open("rb") as file:
            head = file.read(64)
    except FileNotFoundError:
        raise ModelFileError(f"there is no file {path}") from None
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {(error.strerror or '').lower()}") from None
    if head.startswith(b"PK\x03\x04"):
        raise ModelFileError(f"{path} is a zip archive, as torch.save writes: a pickle", CONVERT)
    if head.startswith(_PICKLES):
        raise ModelFileError(f"{path} is a pickle", CONVERT)
    for start, what in _OTHERS.items():
        if head.startswith(start):
            raise ModelFileError(f"{path} is {what}; it cannot be imported", _WANTED)
    if len(head) > 8 and head[8:9] == b"{" and struct.unpack("<Q", head[:8])[0] < 1 << 32:
        return "safetensors"
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return "json"
    if path.suffix.lower() in _PICKLE_NAMES:
        raise ModelFileError(f"{path} is no safetensors file, and by its name a pickle", CONVERT)
    what = "empty" if not head else "neither a safetensors file nor JSON"
    raise ModelFileError(f"{path} is {what}", _WANTED)


_WANTED = "give a state dict in safetensors, or a network that ConvNetJS wrote as JSON"
