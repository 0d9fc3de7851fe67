"""Disks that are full or may not be written to, under each folder that a command uses."""

import pytest
from PIL import Image

from convlens.cli.main import run
from tests.files.odd import disk, everything_in, mounted

NET = "INPUT 8x8x1 - CONV 2 - RELU - POOL - FC"
TRAIN = ["train", "digits", "--net", NET, "--epochs", "1", "--quiet"]

COMMANDS = {
    "train": [*TRAIN, "--out", "{out}/new.safetensors", "--runs", "{runs}"],
    "check": ["check", "{photos}", "--html", "{out}/new.html"],
    "look": ["look", "{model}", "{picture}", "--out", "{out}/new.html"],
    "scan": ["scan", "{model}", "{picture}", "--out", "{out}/new.png"],
    "export": ["export", "{model}", "--out", "{out}/new.json", "--to", "convnetjs"],
    "relabel": ["relabel", "{model}", "0=none", "--out", "{out}/new.safetensors"],
    "net": ["net", NET, "--svg", "{out}/new.svg"],
}
PLACES = ("out", "runs", "cache", "tmp", "working")


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Twelve grey pictures in two classes."""
    folder = tmp_path_factory.mktemp("photos")
    for number in range(12):
        path = folder / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.effect_noise((16, 16), 20 + 9 * number).save(path)
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    assert run([*TRAIN, "--out", str(path)]) == 0
    return path


def fill(folder):
    """Leave not one byte free."""
    with (folder / "theirs").open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while file.write(b"x" * size):
                    pass
            except OSError:
                continue


def make_full(folder):
    fill(folder)


def make_read_only(folder):
    (folder / "theirs").write_text("mine")
    mounted("mount", "-o", "remount,ro", str(folder))


@pytest.fixture(params=[make_full, make_read_only])
def bad_disk(request, tmp_path):
    with disk(tmp_path / "disk") as folder:
        request.param(folder)
        yield folder


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_disk_that_takes_nothing(
    command, place, bad_disk, photos, model, tmp_path, monkeypatch, capsys
):
    folders = {name: tmp_path / name for name in PLACES}
    for folder in folders.values():
        folder.mkdir()
    folders[place] = bad_disk
    before = everything_in(bad_disk)
    monkeypatch.setenv("CONVLENS_CACHE", str(folders["cache"]))
    monkeypatch.setenv("TMPDIR", str(folders["tmp"]))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.chdir(folders["working"])
    given = folders | {"photos": photos, "model": model, "picture": photos / "a" / "0.png"}
    status = run([part.format(**given) for part in COMMANDS[command]])
    told = capsys.readouterr().err
    refused = place == "out" or (place == "runs" and command == "train")
    assert status == refused, told
    assert everything_in(bad_disk) == before
    assert "Traceback" not in told
    written = [path for path in folders["out"].rglob("*") if path.name.startswith("new")]
    if refused:
        error = told[told.index("error:") :]
        assert str(bad_disk) in error, "it says where"
        assert error.count("\n") <= 4, "a line, and a hint"
        assert not written
    else:
        assert "error" not in told
        assert len(written) == 1
