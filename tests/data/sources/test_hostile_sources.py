"""Archives, arrays and folders that lie about themselves: a line, in bounded time and memory."""

from __future__ import annotations

import contextlib
import gzip
import io
import itertools
import lzma
import os
import random
import resource
import struct
import subprocess
import sys
import tarfile
import zipfile

import numpy as np
import pytest

from convlens.data import open_source
from convlens.data.listing import picture_files
from convlens.errors import ConvLensError, DataError

MUTANTS = int(os.environ.get("CONVLENS_MUTANTS", "150"))
"""Of each kind of file; more are tried by whoever sets this."""


def header(name=b"a/1.png", size=b"00000000010\0", mtime=b"00000000000\0", kind=b"0"):
    block = bytearray(512)
    block[0:100] = name.ljust(100, b"\0")
    block[100:108], block[108:116], block[116:124] = b"0000644\0", b"0000000\0", b"0000000\0"
    block[124:136], block[136:148], block[156:157] = size, mtime, kind
    block[257:265] = b"ustar\x0000"
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def number(value):
    """As GNU tar writes what octal digits do not hold."""
    return (b"\xff" if value < 0 else b"\x80") + (value % (1 << 88)).to_bytes(11, "big")


def pax(**values):
    lines = b""
    for key, value in values.items():
        line = f" {key}={value}\n".encode()
        length = len(line) + 2
        lines += str(length).encode() + line if len(str(length)) == 2 else b"30" + line.rjust(28)
    return header(b"pax", b"%011o\0" % len(lines), kind=b"x") + lines.ljust(512, b"\0")


TARS = {
    "a negative size": header(size=number(-512)),
    "a size of 2 to the 62": header(size=number(1 << 62)),
    "a size of 2 to the 70": header(size=number(1 << 70)),
    "a name of 4 GB": header(size=number(1 << 32), kind=b"L"),
    "a pax header of 4 GB": header(size=number(1 << 32), kind=b"x"),
    "a time of infinity": pax(mtime="inf") + header(size=b"00000000000\0"),
    "a time that is none": pax(mtime="nan") + header(size=b"00000000000\0"),
    "a size in words": pax(size="many") + header(),
}


@pytest.mark.parametrize("packing", ["", "gz", "xz", "bz2"])
@pytest.mark.parametrize("lie", TARS)
def test_headers_of_tars_that_lie(tmp_path, lie, packing):
    path = tmp_path / f"a.tar.{packing}"
    content = TARS[lie] + b"\0" * 1024
    pack = {"": bytes, "gz": gzip.compress, "xz": lzma.compress, "bz2": __import__("bz2").compress}
    path.write_bytes(pack[packing](content))
    with pytest.raises(DataError) as caught:
        open_source(path)
    assert "\n" not in caught.value.message


def test_xz_that_asks_for_much_memory(tmp_path, encoded):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for label, n in itertools.product("ab", range(4)):
            member = tarfile.TarInfo(f"{label}/{n}.png")
            content = encoded(n)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    plain = tmp_path / "plain.tar.xz"
    twice = lzma.compress(buffer.getvalue()[:3000]) + lzma.compress(buffer.getvalue()[3000:])
    plain.write_bytes(twice)  # as `cat` joins streams
    assert len(open_source(plain)) == 8
    packer = lzma.LZMACompressor(filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 30}])
    large = tmp_path / "large.tar.xz"
    large.write_bytes(packer.compress(buffer.getvalue()) + packer.flush())
    with pytest.raises(DataError, match="damaged"):
        open_source(large)
    cut = tmp_path / "cut.tar.xz"
    cut.write_bytes(plain.read_bytes()[:-200])
    with pytest.raises(DataError):
        open_source(cut)


def test_a_packed_idx_file_that_unpacks_to_absurdly_much(tmp_path):
    head = struct.pack(">HBBIII", 0, 8, 3, 100_000, 40, 40)
    packed = gzip.compress(head + b"\0" * 160_000_000, 1)
    for name, content in (
        ("train-images-idx3-ubyte.gz", packed),
        ("train-labels-idx1-ubyte.gz", gzip.compress(struct.pack(">HBBI", 0, 8, 1, 0))),
    ):
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=r"unpacks to over 1.* MB, 200 times its size"):
        open_source(tmp_path)


def saved(**arrays):
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return bytearray(buffer.getvalue())


