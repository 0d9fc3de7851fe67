"""From the place of a picture to the bytes of its file."""

from __future__ import annotations

import struct
import zlib
from typing import IO

from convlens.data.decoding import Raw, read_file, reason_of
from convlens.data.limits import LARGEST_FILE, UnreadableError
from convlens.data.places import Place, Span

_LOCAL_HEADER = struct.Struct("<4s5H3I2H")  # of a member of a zip


class Reader:
    """Reads places and keeps the archives among them open, until it is closed or ``with`` ends."""

    def __init__(self) -> None:
        self._files: dict[str, IO[bytes]] = {}

    def read(self, place: Place) -> Raw:
        """Return what a picture is decoded from; raises UnreadableError with the reason."""
        if isinstance(place, str):
            return read_file(place)
        if isinstance(place, Span):
            return self._read_span(place)
        return place

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the archives."""
        for file in self._files.values():
            file.close()
        self._files.clear()

    def _read_span(self, span: Span) -> bytes:
        if max(span.size, span.stored) > LARGEST_FILE:
            raise UnreadableError("too large")
        try:
            if span.path not in self._files:
                self._files[span.path] = open(span.path, "rb")  # noqa: PTH123, SIM115
            return _unpack(self._files[span.path], span)
        except (OSError, struct.error, zlib.error, ValueError) as error:
            raise UnreadableError(reason_of(error)) from error


def _unpack(file: IO[bytes], span: Span) -> bytes:
    file.seek(span.offset)
    if span.packing != "none":
        header = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
        file.seek(header[-2] + header[-1], 1)  # its name and extra field
    content = file.read(span.stored)
    if len(content) < span.stored:
        raise UnreadableError("truncated")
    if span.packing == "deflated":
        content = zlib.decompressobj(-zlib.MAX_WBITS).decompress(content, span.size + 1)
    if len(content) != span.size or span.crc not in (None, zlib.crc32(content)):
        raise UnreadableError("damaged in the archive")
    return content
