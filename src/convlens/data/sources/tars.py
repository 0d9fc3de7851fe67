"""Members of a tar: read in place when it is plain, kept in memory when it is compressed.

A compressed tar can only be read from its start, so one pass takes its pictures along, as the
compressed files that they are; nothing is unpacked to disk.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import lzma
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import IO, cast

from convlens.data.names import printable
from convlens.data.places import Span
from convlens.data.sources.contents import Contents
from convlens.errors import DataError

_HIGHEST_RATIO = 200  # pictures hardly shrink: what unpacks to more than this is a bomb
_ALWAYS_ALLOWED = 1 << 30  # bytes


def list_tar(location: str) -> Contents:
    """List a tar, compressed or not; raises what ``tarfile`` raises on a damaged one.

    Raises DataError where it unpacks to absurdly much, or to more than memory holds.
    """
    contents = Contents()
    with _opened(location) as (tar, plain):
        for member in tar:
            _check_size(member)  # before tarfile moves past it
            if member.isdir():
                contents.add_folder(member.name)
                continue
            path = contents.wanted(member.name, member.size)
            if path is None:
                continue
            if member.islnk():
                _add_hard_link(contents, path, member.linkname)
            elif not member.isreg():
                contents.skip(path, "no ordinary file")
            elif member.issparse():
                contents.skip(path, "stored as a sparse file")
            elif plain:
                span = Span(location, member.offset_data, member.size, member.size, "none", None)
                contents.add(path, member.size, span, _stamp(member))
            else:
                file = cast(IO[bytes], tar.extractfile(member))
                contents.hold(path, file.read(), _stamp(member))
    return contents


class _Header(tarfile.TarInfo):
    """A header whose size is checked before anything is read by it."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _Header:
        """The header in a block. Raises ReadError for sizes that nobody means."""
        found = super().frombuf(buf, encoding, errors)
        _check_size(found)
        if found.type in _NAMES and found.size > _LONGEST_NAME:
            raise tarfile.ReadError(f"a name of {found.size:,} bytes")
        return found


_NAMES = (
    tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
)  # fmt: skip
"""Members that say something of the next one, and are read into memory."""

_LONGEST_NAME = 1 << 20
_LARGEST_MEMBER = 1 << 42  # bytes: 4 TB


def _check_size(member: tarfile.TarInfo) -> None:
    if not 0 <= member.size <= _LARGEST_MEMBER:
        raise tarfile.ReadError(f"a member of {member.size:,} bytes")


def _stamp(member: tarfile.TarInfo) -> int:
    """When a member was changed, 0 where that is no time."""
    try:
        return int(member.mtime)
    except (OverflowError, ValueError):
        return 0


def _add_hard_link(contents: Contents, path: tuple[str, ...], target: str) -> None:
    parts = tuple(printable(part) for part in target.split("/") if part not in ("", "."))
    first = contents.entries.get(parts)
    if first is None:
        contents.skip(path, "a link that leads nowhere")
    else:
        contents.add(path, first.size, first.place, first.stamp)


@contextmanager
def _opened(location: str) -> Iterator[tuple[tarfile.TarFile, bool]]:
    with Path(location).open("rb") as file:
        packed = _unpacker(file)
        if packed is None:
            with tarfile.open(
                fileobj=file, mode="r:", errors="surrogateescape", tarinfo=_Header
            ) as tar:
                yield tar, True
            return
        metered = _Metered(packed, Path(location).stat().st_size)
        with (
            packed,
            tarfile.open(
                fileobj=cast(IO[bytes], metered),
                mode="r|",
                errors="surrogateescape",
                tarinfo=_Header,
                bufsize=1 << 18,
            ) as tar,
        ):
            yield tar, False


def _unpacker(file: IO[bytes]) -> IO[bytes] | None:
    head = file.read(6)
    file.seek(0)
    if head.startswith(b"\x1f\x8b"):
        return cast(IO[bytes], gzip.GzipFile(fileobj=file))
    if head.startswith(b"BZh"):
        return cast(IO[bytes], bz2.BZ2File(file))
    if head == b"\xfd7zXZ\0":
        return cast(IO[bytes], _Xz(file))
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        return _zstandard(file)
    return None


def _zstandard(file: IO[bytes]) -> IO[bytes]:
    """Unpack by Python's own library, from 3.14 on, or the package ``zstandard``."""
    with contextlib.suppress(ImportError):
        return cast(IO[bytes], import_module("compression.zstd").ZstdFile(file))
    with contextlib.suppress(ImportError):
        unpacker = import_module("zstandard").ZstdDecompressor()
        return cast(IO[bytes], unpacker.stream_reader(file, read_across_frames=True))
    message = f"{printable(Path(file.name).name)} is packed by Zstandard, which is not read here"
    raise DataError(message, "`pip install zstandard`, or pack it as .tar.gz")


class _Xz:
    """Unpacks xz within a bound on memory, which ``lzma.LZMAFile`` has none of."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._begin(b"")

    def _begin(self, left: bytes) -> None:
        self._unpacker = lzma.LZMADecompressor(memlimit=_XZ_MEMORY)
        self._left = left

    def read(self, size: int = -1) -> bytes:
        """Up to ``size`` bytes; none at the end. Raises LZMAError and EOFError for damage."""
        while True:
            if self._unpacker.eof:  # streams may follow each other, with zeros between them
                left = (self._unpacker.unused_data or self._file.read(1 << 16)).lstrip(b"\0")
                if not left:
                    return b""
                self._begin(left)
            block = self._left
            if not block and self._unpacker.needs_input:
                block = self._file.read(1 << 16)
                if not block:
                    raise EOFError("the compressed file ends too early")
            self._left = b""
            found = self._unpacker.decompress(block, size)
            if found:
                return found

    def __enter__(self) -> _Xz:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the file open: whoever opened it closes it."""


_XZ_MEMORY = 256 << 20
"""Bytes that unpacking xz may take: `xz -9` needs a quarter of that."""


class _Metered:
    """Reads on, counting, and stops an archive that unpacks to absurdly much."""

    def __init__(self, file: IO[bytes], packed: int) -> None:
        self._file = file
        self._left = max(_ALWAYS_ALLOWED, packed * _HIGHEST_RATIO)

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        self._left -= len(block)
        if self._left < 0:
            message = f"the archive unpacks to more than {_HIGHEST_RATIO} times its size"
            raise DataError(message, "pictures do not: unpack it yourself if you trust it")
        return block
