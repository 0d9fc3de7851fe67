"""Names, files and models that are out to steer the terminal they are printed on."""

import csv
import io
import json
import os
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save

from convlens.cli.main import run
from tests.cli.conftest import QUICK, folder_of_shades, picture
from tests.cli.surroundings import on_a_pipe, on_a_terminal

EVIL = "\x1b]0;owned\x07\x1b[31;5m\x1b[2J\x9b1m\u202egnp\u2066\r\n\x7f猫\u2028🐈"
"""A title, blinking red, an empty screen, C1, a text turned around, ends of lines, no ASCII."""

NAME = os.fsdecode(os.fsencode(EVIL) + b"\xff")
"""As a file may be called: with a byte that is not UTF-8."""

SEEN = r"\x1b]0;owned\x07\x1b[31;5m\x1b[2J\x9b1m\u202egnp\u2066\r\n\x7f"
"""How it is shown, as far as it is ASCII."""

CLASSES = (f"a{EVIL}", f"b{EVIL}", "猫")


@pytest.fixture(scope="module")
def den(tmp_path_factory):
    """A folder of models, pictures, runs and texts in which everything is called EVIL."""
    root = tmp_path_factory.mktemp("den")
    here = Path.cwd()
    os.chdir(root)
    try:
        furnish(root)
    finally:
        os.chdir(here)
    return root


def furnish(root):
    folder_of_shades(root / "clean", 6)
    train = ["train", "clean", "--net", QUICK, "--epochs", "1", "--quiet", "--out", "m.safetensors"]
    assert run(train) == 0
    folder_of_shades(root / "data", 6, {f"a{NAME}": (200, 30, 30), f"b{NAME}": (30, 200, 30)})
    for broken in (root / "data" / f"a{NAME}" / f"broken{NAME}.png", root / f"broken{NAME}.png"):
        broken.write_bytes(b"no picture")
    (root / "data" / f"a{NAME}" / f"note{NAME}.txt").write_bytes(b"")
    picture((200, 30, 30), (30, 30)).save(root / f"{NAME}.png")
    rows = "".join(f'"clean/red/{n}.png","{EVIL}{n % 2}"\n' for n in range(6))
    (root / "table.csv").write_text(f'file,label\n{rows}"{EVIL}","{EVIL}0"\n', encoding="utf-8")
    with zipfile.ZipFile(root / "packed.zip", "w") as packed:
        for number in range(12):
            name = f"{'ab'[number % 2]}{EVIL}/{number}{EVIL}.png"
            packed.write(root / f"clean/{'red' if number % 2 else 'blue'}/{number // 2}.png", name)
    hostile_models(root)
    hostile_texts(root)
    shutil.copytree(root / "runs", root / "evil")
    for path in (root / "evil/m").glob("*.json"):
        path.write_text(json.dumps(poisoned(json.loads(path.read_text("utf-8")))), "utf-8")


