"""Headers read by ourselves before a decoder of Pillow's sees the file: the door's own guard.

Decoders trust what a header says, and read what lies before the pixels with little thought of how
much there is. Each module here walks through one format's header within fixed bounds, refuses by
name what asks for too much, and returns the bytes that its decoder will hold besides the picture.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import IO

from convlens.data.headers.avif import vet_avif
from convlens.data.headers.bmp import vet_bmp
from convlens.data.headers.gif import vet_gif
from convlens.data.headers.heif import vet_heif
from convlens.data.headers.jpeg import vet_jpeg
from convlens.data.headers.netpbm import vet_netpbm
from convlens.data.headers.png import vet_png
from convlens.data.headers.tiff import vet_tiff
from convlens.data.headers.webp import vet_webp
from convlens.data.limits import LARGEST_PACKED_FILE, check_packed

_VETS: dict[str, Callable[[IO[bytes], int], int]] = {
    "AVIF": vet_avif,
    "BMP": vet_bmp,
    "GIF": vet_gif,
    "HEIF": vet_heif,
    "JPEG": vet_jpeg,
    "PNG": vet_png,
    "PPM": vet_netpbm,
    "TIFF": vet_tiff,
    "WEBP": vet_webp,
}

_PACKED = {
    "AVIF": 16 << 20,
    "GIF": LARGEST_PACKED_FILE,
    "HEIF": 16 << 20,
    "JPEG": LARGEST_PACKED_FILE,
    "WEBP": LARGEST_PACKED_FILE,
}


def vet(name: str, file: IO[bytes], size: int) -> int:
    """Return the bytes that decoding takes besides ``size`` of the file and the picture itself.

    ``name`` is that of the format. Raises UnreadableError for what asks for too much, and
    ``struct.error`` or EOFError where the file ends within its header.
    """
    if name in _PACKED:
        check_packed(size, _PACKED[name])
    return _VETS[name](file, size)