def with_header(text):
    """An .npz whose array x has ``text`` for a header."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        body = text.encode("latin1").ljust(4096) + b"\n"
        packed.writestr("x.npy", b"\x93NUMPY\x02\x00" + struct.pack("<I", len(body)) + body)
        packed.writestr("y.npy", b"\x93NUMPY\x01\x00\x00\x00")
    return bytearray(buffer.getvalue())


ARRAYS = {
    "damaged in the middle": lambda: saved(x=np.arange(4096) % 251, y=np.zeros(9)),
    "of an unknown method": lambda: saved(x=np.zeros((4, 2, 2)), y=np.zeros(4)),
    "encrypted by its own word": lambda: saved(x=np.zeros((4, 2, 2)), y=np.zeros(4)),
    "nested too deep": lambda: with_header("(" * 2000 + ")" * 2000),
    "no header": lambda: with_header("{'descr': '<f8', 'fortran_order': False, 'shape': ("),
    "of no type": lambda: with_header("{'descr': [[]], 'fortran_order': 1, 'shape': (1,)}"),
    "of an absurd shape": lambda: with_header(
        "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999, 99999999)}"
    ),
}


@pytest.mark.parametrize("lie", ARRAYS)
def test_files_of_arrays_that_do_not_read(tmp_path, lie):
    content = ARRAYS[lie]()
    if lie == "damaged in the middle":
        content[200:400] = bytes(200)
    for mark, at in ((b"PK\x03\x04", (6, 8)), (b"PK\x01\x02", (8, 10))):
        place = content.find(mark)
        if lie == "of an unknown method":
            content[place + at[1]] = 97
        elif lie == "encrypted by its own word":
            content[place + at[0]] |= 1
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(DataError) as caught:
        open_source(tmp_path / "a.npz")
    assert "\n" not in caught.value.message


def test_members_packed_by_methods_that_are_not_read_are_skipped(tmp_path, encoded):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for label, n in itertools.product("ab", range(3)):
            packed.writestr(f"{label}/{n}.png", encoded(n))
    content = bytearray(path.read_bytes())
    for mark, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        content[content.find(mark) + at] = 97
    path.write_bytes(content)
    source = open_source(path)
    assert len(source) == 5
    assert [one.file for one in source.skipped] == ["a/0.png"]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as packed:
        for label, n in itertools.product("ab", range(3)):
            packed.writestr(f"{label}/{n}.png", encoded(n))
    assert len(open_source(path)) == 6
    content = bytearray(path.read_bytes())
    place = content.find(b"PK\x03\x04") + 30 + len("a/0.png") + 5
    content[place : place + 4] = struct.pack("<I", 1 << 31)
    path.write_bytes(content)
    assert open_source(path).skipped[0].reason == "packed with a dictionary of more than 64 MB"


def test_two_columns_of_one_name(tmp_path, encoded):
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    images = pa.array([encoded(n) for n in range(4)], pa.binary())
    labels = pa.array([0, 1, 0, 1])
    table = pa.Table.from_arrays([images, labels, labels], ["image", "label", "label"])
    pq.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(DataError, match="has two columns `label`"):
        open_source(tmp_path / "a.parquet")


def test_folders_nested_deeper_than_python_calls(tmp_path, encoded):
    top = tmp_path / "deep"
    place = top
    for label in ("cat", "dog"):
        (top / label).mkdir(parents=True)
        (top / label / "1.png").write_bytes(encoded(1))
    place = top / "cat"
    try:
        for _ in range(900):
            place = place / "d"
            place.mkdir()
        (place / "2.png").write_bytes(encoded(2))
        source = open_source(top)
        assert len(source) == 3
        assert len(picture_files(top).pictures) == 3
    finally:
        subprocess.run(["rm", "-rf", str(top)], check=True)  # shutil calls itself for each level


def sources(encoded):
    """Small sound files of every kind that many pictures come in."""
    pictures = {f"{label}/{n}.png": encoded(n, (4, 4)) for label in "ab" for n in range(3)}
    packed, tarred = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in pictures.items():
            archive.writestr(name, content)
        archive.writestr("inner.zip", packed.getvalue()[:50])
    with tarfile.open(fileobj=tarred, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in pictures.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(content), 1.5
            archive.addfile(member, io.BytesIO(content))
    arrays = bytes(saved(x=np.arange(4 * 16).reshape(4, 4, 4), y=np.array([0, 1, 0, 1])))
    table = "".join(f"{n}.png,{'ab'[n % 2]}\n" for n in range(4))
    return {
        "a.zip": packed.getvalue(),
        "a.tar": tarred.getvalue(),
        "a.tar.gz": gzip.compress(tarred.getvalue()),
        "a.tar.xz": lzma.compress(tarred.getvalue()),
        "a.npz": arrays,
        "labels.csv": f"file,label\n{table}".encode(),
        "labels.jsonl": b'{"file": "1.png", "label": ["a"]}\n{"file": "2.png", "label": "b"}\n',
    }


def mutated(content, choice):
    found = bytearray(content)
    for _ in range(choice.randint(1, 4)):
        place = choice.randrange(len(found) or 1)
        kind = choice.randrange(5)
        if kind == 0:
            found[place : place + 1] = bytes([choice.randrange(256)])
        elif kind == 1:
            found[place : place + choice.randint(1, 8)] = choice.randbytes(choice.randint(0, 8))
        elif kind == 2:
            found[place : place + 4] = struct.pack("<I", choice.choice((0, 1 << 31, 0xFFFFFFFF)))
        elif kind == 3:
            del found[place:]
            found += b"\0"
        else:
            found[place:place] = found[: choice.randrange(len(found) + 1)]
    return bytes(found)


def test_mutants_are_read_or_refused(tmp_path, encoded):
    for n in range(4):
        (tmp_path / f"{n}.png").write_bytes(encoded(n, (4, 4)))
    kinds = sources(encoded)
    choice = random.Random(0)
    for name, content in kinds.items():
        for _ in range(MUTANTS):
            path = tmp_path / name
            path.write_bytes(mutated(content, choice))
            with contextlib.suppress(ConvLensError):
                assert len(open_source(path)) >= 1
        path.unlink()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 3 << 20, "kilobytes"
    assert sys.getrecursionlimit() >= 1000
