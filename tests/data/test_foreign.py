"""What is no picture that is read is called what it is."""

from __future__ import annotations

import gzip
import io
import sqlite3
import struct
import tarfile
import zipfile

import numpy as np
import pytest
from PIL import Image

from convlens.data import decode
from convlens.data.foreign import describe
from convlens.data.formats import HEAD, sniff
from convlens.errors import DataError
from tests.data.hostile import SMALL, box, saved, tiff


def by_pillow(kind: str, mode: str = "RGB") -> bytes:
    return saved(SMALL.convert(mode), kind)


def nifti() -> bytes:
    return struct.pack("<i", 348) + bytes(340) + b"n+1\0" + bytes(400)


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "a")
    return buffer.getvalue()


def tarred() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.txt"))
    return buffer.getvalue()


def numpy_file() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(3))
    return buffer.getvalue()


def sqlite_file() -> bytes:
    with sqlite3.connect(":memory:") as base:
        base.execute("create table a (b)")
        return base.serialize()


PICTURES = {
    "JPEG 2000": [by_pillow("JPEG2000"), b"\xff\x4f\xff\x51" + bytes(60)],
    "ICO": [by_pillow("ICO")],
    "TGA": [by_pillow("TGA"), by_pillow("TGA", "P"), by_pillow("TGA", "L")],
    "PCX": [by_pillow("PCX"), by_pillow("PCX", "1")],
    "SGI": [by_pillow("SGI"), by_pillow("SGI", "L")],
    "DDS": [by_pillow("DDS")],
    "XBM": [by_pillow("XBM", "1")],
    "PFM": [saved(SMALL.convert("F"), "PPM")],
    "an icon of macOS": [by_pillow("ICNS")],
    "JPEG XL": [b"\xff\x0a" + bytes(40), b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(20)],
    "Photoshop": [b"8BPS\0\1" + bytes(40)],
    "GIMP's XCF": [b"gimp xcf v011\0"],
    "OpenEXR": [b"v/1\x01\2\0\0\0"],
    "Radiance HDR": [b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 2 +X 2\n"],
    "XPM": [b"/* XPM */\nstatic char *a[] = {"],
    "EMF": [struct.pack("<II", 1, 108) + bytes(32) + b" EMF" + bytes(60)],
    "WMF": [b"\xd7\xcd\xc6\x9a" + bytes(20)],
    "DjVu": [b"AT&TFORM\0\0\0\x10DJVU"],
    "FLIF": [b"FLIF31"],
    "QOI": [b"qoif" + struct.pack(">II", 2, 2) + b"\3\0"],
    "Sun raster": [b"\x59\xa6\x6a\x95" + bytes(28)],
    "DICOM": [bytes(128) + b"DICM" + b"\2\0\0\0UL\4\0" + bytes(80)],
    "NIfTI": [nifti()],
    "NIfTI, packed by gzip": [gzip.compress(nifti())],
    "FITS": [b"SIMPLE  =                    T"],
    "a camera's raw file, CR2": [b"II*\0\x10\0\0\0CR\2\0" + bytes(60)],
    "a camera's raw file, CR3": [box(b"ftyp", b"crx \0\0\0\1crx isom") + bytes(40)],
    "a camera's raw file, RAF": [b"FUJIFILMCCD-RAW 0201FF383501"],
    "a camera's raw file, ORF": [b"IIRO\x08\0\0\0"],
}
OTHERS = {
    "HDF5": [b"\x89HDF\r\n\x1a\n" + bytes(60)],
    "an array of NumPy": [numpy_file()],
    "MATLAB's MAT": [b"MATLAB 5.0 MAT-file, Platform: GLNXA64".ljust(128)],
    "PDF": [b"%PDF-1.7\n%\xe2\xe3\xcf\xd3"],
    "PostScript": [b"%!PS-Adobe-3.0 EPSF-3.0\n"],
    "a zip archive": [zipped()],
    "a tar archive": [tarred()],
    "a rar archive": [b"Rar!\x1a\x07\x01\0"],
    "a 7z archive": [b"7z\xbc\xaf\x27\x1c\0\4"],
    "gzip": [gzip.compress(b"text" * 400)],
    "SQLite": [sqlite_file()],
    "video, MP4": [box(b"ftyp", b"isom\0\0\2\0isomiso2avc1mp41") + bytes(40)],
    "video, QuickTime": [
        box(b"ftyp", b"qt  \0\0\2\0qt  ") + bytes(40),
        b"\0\0\0\x08moov" + bytes(9),
    ],
    "video, Matroska or WebM": [b"\x1a\x45\xdf\xa3\x01\0\0\0\0\0\0\x1f\x42\x86\x81\1webm"],
    "video, AVI": [b"RIFF\0\1\0\0AVI LIST"],
    "sound, WAV": [b"RIFF\0\1\0\0WAVEfmt "],
    "a program": [b"MZ\x90\0\3\0\0\0", b"\x7fELF\2\1\1"],
    "macOS's notes about a file, AppleDouble": [b"\0\x05\x16\x07\0\2\0\0Mac OS X" + bytes(60)],
    "a Windows shortcut: give the file that it leads to": [b"\x4c\0\0\0\x01\x14\x02\0" + bytes(60)],
    "not downloaded from iCloud": [b"bplist00\xd3\1\2\3NSURLNameKey\x0c"],
    "HTML": [
        b"<!DOCTYPE html><html>",
        b"\n <HTML><body>",
        b"\xef\xbb\xbf<html>",
        b"<!-- a -->\n<html>",
    ],
    "a web page of Google Drive's in its place: download the file itself": [
        b"<!DOCTYPE html><html><head><title>Google Drive - Virus scan warning</title>"
    ],
    "a web page of Dropbox's in its place: download the file itself": [
        b'<!DOCTYPE html><html class="maestro" xml:lang="en"><head><title>Dropbox - a.jpg</title>'
    ],
    "JSON": [b'{"url": "https://docs.google.com"}', b'[\n {"a": 1}]'],
    "XML": [b'<?xml version="1.0"?>\n<annotation>'],
    "text": [b"a picture of a cat\n", "schön\n".encode(), b"\xff\xfea\0b\0", b"MZ is a text\n"],
    "unknown format": [bytes(range(256))],
}


@pytest.mark.parametrize("kind", PICTURES)
def test_pictures_of_other_formats(kind):
    for data in PICTURES[kind]:
        assert sniff(data[:HEAD]) is None
        told = f"not a picture that is read here ({kind}): save it as JPEG or PNG"
        assert describe(data[:HEAD]) == told


@pytest.mark.parametrize("kind", OTHERS)
def test_other_files(kind):
    for data in OTHERS[kind]:
        assert sniff(data[:HEAD]) is None
        assert describe(data[:HEAD]) == f"not a picture ({kind})"


def test_what_has_its_own_words():
    assert describe(b"") == "empty file"
    assert describe(bytes(HEAD)) == "not a picture (nothing but zeros): get the file again"
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
    assert "a Git LFS pointer: run `git lfs pull`" in describe(pointer)
    assert "run `git annex get`" in describe(b"/annex/objects/SHA256E-s31390--f50d.jpg\n")
    for svg in (b"<svg xmlns=", b'<?xml version="1.0"?>\n<!-- a -->\n<svg '):
        assert describe(svg) == "not a picture of pixels (SVG): save it as PNG"


@pytest.mark.parametrize(
    ("entries", "kind"),
    [
        ({50706: (1, 4, 0x00000401)}, "DNG"),
        ({262: (3, 1, 32803)}, "as NEF or ARW"),
        ({254: (4, 1, 1), 330: (4, 1, 8), 259: (3, 1, 6)}, "as NEF or ARW"),
    ],
)
def test_raw_files_of_cameras_are_no_tiffs(entries, kind):
    base = {256: (4, 1, 4), 257: (4, 1, 4), 258: (3, 1, 8), 259: (3, 1, 1), 262: (3, 1, 1)}
    data = tiff(base | {273: (4, 1, 200)} | entries, 400)
    with pytest.raises(DataError) as caught:
        decode(data, width=2, height=2, channels=1, name="a.nef")
    reason = f"a camera's raw file ({kind}): save it as JPEG or PNG"
    assert caught.value.message == f"a.nef cannot be read: {reason}"


def test_a_tiff_with_smaller_copies_of_itself_is_read():
    base = {256: (4, 1, 4), 257: (4, 1, 4), 258: (3, 1, 8), 259: (3, 1, 1), 262: (3, 1, 1)}
    data = tiff(base | {254: (4, 1, 0), 273: (4, 1, 200), 279: (4, 1, 16), 330: (4, 1, 8)}, 400)
    assert decode(data, width=4, height=4, channels=1).shape == (4, 4, 1)


def test_nothing_that_is_read_is_mistaken():
    for kind in ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "AVIF", "PPM"):
        assert sniff(by_pillow(kind)[:HEAD]) == kind
    assert Image.open(io.BytesIO(by_pillow("PPM"))).format == "PPM"
