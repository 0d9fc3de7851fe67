"""Members of a zip: listed from its directory, read in place when they are decoded."""

from __future__ import annotations

import zipfile

from convlens.data.limits import LARGEST_FILE
from convlens.data.places import Span
from convlens.data.sources.contents import Contents

_ENCRYPTED = 1


def list_zip(location: str) -> Contents:
    """List a zip; members packed by a rare method are unpacked into memory at once.

    Raises what ``zipfile`` raises on a damaged one.
    """
    contents = Contents()
    with zipfile.ZipFile(location) as packed:
        for member in packed.infolist():
            if member.is_dir():
                contents.add_folder(member.filename)
                continue
            path = contents.wanted(member.filename, member.file_size)
            if path is None:
                continue
            if member.flag_bits & _ENCRYPTED:
                contents.skip(path, "encrypted")
            elif member.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                contents.add(path, member.file_size, _span(location, member), member.CRC)
            else:
                with packed.open(member) as file:
                    contents.hold(path, file.read(LARGEST_FILE), member.CRC)
    return contents


def _span(location: str, member: zipfile.ZipInfo) -> Span:
    return Span(
        location,
        member.header_offset,
        member.compress_size,
        member.file_size,
        "stored" if member.compress_type == zipfile.ZIP_STORED else "deflated",
        member.CRC,
    )
