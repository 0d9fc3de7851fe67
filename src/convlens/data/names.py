"""What names of files tell: what is hidden, what may be a picture."""

from __future__ import annotations

from convlens.errors.characters import printable as printable  # noqa: PLC0414 - its other home

_ENDINGS = (
    "7z aae avi bak bat bz2 bin c cfg conf cpp css csv db dll doc docx exe gz h h5 hdf5 htm "
    "html ini ipynb jar js json jsonl lock log lrcat lrprev m4a mat md mkv mov mp3 mp4 mpg "
    "npy npz odt onnx parquet part pdf pickle pkl ppt pptx pt pth py rar rst safetensors sh "
    "sqlite swp tar tex tfrecord tgz tmp toml torrent ts tsv txt url wav webm xls xlsx xml "
    "xmp xz yaml yml zip"
)

NOT_PICTURES = frozenset(_ENDINGS.split())
"""Endings of files that lie beside pictures and are none; any other file is tried as a picture."""

_PICTURE_ENDINGS = (
    "jpg jpeg jpe jfif mpo png apng gif bmp dib webp tif tiff avif heic heif hif "
    "pbm pgm ppm pnm pam"
)

_PICTURES = frozenset(_PICTURE_ENDINGS.split())


_SYSTEMS = frozenset(
    (
        "__macosx", "network trash folder", "temporary items", "thevolumesettingsfolder",  # macOS
        "icon\r", "icon\\r",
        "$recycle.bin", "recycler", "recycled", "system volume information", "msocache",  # Windows
        "thumbs.db", "ehthumbs.db", "desktop.ini", "found.000", "_vti_cnf", "_vti_pvt",
        "lost+found", "aquota.user", "aquota.group",  # Linux
        "@eadir", "@tmp", "#recycle", "#snapshot", "@sharebin", "@synoresource",  # Synology
        "@recycle", "@recently-snapshot", "@__thumb", "@transcode",  # QNAP
        "~snapshot", "lost+found.000", "$extend",  # others' disks
        "__pycache__", "node_modules",  # programs
    )
)  # fmt: skip
"""What systems and network drives put beside people's files, in small letters."""

_ENDINGS_OF_SYSTEMS = ("@synoeastream", "@synoresource")

_TEXTS = frozenset(
    ("license", "licence", "copying", "notice", "readme", "authors", "contributors", "changelog",
     "changes", "citation", "makefile", "dockerfile", "version", "todo", "manifest")
)  # fmt: skip
"""Files without an ending that lie beside pictures and are none."""


def is_hidden(name: str) -> bool:
    """Tell whether a file or folder is left out unseen: dot files, and what systems add."""
    folded = name.casefold()
    return name.startswith(".") or folded in _SYSTEMS or folded.endswith(_ENDINGS_OF_SYSTEMS)


def may_be_picture(name: str) -> bool:
    """Tell whether a file should be tried as a picture, going by its name alone."""
    _, dot, ending = name.rpartition(".")
    return ending.lower() not in NOT_PICTURES if dot else name.casefold() not in _TEXTS


def has_picture_ending(name: str) -> bool:
    """Tell whether a file is named as pictures are that are read here."""
    return name.rpartition(".")[2].lower() in _PICTURES
