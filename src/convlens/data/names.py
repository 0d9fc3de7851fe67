"""What names of files tell: what is hidden, what may be a picture."""

from __future__ import annotations

from convlens.errors.characters import printable as printable  # noqa: PLC0414 - its other home

_ENDINGS = (
    "7z avi bak bat bz2 bin c cfg conf cpp css csv db dll doc docx exe gz h h5 hdf5 htm html ini "
    "ipynb jar js json jsonl lock log m4a mat md mkv mov mp3 mp4 mpg npy npz odt onnx parquet part "
    "pdf pickle pkl ppt pptx pt pth py rar rst safetensors sh sqlite swp tar tex tfrecord tgz tmp "
    "toml torrent ts tsv txt url wav webm xls xlsx xml xz yaml yml zip"
)

NOT_PICTURES = frozenset(_ENDINGS.split())
"""Endings of files that lie beside pictures and are none; any other file is tried as a picture."""

_PICTURES = frozenset(
    ("jpg", "jpeg", "jpe", "jfif", "mpo", "png", "apng", "gif", "bmp", "dib", "webp", "tif", "tiff")
) | {"avif"}


def is_hidden(name: str) -> bool:
    """Tell whether a file or folder is left out unseen: dot files and what macOS adds to zips."""
    return name.startswith(".") or name == "__MACOSX"


def may_be_picture(name: str) -> bool:
    """Tell whether a file should be tried as a picture, going by its name alone."""
    _, dot, ending = name.rpartition(".")
    return not (dot and ending.lower() in NOT_PICTURES)


def has_picture_ending(name: str) -> bool:
    """Tell whether a file is named as pictures are that are read here."""
    return name.rpartition(".")[2].lower() in _PICTURES
