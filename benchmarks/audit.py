"""What the audit finds of faults planted in real pictures, and how long it takes.

Builds a folder of links to the pictures of MNIST or TrashNet (``train`` and ``test`` kept), and
plants for each kind of fault copies of 1 % of the pictures: the same file, resized to 50 to 200 %
(bilinear, bicubic or Lanczos, saved as PNG), recompressed (JPEG of quality 30 to 90), mirrored. In
another 1 % the label is swapped for another class, drawn evenly. All is drawn by the seed.

A copy counts as found where it and its original stand in one case. A picture that nothing was
done to counts as a false alarm where it stands in a case with another such picture, whether the
data hold true near duplicates or not: the figure is an upper bound.

usage: CONVLENS_DATA=... python benchmarks/audit.py mnist|trashnet [--some N] [--no-labels]
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
from pathlib import Path

import torch
from PIL import Image

from convlens.audit import Findings, audit
from convlens.data import open_source

SHARE = 0.01
RESIZERS = (Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS)
COPIES = ("exact", "resized", "recompressed", "mirrored")
TOP = {"mnist": (0.02, 0.85), "trashnet": (0.05, 0.60)}


def copied(kind: str, path: Path, to: Path, draw: random.Random) -> None:
    """Write a copy of ``path`` of the ``kind`` to ``to``, whose ending is replaced."""
    if kind == "exact":
        to.with_suffix(path.suffix).write_bytes(path.read_bytes())
        return
    image = Image.open(path)
    if kind == "resized":
        scale = 2 ** draw.uniform(-1, 1)
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image.resize(size, draw.choice(RESIZERS)).save(to.with_suffix(".png"))
    elif kind == "recompressed":
        image.save(to.with_suffix(".jpg"), quality=draw.randint(30, 90))
    else:
        image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(to.with_suffix(".png"))


def plant(data: Path, root: Path, some: int | None, seed: int) -> tuple[dict, set, int]:
    """Build the folder; returns copies (kind to pairs of stems), swapped stems, and pictures."""
    draw = random.Random(seed)
    paths = sorted(path for path in data.rglob("*") if path.is_file())
    paths = sorted(draw.sample(paths, some)) if some else paths
    classes = sorted({path.parent.name for path in paths})
    folders = {path: path.parent.relative_to(data) for path in paths}
    for folder in set(folders.values()):
        for label in classes:
            (root / folder.with_name(label)).mkdir(parents=True, exist_ok=True)
    count = round(SHARE * len(paths))
    drawn = draw.sample(paths, count * (len(COPIES) + 1))
    swapped = set(drawn[:count])
    names: dict[Path, str] = {}
    for number, path in enumerate(paths):
        label = path.parent.name
        if path in swapped:
            label = draw.choice([one for one in classes if one != label])
        names[path] = f"o{number:05}"
        place = root / folders[path].with_name(label) / f"{names[path]}{path.suffix}"
        place.symlink_to(path)
    copies: dict[str, list[tuple[str, str]]] = {}
    for kind_number, kind in enumerate(COPIES):
        pairs = copies.setdefault(kind, [])
        for path in drawn[count * (kind_number + 1) : count * (kind_number + 2)]:
            stem = f"c{kind_number}{names[path]}"
            copied(kind, path, root / folders[path] / f"{stem}.x", draw)
            pairs.append((names[path], stem))
    return copies, {names[path] for path in swapped}, len(paths)


def cases_of(found: Findings) -> list[set[str]]:
    """The stems that stand together in each case of copies."""
    kinds = ("copies", "copies-across-classes", "copies-across-parts")
    several = [one for one in found.findings if one.kind in kinds]
    return [{Path(p.file).stem for p in case.pictures} for one in several for case in one.cases]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=TOP)
    parser.add_argument("--some", type=int, help="draw so many pictures only")
    parser.add_argument("--no-labels", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    data = Path(os.environ["CONVLENS_DATA"]).expanduser() / options.name
    with tempfile.TemporaryDirectory() as scratch:
        copies, swapped, count = plant(data, Path(scratch), options.some, options.seed)
        begun = time.monotonic()
        source = open_source(scratch)
        found = audit(source, seed=options.seed, labels=not options.no_labels, cache=False)
        seconds = time.monotonic() - begun
    print(f"{options.name}: {count:,} pictures, {torch.get_num_threads()} threads")
    print(f"audit of {found.pictures:,} files: {seconds:.1f} s, torch's import included")
    cases = cases_of(found)
    for kind, pairs in copies.items():
        hits = sum(any(a in case and b in case for case in cases) for a, b in pairs)
        print(f"{kind}: {hits} of {len(pairs)} found ({hits / len(pairs):.1%})")
    alarms = {
        s for case in cases for s in case if s[0] == "o" and sum(t[0] == "o" for t in case) > 1
    }
    print(f"false alarms: {len(alarms)} of {count:,} ({len(alarms) / count:.2%})")
    if found.suspicion:
        share, wanted = TOP[options.name]
        first = {Path(f).stem for f in found.suspicion[: round(share * found.pictures)]}
        hits = len(swapped & first)
        print(
            f"swapped labels in the first {share:.0%}: {hits} of {len(swapped)} "
            f"({hits / len(swapped):.1%}, wanted {wanted:.0%}); out-of-fold accuracy "
            f"{found.accuracy:.1%}"
        )


if __name__ == "__main__":
    main()
