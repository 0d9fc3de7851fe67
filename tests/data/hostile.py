"""Files made to hurt: small ones that ask for much, in every format, each by one known trick."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec

import numpy as np
from PIL import Image

SMALL = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def packed_zeros(count: int) -> bytes:
    """At least ``count`` zeros by zlib, made of one block that comes again and again."""
    block = 1 << 20
    packer = zlib.compressobj(9, wbits=-15)
    piece = packer.compress(bytes(block)) + packer.flush(zlib.Z_FULL_FLUSH)
    times = count // block + 1
    checksum = times * block % 65521 << 16 | 1  # Adler's, of zeros
    return b"\x78\xda" + piece * times + b"\x03\0" + struct.pack(">I", checksum)


# PNG


def png_chunk(name: bytes, content: bytes) -> bytes:
    body = name + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def png(
    size: tuple[int, int],
    depth: int,
    colour: int,
    *,
    before: bytes = b"",
    data: bytes | None = None,
    interlaced: bool = False,
) -> bytes:
    """A PNG of zeros, as small as deflate makes it, with ``before`` in front of its pixels."""
    width, height = size
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced))
    if data is None:
        line = 1 + (width * channels * depth + 7) // 8
        data = png_chunk(b"IDAT", packed_zeros(line * (height + 8)))
    palette = png_chunk(b"PLTE", bytes(768)) if colour == 3 else b""
    start = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header)
    return start + palette + before + data + png_chunk(b"IEND", b"")


def png_of_text_bombs() -> bytes:
    bomb = packed_zeros(1 << 19)
    chunks = b"".join(png_chunk(b"zTXt", b"k%d\0\0" % n + bomb) for n in range(500))
    return png((8, 8), 8, 2, before=chunks)


def png_of_a_profile_bomb() -> bytes:
    return png((8, 8), 8, 2, before=png_chunk(b"iCCP", b"p\0\0" + packed_zeros(1 << 29)))


def png_of_chunks(name: bytes, count: int = 500_000) -> bytes:
    return png((8, 8), 8, 2, before=png_chunk(name, b"") * count)


def png_of_empty_data() -> bytes:
    return png((8, 8), 8, 2, data=png_chunk(b"IDAT", b"") * 500_000)


def png_that_goes_on() -> bytes:
    data = packed_zeros(1 << 32)
    return png((8, 8), 8, 2, data=png_chunk(b"IDAT", data))


# JPEG


def jpeg_with(before: bytes, image: Image.Image = SMALL, **options: object) -> bytes:
    data = saved(image, "JPEG", **options)
    return data[:2] + before + data[2:]


def jpeg_segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def amplified_exif(size: int = 65_000) -> bytes:
    """Entries of the first directory that each point at nearly the whole of the block."""
    count = (size - 30) // 12
    entries = b"".join(
        struct.pack("<HHII", 0x9000 + n % 0x6000, 7, size - 100, 8) for n in range(count)
    )
    body = b"II*\0\x08\0\0\0" + struct.pack("<H", count) + entries
    return b"Exif\0\0" + body.ljust(size, b"\0")


def jpeg_of_amplified_exif() -> bytes:
    return jpeg_with(jpeg_segment(0xE1, amplified_exif()))


def jpeg_of_long_exif() -> bytes:
    """An EXIF block over many segments, that all are glued together."""
    return jpeg_with(jpeg_segment(0xE1, b"Exif\0\0" + bytes(65_000)) * 1500)


def jpeg_of_padding() -> bytes:
    return jpeg_with(b"\xff" * (20 << 20))


def jpeg_of_comments() -> bytes:
    return jpeg_with(jpeg_segment(0xFE, b"") * 500_000)


def jpeg_of_tables() -> bytes:
    data = saved(SMALL, "JPEG")
    tables = data.find(b"\xff\xdb")
    length = struct.unpack(">H", data[tables + 2 : tables + 4])[0]
    return data[:2] + data[tables : tables + 2 + length] * 500_000 + data[2:]


def jpeg_of_scans(side: int = 2000, count: int = 3000) -> bytes:
    """A progressive picture whose last scan comes again and again."""
    data = saved(Image.new("RGB", (side, side)), "JPEG", progressive=True)
    last = data.rfind(b"\xff\xda")
    return data[:last] + data[last:-2] * count + data[-2:]


# GIF


def gif_with(before: bytes) -> bytes:
    data = saved(SMALL.convert("P"), "GIF")
    place = 13 + (3 << ((data[10] & 7) + 1))
    return data[:place] + before + data[place:]


def gif_of_comments() -> bytes:
    return gif_with(b"!\xfe" + (b"\xff" + bytes(255)) * 200_000 + b"\0")


def gif_of_extensions() -> bytes:
    return gif_with(b"!\xf9\x04\0\0\0\0\0" * 2_000_000)


def gif_beyond_its_screen() -> bytes:
    data = bytearray(gif_with(b""))
    place = data.find(b",", 13 + (3 << ((data[10] & 7) + 1)))
    data[place + 5 : place + 9] = struct.pack("<HH", 65535, 65535)
    return bytes(data)


# BMP


def bmp_rle(size: tuple[int, int], rows: bytes, bits: int = 8) -> bytes:
    colours = bytes(4 << bits)
    offset = 14 + 40 + len(colours)
    kind = 1 if bits == 8 else 2
    info = struct.pack("<IiiHHIIiiII", 40, *size, 1, bits, kind, len(rows), 0, 0, 1 << bits, 0)
    return struct.pack("<2sIHHI", b"BM", offset + len(rows), 0, 0, offset) + info + colours + rows


def bmp_of_line_ends() -> bytes:
    return bmp_rle((9000, 9000), b"\1\1\0\0" * 9000)


def bmp_of_single_pixels() -> bytes:
    return bmp_rle((3000, 3000), b"\1\1" * 9_000_000)


def bmp_of_small_steps() -> bytes:
    return bmp_rle((60, 60), b"\0\2\0\0" * 2_000_000)


# TIFF


def tiff(entries: dict[int, tuple[int, int, int | bytes]], size: int = 0) -> bytes:
    """A little-endian TIFF of one directory: tag to (type, count, value), then ``size`` zeros."""
    place = 8 + 2 + 12 * len(entries) + 4
    directory, beyond = struct.pack("<H", len(entries)), b""
    for tag, (kind, count, value) in sorted(entries.items()):
        if isinstance(value, bytes):
            directory += struct.pack("<HHII", tag, kind, count, place + len(beyond))
            beyond += value
        else:
            directory += struct.pack("<HHII", tag, kind, count, value)
    return b"II*\0\x08\0\0\0" + directory + bytes(4) + beyond + bytes(size)


def tiff_of_amplified_tags() -> bytes:
    count, size = 60_000, 20 << 20
    entries = b"".join(struct.pack("<HHII", 1000 + n, 7, size, 8) for n in range(count))
    return b"II*\0\x08\0\0\0" + struct.pack("<H", count) + entries + bytes(size)


def grey_tiff(width: int, height: int, **more: tuple[int, int, int | bytes]) -> bytes:
    base: dict[int, tuple[int, int, int | bytes]] = {
        256: (4, 1, width), 257: (4, 1, height), 258: (3, 1, 8), 259: (3, 1, 1), 262: (3, 1, 1),
        277: (3, 1, 1),
    }  # fmt: skip
    return tiff(base | {int(tag[1:]): value for tag, value in more.items()}, 1 << 16)


def tiff_of_tiny_tiles(side: int = 2000) -> bytes:
    count = side * side
    return grey_tiff(side, side, t322=(3, 1, 1), t323=(3, 1, 1), t324=(4, count, bytes(4 * count)))


def tiff_of_a_giant_tile() -> bytes:
    packed = packed_zeros(1 << 28)
    side = (4, 1, 1 << 16)
    return grey_tiff(
        100, 100, t259=(3, 1, 8), t322=side, t323=side, t324=(4, 1, 200),
        t325=(4, 1, len(packed)),
    ) + packed * 16  # fmt: skip


def tiff_of_a_loop() -> bytes:
    data = bytearray(grey_tiff(16, 16, t273=(4, 1, 400), t34665=(4, 1, 8), t330=(4, 1, 8)))
    count = struct.unpack("<H", data[8:10])[0]
    data[10 + 12 * count : 14 + 12 * count] = struct.pack("<I", 8)
    return bytes(data)


def tiff_of_many_directories() -> bytes:
    first = grey_tiff(16, 16, t273=(4, 1, 400), t279=(4, 1, 256))
    count = struct.unpack("<H", first[8:10])[0]
    link = 10 + 12 * count
    data = first[:link] + struct.pack("<I", len(first)) + first[link + 4 :]
    place = len(data)
    chain = b"".join(struct.pack("<HI", 0, place + 6 * (n + 1)) for n in range(1_000_000))
    return data + chain


# AVIF


def avif_extents_of_nothing(items: int = 2_000) -> bytes:
    """Every item in 65,535 extents whose offsets and lengths take no bytes."""
    located = struct.pack(">IBBH", 0, 0, 0, items)
    located += b"".join(struct.pack(">HHH", number, 0, 65_535) for number in range(items))
    box = struct.pack(">I4s", 8 + len(located), b"iloc") + located
    meta = struct.pack(">I4sI", 12 + len(box), b"meta", 0) + box
    return struct.pack(">I4s4sI4s4s", 24, b"ftyp", b"avif", 0, b"avif", b"mif1") + meta


def avif_larger_than_it_says(side: int = 5000) -> bytes:
    """A stream of ``side`` squared pixels in boxes that speak of a hundred squared."""
    data = saved(Image.new("RGB", (side, side)), "AVIF", speed=10, quality=30)
    place = data.index(b"ispe") + 8
    return data[:place] + struct.pack(">II", 100, 100) + data[place + 8 :]


# PBM, PGM, PPM, PAM


def netpbm_of_a_long_comment() -> bytes:
    return b"P5\n#" + b"x" * (20 << 20) + b"\n1 1\n255\n\0"


def netpbm_of_short_comments() -> bytes:
    return b"P5\n" + b"#\n" * 5_000_000 + b"1 1\n255\n\0"


def netpbm_of_comments_among_values(count: int = 9_000_000) -> bytes:
    return b"P2 1000 1000 255\n" + b"#\n1 " * (count // 3)


def netpbm_of_one_long_number() -> bytes:
    return b"P2 1000 1000 65535\n" + b"9" * (30 << 20)


def pam_of_lines() -> bytes:
    return b"P7\n" + b"TUPLTYPE x\n" * 2_000_000 + b"ENDHDR\n"


# AVIF and HEIC


def box(name: bytes, *content: bytes, version: int | None = None, flags: int = 0) -> bytes:
    """A box, with version and flags in front of its content where they are given."""
    head = b"" if version is None else struct.pack(">I", version << 24 | flags)
    body = head + b"".join(content)
    return struct.pack(">I4s", 8 + len(body), name) + body


@cache
def heic_tile() -> tuple[bytes, bytes]:
    """What decodes 64 x 64 pixels of HEVC, and the box that describes it, from a real file."""
    import pillow_heif

    buffer = io.BytesIO()
    pillow_heif.from_pillow(SMALL).save(buffer, quality=30)
    data = buffer.getvalue()
    place = data.index(b"hvcC") - 4
    length = struct.unpack_from(">I", data, place)[0]
    return data[data.index(b"mdat") + 4 :], data[place : place + length]


def heic_grid(
    rows: int,
    columns: int,
    *,
    size: tuple[int, int] | None = None,
    told: tuple[int, int] | None = None,
    tiles: tuple[int, ...] = (1,),
    extents: int = 1,
    streams: int = 1,
) -> bytes:
    """Item 9 is a grid that shows the items ``tiles`` again and again, which share one stream.

    ``size`` is what the grid's data say of it, ``told`` what its box of properties says.
    """
    stream, hvcc = heic_tile()
    own = (64 * columns, 64 * rows)
    grid = struct.pack(">BBBBII", 0, 1, rows - 1, columns - 1, *(size or own))
    refers = [tiles[n % len(tiles)] for n in range(rows * columns)]
    numbers = range(1, streams + 1)
    infos = [
        box(b"infe", struct.pack(">HH4sB", number, 0, kind, 0), version=2)
        for number, kind in [*((n, b"hvc1") for n in numbers), (9_000, b"grid")]
    ]
    properties = [
        box(b"ispe", struct.pack(">II", 64, 64), version=0),
        hvcc,
        box(b"ispe", struct.pack(">II", *(told or own)), version=0),
    ]
    has = [struct.pack(">HBBB", n, 2, 1, 0x82) for n in numbers]
    has.append(struct.pack(">HBB", 9_000, 1, 3))
    fixed = [
        box(b"hdlr", struct.pack(">I4s13x", 0, b"pict"), version=0),
        box(b"pitm", struct.pack(">H", 9_000), version=0),
        box(b"iinf", struct.pack(">H", len(infos)), *infos, version=0),
        box(
            b"iref",
            box(b"dimg", struct.pack(f">HH{len(refers)}H", 9_000, len(refers), *refers)),
            version=0,
        ),
        box(
            b"iprp",
            box(b"ipco", *properties),
            box(b"ipma", struct.pack(">I", len(has)), *has, version=0),
        ),
        box(b"idat", grid),
    ]
    start = box(b"ftyp", b"heic\0\0\0\0mif1heic")

    def meta(place: int) -> bytes:
        piece = struct.pack(">II", place, len(stream))
        located = [struct.pack(">HHHH", n, 0, 0, extents) + piece * extents for n in numbers]
        located.append(struct.pack(">HHHHII", 9_000, 1, 0, 1, 0, len(grid)))
        sizes = struct.pack(">BBH", 0x44, 0, len(located))
        return box(b"meta", *fixed, box(b"iloc", sizes, *located, version=1), version=0)

    return start + meta(len(start) + len(meta(0)) + 8) + box(b"mdat", stream)


def heic_larger_than_it_says(side: int = 5100) -> bytes:
    import pillow_heif

    buffer = io.BytesIO()
    pillow_heif.from_pillow(Image.new("L", (side, side))).save(
        buffer, quality=0, enc_params={"preset": "ultrafast"}
    )
    data = buffer.getvalue()
    place = data.index(b"ispe") + 8
    return data[:place] + struct.pack(">II", 100, 100) + data[place + 8 :]


HEIC: dict[str, Callable[[], bytes]] = {
    "heic-larger-than-it-says.heic": heic_larger_than_it_says,
    "heic-tiles-beyond-its-size.heic": lambda: heic_grid(
        255, 255, size=(100, 100), told=(100, 100)
    ),
    "heic-grid-larger-than-told.heic": lambda: heic_grid(2, 2, size=(30_000, 30_000)),
    "heic-grid-of-itself.heic": lambda: heic_grid(2, 2, tiles=(9_000,)),
    "heic-streams-that-overlap.heic": lambda: heic_grid(2, 2, streams=1500, extents=30),
    "heic-pieces.heic": lambda: heic_grid(2, 2, extents=60_000),
}
"""The same for HEIC, which can be made only where pillow-heif is installed."""

MADE: dict[str, Callable[[], bytes]] = {
    "avif-larger-than-it-says.avif": avif_larger_than_it_says,
    "avif-extents-of-nothing.avif": avif_extents_of_nothing,
    "png-text-bombs.png": png_of_text_bombs,
    "png-profile-bomb.png": png_of_a_profile_bomb,
    "png-private-chunks.png": lambda: png_of_chunks(b"prVt"),
    "png-text-chunks.png": lambda: png_of_chunks(b"tEXt"),
    "png-empty-data.png": png_of_empty_data,
    "png-goes-on.png": png_that_goes_on,
    "png-4-gigapixels.png": lambda: png((65_500, 65_500), 1, 0, data=b""),
    "jpeg-amplified-exif.jpg": jpeg_of_amplified_exif,
    "jpeg-long-exif.jpg": jpeg_of_long_exif,
    "jpeg-padding.jpg": jpeg_of_padding,
    "jpeg-comments.jpg": jpeg_of_comments,
    "jpeg-tables.jpg": jpeg_of_tables,
    "jpeg-scans.jpg": jpeg_of_scans,
    "gif-comments.gif": gif_of_comments,
    "gif-extensions.gif": gif_of_extensions,
    "gif-beyond-its-screen.gif": gif_beyond_its_screen,
    "bmp-line-ends.bmp": bmp_of_line_ends,
    "bmp-single-pixels.bmp": bmp_of_single_pixels,
    "bmp-small-steps.bmp": bmp_of_small_steps,
    "tiff-amplified-tags.tif": tiff_of_amplified_tags,
    "tiff-tiny-tiles.tif": tiff_of_tiny_tiles,
    "tiff-giant-tile.tif": tiff_of_a_giant_tile,
    "tiff-loop.tif": tiff_of_a_loop,
    "tiff-many-directories.tif": tiff_of_many_directories,
    "netpbm-long-comment.pgm": netpbm_of_a_long_comment,
    "netpbm-short-comments.pgm": netpbm_of_short_comments,
    "netpbm-comments-among-values.pgm": netpbm_of_comments_among_values,
    "netpbm-long-number.pgm": netpbm_of_one_long_number,
    "netpbm-4-gigapixels.ppm": lambda: b"P6 65500 65500 255\n",
    "netpbm-plain-4-gigapixels.ppm": lambda: b"P3 65500 65500 65535\n0",
    "netpbm-cut-short.ppm": lambda: b"P6 9000 9000 65535\n" + bytes(1000),
    "netpbm-plain-cut-short.ppm": lambda: b"P3 5000 5000 255\n" + b"0 " * 1000,
    "pam-lines.pam": pam_of_lines,
    "pam-channels.pam": lambda: b"P7\nWIDTH 9\nHEIGHT 9\nDEPTH 99999999\nMAXVAL 1\nENDHDR\n",
}
"""Files that are small, or large by repetition, and ask for time or memory without end."""

if find_spec("pillow_heif") is not None:
    MADE |= HEIC
