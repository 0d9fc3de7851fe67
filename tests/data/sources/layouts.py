"""Random layouts of pictures as people have them, whose true label and part stand in their pixels.

Pictures that belong to no class (thumbnails of a network drive, a part without labels, a preview)
say so in their pixels, too: to read one of them with a label is as wrong as a wrong label.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image

NAMES = (
    ("red", "green", "blue"),
    ("cat", "dog"),
    ("Apple Braeburn", "pear", "Lemon"),
    ("0", "1", "2", "10"),
    ("n01440764", "n01443537"),
    ("ok", "not ok"),
    ("猫", "犬", "été"),
    ("train", "bus", "car"),
    ("airfield", "bridge", "alley"),
    ("a", "b", "A"),
)
PARTS = (
    {"train": "train", "test": "test"},
    {"train": "Train", "validation": "Val"},
    {"train": "training_set", "test": "test_set"},
    {"train": "seg_train", "test": "seg_test"},
    {"train": "train_images", "validation": "valid_images", "test": "test_images"},
    {"train": "TRAIN", "test": "TEST", "validation": "DEV"},
    {"train": "trainset", "test": "testset"},
    {"train": "TrainingData", "test": "TestingData"},
    {"train": "train2017", "validation": "val2017"},
    {"train": "train", "test": "holdout"},
)
NOBODY = 255
"""In place of a label: the picture belongs to no class."""
CODES = {None: 0, "train": 1, "validation": 2, "test": 3}


@cache
def picture(label: int, part: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.full((1, 1, 3), (label, part, 90), np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


@dataclass
class Laid:
    """A layout on the disk: ``told`` says in words how it is made, for a failing test."""

    root: Path
    classes: tuple[str, ...]
    parts: dict[str, str] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    ambiguous: bool = False  # names do not tell: only a refusal or the truth will do

    def put(self, path: str, label: int, part: str | None = None) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(picture(label, CODES[part]))


def truth(pixels: np.ndarray, laid: Laid) -> tuple[str | None, str | None]:
    label, part, _ = pixels.reshape(-1, 3)[0].tolist()
    name = None if label == NOBODY else laid.classes[label]
    return name, next(name for name, code in CODES.items() if code == part)


def lay(root: Path, seed: int) -> Laid:
    """Lay a random layout out in the new folder ``root``."""
    random = Random(seed)
    laid = Laid(root, random.choice(NAMES))
    root.mkdir(parents=True)
    kind = random.choice((by_folders, by_folders, below_classes, by_tables, by_tables, one_hot,
                          nested, in_names))  # fmt: skip
    laid.told.append(kind.__name__)
    kind(laid, random)
    for junk in random.sample(JUNK, random.randrange(4)):
        laid.told.append(junk.__name__)
        junk(laid, random)
    return laid


def chosen_parts(laid: Laid, random: Random, share: float = 0.6) -> dict[str | None, str]:
    """Names of folders by part; one without a name where there are no parts."""
    laid.parts = random.choice(PARTS) if random.random() < share else {}
    laid.told.append(f"parts {laid.parts}")
    return dict(laid.parts) or {None: ""}


def below(*names: str) -> str:
    return "/".join(name for name in names if name)


def by_folders(laid: Laid, random: Random) -> None:
    """Class folders, maybe in parts, in folders around everything, or with folders in them."""
    around = random.choice(("", "", "photos", "data/PetImages"))
    deeper = random.choice(("", "", "", "images", "{video}"))
    twice = random.random() < 0.2
    one_case = random.random() < 0.15
    lone = random.random() < 0.15
    laid.told.append(f"around {around!r} deeper {deeper!r} twice {twice} case {one_case}")
    parts = chosen_parts(laid, random)
    for part, folder in parts.items():
        for label, name in enumerate(laid.classes):
            if lone and part == "train" and label == len(laid.classes) - 1 and label > 1:
                continue  # a class that is in another part only
            shown = name.swapcase() if one_case and part not in (None, "train") else name
            for number in range(random.randint(2, 4)):
                inner = deeper.format(video=f"video_{number}")
                up = below(around, folder, folder if twice else "", shown, inner)
                laid.put(f"{up}/{number}.png", label, part)


def below_classes(laid: Laid, random: Random) -> None:
    """Parts in the folders of classes."""
    laid.parts = random.choice(PARTS)
    for part, folder in laid.parts.items():
        for label, name in enumerate(laid.classes):
            for number in range(3):
                laid.put(f"{name}/{folder}/{number}.png", label, part)


def nested(laid: Laid, random: Random) -> None:
    """Another folder above the classes, of which names do not tell what it is."""
    laid.ambiguous = True
    parts = chosen_parts(laid, random, 0.3)
    above = random.choice((("2023", "2024"), ("x", "y"), ("first", "second"), ("fold1", "fold2")))
    shared = random.random() < 0.5
    laid.told.append(f"above {above} shared {shared}")
    for part, folder in parts.items():
        for label, name in enumerate(laid.classes):
            for number, top in enumerate(above):
                if shared or number == label % 2:
                    for count in range(2):
                        laid.put(below(folder, top, name, f"{count}.png"), label, part)


def in_names(laid: Laid, random: Random) -> None:
    """Labels in the names of files: nothing but a pattern of the user's tells them."""
    laid.ambiguous = True
    parts = chosen_parts(laid, random, 0.4)
    for part, folder in parts.items():
        for label, name in enumerate(laid.classes):
            for number in range(3):
                laid.put(below(folder, f"{name}.{number}.png"), label, part)


