"""What a file's ending promises, and forms of files that are written here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from convlens.errors import OutputError
from convlens.files.writing import shown

FORMATS: Mapping[str, str] = {
    ending: name
    for name, endings in {
        "PyTorch": ".pt .pth .pt2 .ptl .pte .ckpt",
        "Python's pickles": ".pkl .pickle .joblib .dill",
        "ONNX": ".onnx .ort",
        "Keras": ".keras .h5 .hdf5",
        "TensorFlow": ".tflite .pb",
        "Core ML": ".mlmodel .mlpackage",
        "TensorRT": ".engine .trt",
        "PaddlePaddle": ".pdparams .pdmodel",
        "llama.cpp": ".gguf .ggml",
        "numpy": ".npz .npy",
        "MATLAB": ".mat",
        "safetensors": ".safetensors",
        "JSON": ".json",
        "an HTML page": ".html .htm",
        "an SVG drawing": ".svg",
        "a PDF": ".pdf",
        "a PNG": ".png",
        "a JPEG": ".jpg .jpeg",
        "a GIF": ".gif",
        "a WebP": ".webp",
        "a BMP": ".bmp",
        "a TIFF": ".tif .tiff",
        "an archive": ".zip .tar .gz .tgz .bz2 .xz .zst .7z",
    }.items()
    for ending in endings.split()
}
"""Endings that say what is in a file, and what they say; under any other any form may go."""


@dataclass(frozen=True, slots=True)
class Form:
    """A form of files that is written here.

    ``name`` is what alone may be replaced, ``ours`` tells such a file from others, ``content`` is
    what is in it, ``example`` a name for one, and ``instead`` says of formats by their names in
    FORMATS how to get there from this form; ``{name}`` in it becomes the file's name in this form.
    """

    name: str
    content: str
    example: str
    ours: Callable[[Path], bool]
    instead: Mapping[str, str] = field(default_factory=dict)

    def check_ending(self, path: Path) -> None:
        """See that the name does not promise another format. Raises OutputError."""
        ending = path.suffix.lower()
        promised = FORMATS.get(ending)
        if promised is None or promised == FORMATS.get(Path(self.example).suffix):
            return
        name = shown(path.with_suffix(Path(self.example).suffix))
        raise OutputError(
            f"{shown(path)}: what is written is {self.content}, not {promised} ({ending})",
            self.instead.get(promised, "name it {name}").format(name=name),
        )
