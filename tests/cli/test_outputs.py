"""Every command that writes, at every odd place: written to as it should be, or refused at once."""

import contextlib
import io
import json
import os
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from PIL import Image

import convlens as cl
from convlens.cli.main import run
from tests.cli.conftest import folder_of_shades
from tests.files import odd

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kinds of files as Linux has them")

NET = "INPUT 8x8x1 - CONV 2@3x3 - RELU - FC"


def is_model(content):
    return len(safetensors.numpy.load(content)) >= 4


def is_json(content):
    return "layers" in json.loads(content)


def is_drawing(content):
    return content.startswith(b"<svg") and content.rstrip().endswith(b"</svg>")


def is_page(content):
    return content.lower().startswith(b"<!doctype html>") and b"</html>" in content[-20:]


def is_png(content):
    with Image.open(io.BytesIO(content)) as image:
        return image.format == "PNG"


@dataclass(frozen=True)
class Command:
    """``words`` with the place in place of OUT and made inputs for IN/…"""

    words: tuple
    ending: str
    valid: object

    @property
    def name(self):
        return self.words[0]

    def given(self, place, inputs):
        words = [place if word == "OUT" else word for word in self.words]
        return [word.replace("IN/", f"{inputs}/") for word in words]


def command(text, ending, valid):
    return Command(tuple(text.split()), ending, valid)


QUICK = [
    command("net lenet5 --svg OUT", ".svg", is_drawing),
    command("export IN/tiny.safetensors --to convnetjs --out OUT", ".json", is_json),
    command("import IN/tiny.json --out OUT", ".safetensors", is_model),
    command("scan IN/tiny.safetensors IN/big.png --out OUT", ".png", is_png),
]

SLOW = [
    command("look IN/tiny.safetensors IN/big.png --quiet --out OUT", ".html", is_page),
    command("check IN/shades --no-labels --quiet --html OUT", ".html", is_page),
    command("train digits --net IN/net.txt --epochs 1 --quiet --out OUT", ".safetensors", is_model),
]  # fmt: skip

ALL = [*QUICK, *SLOW]