def by_tables(laid: Laid, random: Random) -> None:
    """Flat folders, whose labels one table tells, or one for each part."""
    parts = chosen_parts(laid, random)
    folders = random.choice(("part", "part", "images", "flat"))
    spelled = random.choice(("path", "bare", "stem", "absolute", "windows", "leading", "elsewhere"))
    split = random.choice(("tables", "column", "inside")) if laid.parts else "one"
    if split == "inside" and folders != "part":
        split = "tables"
    again = random.random() < 0.3  # the same names in every folder
    laid.told.append(f"folders {folders} spelled {spelled} split {split} again {again}")
    tables: dict[str, list[list[str]]] = {}
    for part, folder in parts.items():
        number = 0
        where = {"part": folder, "images": "images", "flat": ""}[folders]
        for label, name in enumerate(laid.classes):
            for _ in range(random.randint(2, 4)):
                number += 1
                prefix = "" if again and folders == "part" else f"{part or 'p'}-"
                path = below(where, f"{prefix}{number}.png")
                lost, blank = random.random() < 0.08, random.random() < 0.08
                if lost:  # its row is there, its file is not
                    if where and spelled not in ("bare", "stem") and random.random() < 0.7:
                        laid.put(f"other/{prefix}{number}.png", NOBODY)
                else:
                    laid.put(path, NOBODY if blank else label, part)
                table = {
                    "tables": f"{folder or 'labels'}.csv",
                    "inside": below(where, "_labels.csv"),
                }
                shown = spelling_of(path, laid.root, spelled)
                row = [shown, random.choice(("", "NaN", "NA", " ")) if blank else name]
                name_of_it = table.get(split, "labels.csv")
                tables.setdefault(name_of_it, []).append(
                    row + ([part] if split == "column" else [])
                )
    index = random.random() < 0.2
    separator = random.choice((",", ";", "\t"))
    head = ["file", "label", *(["split"] if split == "column" else [])]
    for table, rows in tables.items():
        random.shuffle(rows)
        write(laid.root / table, [head, *rows], index=index, separator=separator)
    if random.random() < 0.3:
        rows = [[Path(row[0]).name, laid.classes[0]] for rows in tables.values() for row in rows]
        name = random.choice(("sample_submission.csv", "predictions.csv", "my_submission.csv"))
        write(laid.root / name, [["file", "label"], *rows])
    if random.random() < 0.15 and split == "one":  # a second table, which says otherwise
        laid.ambiguous = True
        rows = [[row[0], laid.classes[0]] for rows in tables.values() for row in rows]
        write(laid.root / "other.csv", [["file", "label"], *rows])