def hostile_models(root):
    """Model files whose every text is EVIL, one after the other, and files that are none."""
    with safe_open(root / "m.safetensors", "numpy") as file:
        document = json.loads(file.metadata()["convlens"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118

    def write(name, changes, more=()):
        content = save({**tensors, **dict(more)}, {"convlens": json.dumps(document | changes)})
        (root / f"{name}.safetensors").write_bytes(content)

    write(NAME, {"classes": CLASSES, "training": poisoned(document["training"])})
    write("architecture", {"architecture": document["architecture"] + EVIL})
    write("preprocessing", {"preprocessing": poisoned(document["preprocessing"])})
    write("format", {"format": EVIL})
    write("twice", {"classes": [EVIL, EVIL, EVIL]})
    write("tensor", {}, {EVIL: np.zeros(1, np.float32)})
    write("seen", {}, {f"seen.{EVIL}": np.zeros(1, np.float32)})
    (root / "none.safetensors").write_bytes((64).to_bytes(8, "little") + EVIL.encode())


def hostile_texts(root):
    """What ``import`` reads."""
    weights = {EVIL: np.zeros((8, 3, 3, 3), np.float32)}
    (root / "state.safetensors").write_bytes(save(weights, {EVIL: EVIL}))
    volume = {"layer_type": "input", "out_sx": 8, "out_sy": 8, "out_depth": 3}
    layers = {"layers": [volume, {"layer_type": EVIL}]}
    (root / "snapshot.json").write_text(json.dumps(layers), "utf-8")
    (root / "labels.json").write_text(json.dumps({EVIL: EVIL}), "utf-8")


def poisoned(value):
    """A JSON document with EVIL behind every text of its values."""
    if isinstance(value, dict):
        return {key: poisoned(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [poisoned(inner) for inner in value]
    return value + EVIL if isinstance(value, str) else value


MODEL = f"{NAME}.safetensors"
SHORT = ("--net", QUICK, "--epochs", 1, "--fresh")

COMMANDS = [
    (0, "train", "data", *SHORT, "--out", f"out{NAME}.safetensors"),
    (0, "train", "data", *SHORT, "--json"),
    (0, "train", "table.csv", *SHORT),
    (0, "train", "packed.zip", *SHORT),
    (0, "train", "data", *SHORT[:-1], "--folds", 2),
    (0, "train", "data", "--from", MODEL, "--epochs", 1, "--out", "tuned.safetensors", "--fresh"),
    (1, "train", f"none{NAME}"),
    (1, "train", "clean", "--net", QUICK + EVIL),
    (1, "train", "clean", "--group-by", f"({EVIL}"),
    (2, "train", "clean", "--recipe", f"{EVIL}=1"),
    (2, "train", "clean", f"--{EVIL}"),
    (1, "train", "--resume", f"none{NAME}"),
    (1, "train", "--resume", "m", "--runs", "evil"),
    (1, "train", "clean", *SHORT[:-1], "--out", "m.safetensors", "--runs", "evil"),
    (0, "runs", "evil"),
    (0, "runs", "evil", "--json"),
    (1, "runs", NAME),
    (1, "predict", MODEL, "data"),
    (1, "predict", MODEL, "data", "--csv"),
    (1, "predict", MODEL, "data", "--json"),
    (1, "predict", MODEL, f"broken{NAME}.png"),
    (1, "predict", "architecture.safetensors", f"{NAME}.png"),
    (1, "predict", "preprocessing.safetensors", f"{NAME}.png"),
    (1, "predict", "format.safetensors", f"{NAME}.png"),
    (1, "predict", "twice.safetensors", f"{NAME}.png"),
    (1, "predict", "tensor.safetensors", f"{NAME}.png"),
    (1, "predict", "seen.safetensors", f"{NAME}.png"),
    (1, "predict", "none.safetensors", f"{NAME}.png"),
    (1, "predict", f"none{NAME}.safetensors", f"{NAME}.png"),
    (1, "evaluate", MODEL, "clean"),
    (0, "evaluate", "data.safetensors", "data"),
    (0, "evaluate", "data.safetensors", "data", "--json"),
    (0, "scan", MODEL, f"{NAME}.png"),
    (0, "scan", MODEL, f"{NAME}.png", "--json"),
    (1, "scan", MODEL, f"{NAME}.png", "--class", EVIL),
    (1, "scan", MODEL, f"broken{NAME}.png"),
    (0, "look", MODEL, f"{NAME}.png"),
    (0, "look", MODEL, f"{NAME}.png", "--json"),
    (1, "look", MODEL, f"{NAME}.png", "--layers", EVIL),
    (0, "check", "data", "--html", f"{NAME}.html"),
    (0, "check", "data", "--json"),
    (0, "check", "packed.zip"),
    (1, "net", EVIL),
    (0, "net", QUICK, "--svg", f"{NAME}.svg"),
    (2, "net", QUICK, "--input", EVIL),
    (1, "zoo", EVIL),
    (0, "zoo", "--json"),
    (1, "import", "state.safetensors"),
    (1, "import", "snapshot.json"),
    (1, "import", "state.safetensors", "--net", "resnet18", "--classes", "labels.json"),
    (1, "import", NAME),
    (0, "export", MODEL, "--to", "convnetjs"),
    (1, "export", f"none{NAME}", "--to", "convnetjs"),
    (1, "studio", NAME, "--no-browser"),
    (1, "studio", "clean", "--net", EVIL, "--no-browser"),
    (1, "studio", "architecture.safetensors", "--no-browser"),
    (2, EVIL),
]
"""Exit status and arguments."""


@pytest.mark.parametrize(
    ("surroundings", "encoding"),
    [(on_a_pipe, "utf-8"), (on_a_pipe, "ascii"), (on_a_terminal, "utf-8")],
)
def test_nothing_that_is_printed_steers_a_terminal(den, monkeypatch, surroundings, encoding):
    monkeypatch.chdir(den)
    monkeypatch.setenv("CONVLENS_CACHE", str(den / "cache"))
    monkeypatch.setenv("TERM", "xterm")
    for exported in den.glob("*.convnetjs.json"):  # else the next round would write over it
        exported.unlink()
    shown = 0
    for status, *arguments in COMMANDS:
        told = surroundings(encoding, arguments)
        assert told.status == status, (arguments, told)
        assert told.steering == [], (arguments, told)
        assert "31;5m\x1b" not in told.out + told.err, arguments
        shown += r"\x1b" in told.out + told.err
        if "--json" in arguments:
            documents = [json.loads(line) for line in told.out.splitlines()]
            assert documents, arguments
    assert shown > 40  # it did come to be printed, and is seen


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "ascii"])
def test_documents_and_tables_keep_every_name(den, monkeypatch, encoding):
    monkeypatch.chdir(den)
    command = ["predict", MODEL, f"{NAME}.png", "clean/red/1.png"]
    document, _ = map(json.loads, on_a_pipe(encoding, [*command, "--json"]).out.splitlines())
    assert document["image"] == f"{NAME}.png"
    assert set(document["probabilities"]) == set(CLASSES)
    told = on_a_pipe(encoding, [*command, "--csv"])
    head, row, other = csv.reader(io.StringIO(told.out))
    assert told.out.count("\n") == 3
    assert head[3].startswith(f"a{SEEN}")
    assert row[0].startswith(SEEN)
    assert row[0].endswith(r"\xff.png")
    assert other[0] == "clean/red/1.png"
    for cells in (row, other):
        shares = [float(cell) for cell in cells[3:]]
        assert sum(shares) == pytest.approx(1, abs=1e-5)
        assert cells[1] == head[3:][int(np.argmax(shares))]


def test_a_path_in_a_table_stays_a_path(den, monkeypatch):
    monkeypatch.chdir(den)
    name = "Ka\u0308se 猫.png"  # not composed, as some systems spell it
    shutil.copy("clean/red/1.png", name)
    told = on_a_pipe("utf-8", ["predict", "m.safetensors", name, "--csv"])
    assert Path(next(csv.DictReader(io.StringIO(told.out)))["image"]).is_file()
