"""What a file is that is no picture read here, told by how it begins."""

from __future__ import annotations

import re
import struct
import zlib
from functools import cache
from importlib.util import find_spec

_SAVE = "save it as JPEG or PNG"

_PICTURES = (
    (0, b"\xff\x0a", "JPEG XL"),
    (0, b"\0\0\0\x0cJXL ", "JPEG XL"),
    (0, b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (0, b"\xff\x4f\xff\x51", "JPEG 2000"),
    (0, b"II\xbc\x01", "JPEG XR"),
    (0, b"8BPS", "Photoshop"),
    (0, b"gimp xcf", "GIMP's XCF"),
    (0, b"v/1\x01", "OpenEXR"),
    (0, b"#?RADIANCE", "Radiance HDR"),
    (0, b"#?RGBE", "Radiance HDR"),
    (0, b"DDS ", "DDS"),
    (0, b"\xabKTX ", "KTX"),
    (0, b"AT&TFORM", "DjVu"),
    (0, b"FLIF", "FLIF"),
    (0, b"qoif", "QOI"),
    (0, b"BPG\xfb", "BPG"),
    (0, b"farbfeld", "farbfeld"),
    (0, b"\x59\xa6\x6a\x95", "Sun raster"),
    (0, b"\x01\xda\0\x01", "SGI"),
    (0, b"\x01\xda\x01\x01", "SGI"),
    (0, b"\x01\xda\0\x02", "SGI"),
    (0, b"\x01\xda\x01\x02", "SGI"),
    (0, b"/* XPM */", "XPM"),
    (0, b"Pf\n", "PFM"),
    (0, b"PF\n", "PFM"),
    (0, b"\x8aMNG", "MNG"),
    (0, b"\x8bJNG", "JNG"),
    (0, b"icns", "an icon of macOS"),
    (0, b"\xd7\xcd\xc6\x9a", "WMF"),
    (0, b"\x01\0\x09\0\0\x03", "WMF"),
    (40, b" EMF", "EMF"),
    (128, b"DICM", "DICOM"),
    (344, b"n+1\0", "NIfTI"),
    (344, b"ni1\0", "NIfTI"),
    (4, b"n+2\0\r\n\x1a\n", "NIfTI"),
    (0, b"NRRD000", "NRRD"),
    (0, b"SIMPLE  =", "FITS"),
    (0, b"ZISRAWFILE", "Zeiss CZI"),
    (0, b"\xda\xce\xbe\x0a", "Nikon ND2"),
    (8, b"CR\x02", "a camera's raw file, CR2"),
    (6, b"HEAPCCDR", "a camera's raw file, CRW"),
    (4, b"ftypcrx ", "a camera's raw file, CR3"),
    (0, b"IIRO", "a camera's raw file, ORF"),
    (0, b"IIRS", "a camera's raw file, ORF"),
    (0, b"MMOR", "a camera's raw file, ORF"),
    (0, b"IIU\0", "a camera's raw file, RW2"),
    (0, b"FUJIFILMCCD-RAW", "a camera's raw file, RAF"),
    (0, b"FOVb", "a camera's raw file, X3F"),
    (0, b"\0MRM", "a camera's raw file, MRW"),
)
"""Where a format's mark stands, the mark, and what it is called."""

_OTHERS = (
    (0, b"%PDF", "PDF"),
    (0, b"%!PS", "PostScript"),
    (0, b"\xc5\xd0\xd3\xc6", "PostScript"),
    (0, b"{\\rtf", "RTF"),
    (0, b"PK\x03\x04", "a zip archive"),
    (0, b"PK\x05\x06", "an empty zip archive"),
    (0, b"Rar!\x1a\x07", "a rar archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (0, b"BZh", "bzip2"),
    (0, b"\xfd7zXZ\0", "xz"),
    (0, b"\x28\xb5\x2f\xfd", "Zstandard"),
    (257, b"ustar", "a tar archive"),
    (0, b"\x89HDF\r\n\x1a\n", "HDF5"),
    (0, b"CDF\x01", "netCDF"),
    (0, b"CDF\x02", "netCDF"),
    (0, b"\x93NUMPY", "an array of NumPy"),
    (0, b"MATLAB 5.0 MAT-file", "MATLAB's MAT"),
    (0, b"PAR1", "Parquet"),
    (0, b"SQLite format 3", "SQLite"),
    (0, b"\x1a\x45\xdf\xa3", "video, Matroska or WebM"),
    (0, b"\0\0\x01\xba", "video, MPEG"),
    (0, b"\0\0\x01\xb3", "video, MPEG"),
    (0, b"FLV\x01", "video, Flash"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video, Windows Media"),
    (0, b"OggS", "video or sound, Ogg"),
    (4, b"moov", "video, QuickTime"),
    (4, b"mdat", "video, QuickTime"),
    (4, b"wide", "video, QuickTime"),
    (0, b"ID3", "sound, MP3"),
    (0, b"fLaC", "sound, FLAC"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a document of Microsoft's"),
    (0, b"\x7fELF", "a program"),
    (0, b"\x4c\0\0\0\x01\x14\x02\0", "a Windows shortcut: give the file that it leads to"),
    (0, b"\0\x05\x16\x07", "macOS's notes about a file, AppleDouble"),
    (0, b"\0\x05\x16\0", "AppleSingle"),
)
"""The same of files that hold no picture, or other things beside."""

_RIFF = {b"AVI ": "video, AVI", b"WAVE": "sound, WAV", b"ACON": "a pointer of Windows"}
_LFS = b"version https://git-lfs"
_HTML = re.compile(rb"(?:<!--.{,400}?-->\s*)?<(?:!doctype html|html|head)\b", re.DOTALL)
_JSON = re.compile(rb'\{\s*["}]|\[\s*[\[{"\d\]-]')
_XBM = re.compile(rb"#define\s+\w+_width\s+\d")
_HEIC = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"))
_OTHER_BRANDS = {b"qt  ": "video, QuickTime", b"jpx ": "JPEG 2000", b"jxl ": "JPEG XL"}
_PLAIN = frozenset((*b"\t\n\f\r\b\x1b", *range(32, 256)))
_INNER = 512  # bytes of a gzip that are unpacked to see what is in it


def describe(head: bytes) -> str:
    """Say in a few words what a file is, going by its beginning, that is not read."""
    if not head:
        return "empty file"
    if not any(head):
        return "not a picture (nothing but zeros): get the file again"
    if (kind := _marked(head, _PICTURES) or _picture(head)) is not None:
        return f"not a picture that is read here ({kind}): {_SAVE}"
    if (kind := _marked(head, _OTHERS) or _other(head)) is not None:
        return f"not a picture ({kind})"
    if head[4:8] == b"ftyp":
        return _of_boxes(head)
    return _text(head)


def brands(head: bytes) -> set[bytes]:
    """What an ISO file that begins with ``ftyp`` says that it is, one of them being the major."""
    end = min(int.from_bytes(head[:4], "big"), len(head))
    return {head[place : place + 4] for place in range(8, end, 4) if place != 12}


def is_heic(head: bytes) -> bool:
    """Whether it is HEIC or HEIF, and no AVIF."""
    return head[4:8] == b"ftyp" and bool(brands(head) & _HEIC)


@cache
def heic_is_read() -> bool:
    """Whether the package that decodes HEIC is installed."""
    return find_spec("pillow_heif") is not None


def _marked(head: bytes, marks: tuple[tuple[int, bytes, str], ...]) -> str | None:
    return next((what for at, mark, what in marks if head.startswith(mark, at)), None)


def _picture(head: bytes) -> str | None:
    """Formats that a few bytes do not tell by themselves."""
    if head[:4] in (b"\0\0\1\0", b"\0\0\2\0") and head[4:5] > b"\0" and head[9:10] == b"\0":
        return "ICO" if head[2:3] == b"\1" else "a pointer of Windows"
    if _XBM.search(head):
        return "XBM"
    if len(head) >= 18 and head[0] == 10 and head[1] in (0, 2, 3, 4, 5) and head[2] == 1:
        return "PCX" if head[3] in (1, 2, 4, 8) else None
    if head.startswith(b"\x1f\x8b"):
        inner = _unpacked(head)
        return "NIfTI, packed by gzip" if _marked(inner, _PICTURES) == "NIfTI" else None
    return "TGA" if _is_tga(head) else None


def _is_tga(head: bytes) -> bool:
    """Whether the first 18 bytes make sense as Truevision's header, which has no mark."""
    if len(head) < 18:
        return False
    coloured, kind, width, height, bits, flags = struct.unpack_from("<xBB9xHHBB", head)
    known = kind in (1, 9) if coloured == 1 else coloured == 0 and kind in (2, 3, 10, 11)
    if coloured == 0 and any(head[3:8]):
        return False
    return known and bits in (8, 15, 16, 24, 32) and width * height > 0 and flags & 0xC0 == 0


def _other(head: bytes) -> str | None:
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12], "RIFF")
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    if head.startswith(b"MZ") and b"\0" in head:
        return "a program"
    if head.startswith(b"bplist00"):
        waiting = b"NSURL" in head
        return "not downloaded from iCloud" if waiting else "a property list of Apple's"
    return None


def _unpacked(head: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(head, _INNER)
    except zlib.error:
        return b""


def _of_boxes(head: bytes) -> str:
    if is_heic(head):
        if not heic_is_read():
            return 'HEIC: pip install "convlens[heic]"'
        return f"not a picture that is read here (HEIF of a rare kind): {_SAVE}"
    kind = _OTHER_BRANDS.get(head[8:12], "video, MP4")
    if kind.startswith("video"):
        return f"not a picture ({kind})"
    return f"not a picture that is read here ({kind}): {_SAVE}"


def _text(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "not a picture (text)"
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if _HTML.match(start):
        return f"not a picture ({_web_page(start)})"
    if b"<svg" in start:
        return "not a picture of pixels (SVG): save it as PNG"
    if not _PLAIN.issuperset(head):
        return "not a picture (unknown format)"
    if start.startswith(_LFS):
        return "not a picture that is read here (a Git LFS pointer: run `git lfs pull`)"
    if b"annex/objects/" in start:
        return "not a picture (a git-annex pointer: run `git annex get`)"
    if start.startswith(b"<?xml"):
        return "not a picture (XML)"
    if _JSON.match(start):
        return "not a picture (JSON)"
    return "not a picture (text)"


def _web_page(start: bytes) -> str:
    for site in ("Google Drive", "Dropbox", "OneDrive", "SharePoint"):
        if site.lower().encode() in start:
            return f"a web page of {site}'s in its place: download the file itself"
    return "HTML"