def by_name(one):
    return one.name if isinstance(one, Command) else one.__name__.replace("_", " ")


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """A tiny model, the same as ConvNetJS has it, a picture, a folder of some."""
    folder = tmp_path_factory.mktemp("inputs")
    (folder / "net.txt").write_text(NET)
    cl.train("digits", NET, epochs=0.1, out=folder / "tiny.safetensors")
    model, snapshot = str(folder / "tiny.safetensors"), str(folder / "tiny.json")
    assert run(["export", model, "--to", "convnetjs", "--out", snapshot]) == 0
    pixels = np.random.default_rng(0).integers(0, 256, (12, 14), np.uint8)
    Image.fromarray(pixels).save(folder / "big.png")
    folder_of_shades(folder / "shades", 4)
    return folder


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The current folder, and the only one that may change."""
    monkeypatch.setenv("CONVLENS_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


FEW = (odd.a_chain_of_links, odd.a_pipe_with_a_reader, odd.the_null_device, odd.the_longest_name)
"""Where slow commands write to: they write as the quick ones do."""


@pytest.mark.parametrize(
    ("command", "kind"),
    [(one, kind) for one in QUICK for kind in odd.TAKEN] + [(one, k) for one in SLOW for k in FEW],
    ids=by_name,
)
def test_written_to(command, kind, here, inputs, capsys):
    with kind(here, command.ending) as place:
        assert run(command.given(place.given, inputs)) == 0, capsys.readouterr().err
        content = place.taken()
    assert content is None or command.valid(content)
    assert not list(here.rglob(".convlens*"))
    assert place.given in capsys.readouterr().out.replace("\n", "")


@pytest.mark.parametrize("kind", odd.REFUSED, ids=by_name)
@pytest.mark.parametrize("command", ALL, ids=by_name)
def test_refused_before_the_work(command, kind, here, capsys):
    """Before, since every input that it would begin with is missing."""
    place, said = kind(here, command.ending)
    before = odd.everything_in(here)
    words = command.given(place, "missing")
    assert run(["missing" if word == "digits" else word for word in words]) == 1
    captured = capsys.readouterr()
    told = [line for line in captured.err.splitlines() if "Taken for granted" not in line]
    assert captured.out == ""
    assert told[0].startswith("error: ")
    assert said in told[0]
    assert [line[:2] for line in told[1:]] == ["  "]
    assert odd.everything_in(here) == before


def test_the_run_folder_of_what_is_no_file_is_here(here, inputs):
    """Beside /dev/null nothing is to be made."""
    (here / "devices").mkdir()
    with odd.the_null_device(here / "devices", "") as place:
        assert run(SLOW[-1].given(f"devices/{place.given}", inputs)) == 0
        place.taken()
    assert [path.name for path in (here / "devices").iterdir()] == ["null"]
    assert (here / "runs" / "null" / "result.json").exists()


def test_a_run_that_went_to_a_pipe_is_not_gone_on_with_unasked(here, inputs, monkeypatch, capsys):
    from convlens.training.loop import Run

    words = SLOW[-1].given("OUT", inputs)[:-2]
    step = Run._step

    def stopping(self):
        self.stop = lambda: True
        return step(self)

    with monkeypatch.context() as patch, odd.a_pipe_with_a_reader(here, "") as place:
        patch.setattr(Run, "_step", stopping)
        assert run([*words, "--out", place.given]) == 130
        assert is_model(place.taken())
    assert sorted(path.name for path in here.iterdir()) == ["pipe", "runs"]
    assert run(words) == 0
    assert is_model((here / "digits.safetensors").read_bytes())


def test_a_stopped_run_leaves_a_finished_model_under_the_longest_name(here, inputs, monkeypatch):
    from convlens.training.loop import Run

    words = SLOW[-1].given(odd.filled(".safetensors", odd.LONGEST), inputs)
    assert run(words) == 0
    finished = Path(words[-1]).read_bytes()
    step = Run._step

    def stopping(self):
        self.stop = lambda: True
        return step(self)

    monkeypatch.setattr(Run, "_step", stopping)
    assert run(words) == 130
    assert Path(words[-1]).read_bytes() == finished
    (beside,) = here.glob("*-unfinished.safetensors")
    assert is_model(beside.read_bytes())
    assert len(beside.name) == odd.LONGEST


@pytest.mark.parametrize("name", ["n" * 240, "n" * 254])
def test_names_that_follow_from_long_ones_fit(name, here, inputs, capsys):
    model = here / name
    model.write_bytes((inputs / "tiny.safetensors").read_bytes())
    picture = here / "p"
    picture.write_bytes((inputs / "big.png").read_bytes())
    (here / "pictures").mkdir()
    other = here / "pictures" / name
    other.write_bytes(picture.read_bytes())
    (here / "snapshots").mkdir()
    snapshot = here / "snapshots" / name
    snapshot.write_bytes((inputs / "tiny.json").read_bytes())
    for words in (
        ["export", model, "--to", "convnetjs"],
        ["look", model, picture, "--quiet"],
        ["scan", model, other],
        ["scan", model, other],
        ["import", snapshot],
        ["import", snapshot],
    ):
        assert run([str(word) for word in words]) == 0, capsys.readouterr().err
    endings = sorted(path.name[-9:] for path in here.iterdir() if path.is_file())
    made = [path for path in here.iterdir() if path.is_file() and path not in (model, picture)]
    assert len(made) == 6, endings
    assert all(len(path.name) == odd.LONGEST for path in made if len(name) == 254)


def test_a_link_that_leads_nowhere_is_no_free_name(here, inputs):
    (here / "digits.safetensors").symlink_to("elsewhere")
    assert run(SLOW[-1].given("OUT", inputs)[:-2]) == 0
    assert (here / "digits-2.safetensors").is_file()
    assert not (here / "elsewhere").exists()


def subprocess_of(words, **how):
    return subprocess.run(
        [sys.executable, "-m", "convlens", *words], stderr=subprocess.PIPE, check=False, **how
    )


def test_the_standard_output_holds_the_result_alone(here, inputs):
    """Into a pipe and to the end of a file; what is said goes to stderr."""
    command = QUICK[1]
    words = command.given("/dev/stdout", inputs)
    done = subprocess_of(words, stdout=subprocess.PIPE)
    assert (done.returncode, command.valid(done.stdout)) == (0, True)
    assert b"convnetjs: /dev/stdout" in done.stderr
    (here / "link").symlink_to("/dev/stdout")
    with (here / "file").open("ab") as file:
        file.write(b"before")
        file.flush()
        assert subprocess_of(command.given("link", inputs), stdout=file).returncode == 0
    assert (here / "file").read_bytes() == b"before" + done.stdout
    assert sorted(os.listdir(here)) == ["file", "link"]  # noqa: PTH208


def test_a_document_that_would_mix_with_it_goes_to_stderr(here, inputs, capfdbinary):
    assert run([*QUICK[3].given("/dev/stdout", inputs), "--json"]) == 0
    told = capfdbinary.readouterr()
    assert is_png(told.out)
    assert json.loads(told.err)["out"] == "/dev/stdout"
    assert run(["scan", f"{inputs}/tiny.safetensors", f"{inputs}/big.png", "--json"]) == 0
    assert json.loads(capfdbinary.readouterr().out)["out"] is None


def test_a_shells_own_pipes(here, inputs):
    if shutil.which("bash") is None:
        pytest.skip("there is no bash")
    words = " ".join([sys.executable, "-m", "convlens", *QUICK[0].given("OUT", inputs)[:-1]])
    done = subprocess.run(
        ["bash", "-c", f"{words} >(cat > copied; mv copied copy); wait $!; ls"],
        capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert is_drawing((here / "copy").read_bytes()), done.stderr


def test_from_python(here, inputs, monkeypatch):
    """``save`` and ``train(out=)`` as the commands do it."""
    classifier = cl.load(inputs / "tiny.safetensors")
    for kind in odd.TAKEN:
        with contextlib.suppress(pytest.skip.Exception):
            folder = here / kind.__name__
            folder.mkdir()
            monkeypatch.chdir(folder)
            with kind(folder, ".safetensors") as place:
                classifier.save(place.given)
                content = place.taken()
            assert content in (None, (inputs / "tiny.safetensors").read_bytes())
    for kind in odd.REFUSED:
        with contextlib.suppress(pytest.skip.Exception):
            folder = here / kind.__name__
            folder.mkdir()
            monkeypatch.chdir(folder)
            place, said = kind(folder, ".safetensors")
            before = odd.everything_in(folder)
            with pytest.raises(cl.OutputError) as caught:
                classifier.save(place)
            assert said in caught.value.message
            with pytest.raises(cl.OutputError) as caught:
                cl.train("missing", out=place)
            assert said in caught.value.message
            assert odd.everything_in(folder) == before


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (odd.through_a_file, "not a directory"),
        (odd.too_long_a_name, "file name too long"),
        (odd.hardly_too_long_a_path, "file name too long"),
        (odd.a_loop, "cannot write one"),
        (odd.a_pipe_without_a_reader, "cannot write pipe"),
    ],
    ids=lambda value: by_name(value) if callable(value) else "",
)
@pytest.mark.parametrize(
    "words",
    [["train", "missing", "--runs"], ["look", "missing", "--png"]],
    ids=["train --runs", "look --png"],
)
def test_folders_too_are_seen_to_before_the_work(words, kind, said, here, capsys):
    place, _ = kind(here, "")
    before = odd.everything_in(here)
    status = run([*words, place])
    err = capsys.readouterr().err
    assert status == 1 or (status == 2 and "is a file" in err)
    assert said in err or "is a file" in err
    assert "Traceback" not in err
    assert odd.everything_in(here) == before


def test_a_device_stays_what_it_is(here):
    """The first thing that went wrong: a device became a file of 50 kB."""
    with odd.the_null_device(here, "") as place:
        for _ in range(2):
            assert run(["net", "lenet5", "--svg", place.given]) == 0
        assert stat.S_ISCHR((here / place.given).lstat().st_mode)
