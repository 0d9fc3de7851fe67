"""Zip and tar archives of pictures, read where they are.

Names inside are labels only, never paths, so none can lead out of the archive.
"""

from __future__ import annotations

import lzma
import tarfile
import zipfile
import zlib
from pathlib import Path

from convlens.data.names import printable
from convlens.data.sources.contents import files_of
from convlens.data.sources.labelling import UNSAID, Labelling
from convlens.data.sources.listed import source_of_files
from convlens.data.sources.source import Source
from convlens.data.sources.tars import list_tar
from convlens.data.sources.zips import list_zip
from convlens.errors import DataError

_DAMAGE = (zipfile.BadZipFile, tarfile.TarError, EOFError, lzma.LZMAError, zlib.error)
_BEGINNINGS = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0")
_KINDS = "give a folder, .zip, .tar, .tar.gz, .tar.xz, .tar.bz2 or .npz"


def open_archive(path: Path, told: Labelling = UNSAID) -> Source:
    """List the pictures of a zip or tar; raises DataError where it is damaged or holds none."""
    name = printable(path.name)
    location = str(path.absolute())
    try:
        contents = list_zip(location) if zipfile.is_zipfile(path) else list_tar(location)
    except _DAMAGE as error:
        reason = printable(str(error))[:80]
        if _begins_as_one(path):
            raise DataError(f"{name} is damaged ({reason})", "get it again, whole") from error
        message = f"{name} is not a zip or tar archive ({reason})"
        raise DataError(message, _KINDS) from error
    except (OSError, NotImplementedError, RuntimeError, ValueError) as error:
        raise DataError(f"{name} cannot be read: {printable(str(error))[:120]}", _KINDS) from error
    return source_of_files("archive", files_of(contents, name), location, told)


def _begins_as_one(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(6).startswith(_BEGINNINGS)