def one_hot(laid: Laid, random: Random) -> None:
    """A table in each part's folder, with a column for every class."""
    laid.parts = random.choice(PARTS)
    for part, folder in laid.parts.items():
        rows = [["filename", *(f" {name}" for name in laid.classes)]]
        for label in range(len(laid.classes)):
            for number in range(3):
                name = f"{label}_{number}.png"
                laid.put(f"{folder}/{name}", label, part)
                rows.append([name, *(str(int(n == label)) for n in range(len(laid.classes)))])
        write(laid.root / folder / "_classes.csv", rows)


def spelling_of(path: str, root: Path, spelled: str) -> str:
    name = path.rpartition("/")[2]
    return {
        "path": path,
        "bare": name,
        "stem": name.rpartition(".")[0],
        "absolute": f"{root}/{path}",
        "windows": path.replace("/", "\\"),
        "leading": f"./{root.name}/{path}",
        "elsewhere": f"C:\\Users\\bob\\{root.name}\\" + path.replace("/", "\\"),
    }[spelled]


def write(path: Path, rows: list[list[str]], *, index: bool = False, separator: str = ",") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if index:
        rows = [["", *rows[0]], *([str(n), *row] for n, row in enumerate(rows[1:]))]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=separator).writerows(rows)


def thumbnails(laid: Laid, random: Random) -> None:
    for folder in [laid.root, *(p for p in sorted(laid.root.rglob("*")) if p.is_dir())][:6]:
        name = random.choice(("@eaDir", ".@__thumb", "__MACOSX", "$RECYCLE.BIN", "#recycle",
                              "lost+found", "System Volume Information", "@Recycle"))  # fmt: skip
        for number in range(2):
            path = folder.relative_to(laid.root) / name / f"{number}.png" / "THUMB_S.png"
            laid.put(str(path), NOBODY)


def licence(laid: Laid, random: Random) -> None:
    name = random.choice(("LICENSE", "README.md", "Thumbs.db", "desktop.ini", "notes.txt"))
    (laid.root / name).write_text("MIT")


def preview(laid: Laid, random: Random) -> None:
    laid.put("preview.png", NOBODY)


def unlabelled(laid: Laid, random: Random) -> None:
    """A flat part without labels beside the others."""
    taken = {name.casefold() for name in laid.parts.values()}
    name = random.choice(("test", "seg_pred", "unlabeled", "test1"))
    if name in taken or (laid.root / name).exists():
        return
    for number in range(3):
        laid.put(f"{name}/u{number}.png", NOBODY)
    laid.ambiguous = True  # beside classes without parts it could be one of them


def empty(laid: Laid, random: Random) -> None:
    (laid.root / "nothing").mkdir(exist_ok=True)


def again(laid: Laid, random: Random) -> None:
    """A folder that holds the classes once more: a backup, or a copy of the whole."""
    name = random.choice(("backup", "old", "augmented", "copy of photos"))
    if not (laid.root / name).exists():
        for folder in laid.classes:
            laid.put(f"{name}/{folder}/1.png", NOBODY)
        laid.ambiguous = True


def masks(laid: Laid, random: Random) -> None:
    """Pictures that are no pictures of a class, in a folder of their own."""
    name = random.choice(("masks", "annotations", "docs"))
    for number in range(3):
        laid.put(f"{name}/{number}.png", NOBODY)
    laid.ambiguous = True


def guessed(laid: Laid, random: Random) -> None:
    """What a network made of the pictures, under a name that says nothing."""
    files = [path.relative_to(laid.root).as_posix() for path in laid.root.rglob("*.png")]
    rows = [["filename", "predicted_label"], *([file, laid.classes[0]] for file in files)]
    write(laid.root / "output.csv", rows)


JUNK = (again, masks, guessed, thumbnails, licence, preview, unlabelled, empty)
