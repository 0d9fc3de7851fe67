"""Makes scan.png and why.png: what a network trained on MNIST sees in a sheet of digits, and why.

usage: CONVLENS_DATA=… python docs/images/seeing.py [FOLDER]

The network learns 6,000 handwritten digits, and an eleventh class "none" from places beside them.
It pads nothing, so a scan is exact. The sheet and the marked digits are of MNIST's test part.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

import convlens as cl
from convlens import lens
from convlens.lens import tiles

NET = "[CONV 16@5x5 valid - RELU - POOL]*2 - CONV 64@4x4 valid - RELU - FC"
LEARNED, NONE, SIDE = 600, 2400, 28
ROOM, ROWS, COLUMNS, EDGE = 44, 3, 6, 12
"""Each digit of a sheet lies somewhere in a square of its own."""

METHODS: tuple[lens.Method, ...] = ("integrated", "gradient", "occlusion")
TILE, LABEL = 112, 20

Images = NDArray[np.uint8]


def main() -> None:
    """Train, scan, mark and draw."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    folder = Path(os.environ["CONVLENS_DATA"]) / "mnist"
    random = np.random.default_rng(0)
    digits, labels = read(folder / "train", LEARNED)
    beside = np.concatenate([between(digits, random) for _ in range(NONE // 24)])
    pictures = np.concatenate([digits, beside])
    classifier = cl.train((pictures, [*labels, *["none"] * len(beside)]), NET, epochs=8)
    test, names = read(folder / "test", 30)
    order = random.permutation(len(test))
    sheet, _ = laid_out(test[order[: ROWS * COLUMNS]], random)
    found = lens.scan(classifier, sheet)
    print(found.exactness)
    save(stacked(sheet, lens.draw_scan(found)), out / "scan.png")
    marked = [lens_row(classifier, test[names.index(name)]) for name in "2457"]
    save(Image.fromarray(np.concatenate(marked)), out / "why.png")


def read(folder: Path, count: int) -> tuple[Images, list[str]]:
    """The first ``count`` pictures of each class (N, 28, 28), and their names."""
    pixels, labels = [], []
    for home in sorted(folder.iterdir()):
        for path in sorted(home.iterdir())[:count]:
            with Image.open(path) as image:
                pixels.append(np.asarray(image.convert("L")))
            labels.append(home.name)
    return np.stack(pixels), labels


def laid_out(digits: Images, random: np.random.Generator) -> tuple[Images, NDArray[np.int64]]:
    """A sheet of digits, each somewhere in its square, and their corners (N, 2) as (x, y)."""
    sheet = np.zeros((ROWS * ROOM + 2 * EDGE, COLUMNS * ROOM + 2 * EDGE), np.uint8)
    corners = []
    for number, digit in enumerate(digits):
        y, x = (
            EDGE + ROOM * n + int(random.integers(ROOM - SIDE)) for n in divmod(number, COLUMNS)
        )
        sheet[y : y + SIDE, x : x + SIDE] = digit
        corners.append((x, y))
    return sheet, np.array(corners)


def between(digits: Images, random: np.random.Generator) -> Images:
    """24 windows (24, 28, 28) of a sheet that hold no digit in their middle."""
    chosen = random.choice(len(digits), ROWS * COLUMNS, replace=False)
    sheet, corners = laid_out(digits[chosen], random)
    windows: list[Images] = []
    while len(windows) < 24:
        y, x = (int(random.integers(side - SIDE)) for side in sheet.shape)
        if np.hypot(*(corners - (x, y)).T).min() > 9:
            windows.append(sheet[y : y + SIDE, x : x + SIDE])
    return np.stack(windows)


def stacked(sheet: Images, drawn: Image.Image) -> Image.Image:
    """The sheet above its scan, as large."""
    above = Image.fromarray(sheet).convert("RGB")
    zoom = drawn.width // above.width
    above = above.resize((above.width * zoom, above.height * zoom), Image.Resampling.NEAREST)
    both = Image.new("RGB", (drawn.width, above.height + drawn.height + 6), "white")
    both.paste(above, (0, 0))
    both.paste(drawn, (0, above.height + 6))
    return both


def lens_row(classifier: cl.Classifier, picture: Images) -> Images:
    """A digit and its maps by every method, a line of text above each."""
    found = [lens.why(classifier, picture, method=method) for method in METHODS]
    cells = [
        labelled(
            tiles.rgb(picture[:, :, None]), f"{found[0].class_name}: {found[0].probability:.1%}"
        )
    ]
    cells += [
        labelled(
            tiles.shown(one.map),
            f"{one.method}: {one.deletion.area:.2f}, random {one.deletion.random_area:.2f}",
        )
        for one in found
    ]
    return np.concatenate(cells, axis=1)


def labelled(drawn: Images, text: str) -> Images:
    """A tile on white, a line of text above it."""
    zoom = TILE // SIDE
    cell = Image.new("RGB", (TILE + 90, TILE + LABEL + 8), "white")
    cell.paste(Image.fromarray(tiles.magnified(drawn, zoom)), (4, LABEL))
    ImageDraw.Draw(cell).text((4, 2), text, fill="black", font=ImageFont.load_default(12))
    return np.asarray(cell)


def save(picture: Image.Image, path: Path) -> None:
    """Write a small PNG."""
    picture.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
