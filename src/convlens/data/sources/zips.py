"""Members of a zip: listed from its directory, read in place when they are decoded.

Source: PKWARE's APPNOTE.TXT 6.3.10: sizes and offsets in 4.3 and 4.4, names in appendix D.
"""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Sequence

from convlens.data.limits import LARGEST_FILE
from convlens.data.memory import physical_memory
from convlens.data.places import Span
from convlens.data.sources.contents import Contents

_ENCRYPTED = 1
_IN_UTF8 = 0x800
_HEADER = struct.Struct("<4s5H3I2H")  # of a member

_ENCODINGS = (("utf-8", "UTF-8"), ("gb2312", "GBK"), ("cp932", "Shift JIS"), ("gbk", "GBK"),
              ("big5", "Big5"), ("cp949", "EUC-KR"))  # fmt: skip
"""What names are tried to be written in, where a zip does not say so, before IBM's page 437."""

_DAMAGE = (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError, RuntimeError)


def list_zip(location: str) -> Contents:
    """List a zip, and the zips in it; members of rare methods are unpacked into memory at once.

    Raises what ``zipfile`` raises on a damaged one.
    """
    contents = Contents()
    with zipfile.ZipFile(location) as packed:
        _list(contents, packed, location, 0, "")
    return contents


def _list(contents: Contents, packed: zipfile.ZipFile, location: str | None, base: int,
          folder: str) -> None:  # fmt: skip
    """Take in the members; ``location`` is None where the zip is held in memory itself.

    Offsets count from ``base`` in the file at ``location``; names stand below ``folder``.
    """
    members = packed.infolist()
    names = _names(contents, members)
    for member, name in zip(members, names, strict=True):
        if name.endswith("/"):
            contents.add_folder(folder + name)
            continue
        if name.lower().endswith(".zip"):
            _list_inner(contents, packed, member, location, folder + name, nested=bool(folder))
            continue
        path = contents.wanted(folder + name, member.file_size)
        if path is None:
            continue
        if member.flag_bits & _ENCRYPTED:
            contents.skip(path, "encrypted")
        elif location is not None and member.compress_type in _PLAIN:
            contents.add(path, member.file_size, _span(location, base, member), member.CRC)
        else:
            reason = _held(contents, packed, member, path)
            if reason:
                contents.skip(path, reason)


def _held(
    contents: Contents, packed: zipfile.ZipFile, member: zipfile.ZipInfo, path: tuple[str, ...]
) -> str:
    """Unpack a member into memory; returns why not, or ""."""
    try:
        if member.compress_type == zipfile.ZIP_LZMA and _dictionary(packed, member) > _DICTIONARY:
            return "packed with a dictionary of more than 64 MB"
        with packed.open(member) as file:
            content = file.read(LARGEST_FILE)
    except NotImplementedError:
        return "packed by a method that is not read here"
    except (*_DAMAGE, zlib.error, lzma.LZMAError):
        return "damaged in the archive"
    contents.hold(path, content, member.CRC)
    return ""


_DICTIONARY = 64 << 20  # bytes


def _dictionary(packed: zipfile.ZipFile, member: zipfile.ZipInfo) -> int:
    """Bytes that unpacking a member of LZMA takes, by its own word."""
    start = _content_at(packed, member)
    assert packed.fp is not None
    packed.fp.seek(start)
    return int.from_bytes(packed.fp.read(9)[5:9], "little")


_PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def _span(location: str, base: int, member: zipfile.ZipInfo) -> Span:
    return Span(
        location,
        base + member.header_offset,
        member.compress_size,
        member.file_size,
        "stored" if member.compress_type == zipfile.ZIP_STORED else "deflated",
        member.CRC,
    )


def _list_inner(
    contents: Contents,
    packed: zipfile.ZipFile,
    member: zipfile.ZipInfo,
    location: str | None,
    name: str,
    *,
    nested: bool,
) -> None:
    """Take in a zip inside a zip as a folder of its name; deeper ones are left out by name.

    A stored one is read where it lies, a packed one in memory.
    """
    path = contents.inner(name)
    if path is None:
        return
    if nested:
        contents.skip(path, "a zip in a zip in a zip: unpack it")
    elif member.flag_bits & _ENCRYPTED:
        contents.skip(path, "encrypted")
    elif member.file_size > physical_memory() // 4:
        contents.skip(path, "a zip of over a quarter of the memory: unpack it")
    else:
        try:
            with packed.open(member) as file:
                content = file.read(member.file_size + 1)
            with zipfile.ZipFile(io.BytesIO(content)) as inner:
                at_place = location is not None and member.compress_type == zipfile.ZIP_STORED
                where = location if at_place else None
                base = _content_at(packed, member) if at_place else 0
                _list(contents, inner, where, base, name[: -len(".zip")] + "/")
        except _DAMAGE:
            contents.skip(path, "a damaged zip")


def _content_at(packed: zipfile.ZipFile, member: zipfile.ZipInfo) -> int:
    """Where the content of a member begins in its file."""
    file = packed.fp
    assert file is not None
    file.seek(member.header_offset)
    header = _HEADER.unpack(file.read(_HEADER.size))
    return int(member.header_offset + _HEADER.size + header[-2] + header[-1])


def _names(contents: Contents, members: Sequence[zipfile.ZipInfo]) -> list[str]:
    """The members' names; those not said to be in UTF-8 are tried in what archivers write."""
    raw = [
        None if member.flag_bits & _IN_UTF8 else _raw(member.orig_filename) for member in members
    ]
    strange = [name for name in raw if name is not None and not name.isascii()]
    if not strange:
        return [member.filename for member in members]
    for encoding, called in _ENCODINGS:
        try:
            if not all(_is_text(name.decode(encoding)) for name in strange):
                continue
        except UnicodeDecodeError:
            continue
        if encoding != "utf-8":
            contents.notes.append(f"names in the archive are not in Unicode: read as {called}")
        return [
            member.filename if name is None else name.decode(encoding)
            for member, name in zip(members, raw, strict=True)
        ]
    contents.notes.append("names in the archive are not in Unicode: read as IBM's code page 437")
    return [member.filename for member in members]


def _raw(name: str) -> bytes | None:
    try:
        return name.encode("cp437")
    except UnicodeEncodeError:
        return None  # said in Unicode by an extra field


def _is_text(name: str) -> bool:
    """Whether what is not ASCII are letters that are spelled so: no lone kana of half width."""
    return all(
        character.isascii() or (character.isalnum() and not "\uff61" <= character <= "\uff9f")
        or character in "\u3000\u3001\u3002\uff08\uff09\u30fb\u30fc\u300c\u300d\uff0c\uff0d\u2014"
        for character in name
    )  # fmt: skip
