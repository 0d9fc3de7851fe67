"""The documents run: every snippet of README.md and docs/*.md, from top to bottom of its file.

A fence's word says what its block is, and so what becomes of it:

python    executed
pycon     executed, what it gives compared
console   commands after `$` executed, what they print compared where it is shown
net       read as notation
sh        not executed: what installs or takes long; commands of ours are still parsed
text      nothing

`…` stands for anything within a line, and alone on a line for any lines.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from click import NoSuchOption
from PIL import Image

from convlens import Architecture, NotationError
from convlens.cli.main import cli, run
from convlens.notation.words import LAYER_WORDS, VOCABULARY
from tests.test_house import LEVELS

ROOT = Path(__file__).parent.parent
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]

NOT_OURS = {
    'pip install -e ".[dev]" && pytest',
    "python docs/images/make.py",
    'python docs/images/studio.py "$CONVLENS_DATA/cifar10"',
    "python -m venv .venv && . .venv/bin/activate",
    "pytest",
    "pytest -n 2 --dist loadfile",
    "pytest -m 'not slow'",
    "pytest --update-golden",
    "git diff tests/golden",
    "ruff check . && ruff format --check . && mypy",
    "bash .ci/run",
    "CONVLENS_MUTANTS=40000 pytest -s -m fuzz tests/test_mutants.py",
    "CONVLENS_MUTANTS=60000 pytest -s -m fuzz tests/convnetjs/test_mutants.py",
}
"""Lines of `sh` blocks that a test cannot carry out."""

INSTALL = "pip install . && "
"""Taken off the front of a line before our command in it is parsed."""

ANYTHING = "…"


@dataclass(frozen=True)
class Block:
    """A fenced block: its word, its text, the number of its first line."""

    word: str
    text: str
    line: int


def blocks_of(markdown: str) -> list[Block]:
    """The fenced blocks, in order; one without a word is refused."""
    found = []
    for match in re.finditer(r"^```(\w*)\n(.*?)^```$", markdown, re.MULTILINE | re.DOTALL):
        line = markdown.count("\n", 0, match.start(2)) + 1
        found.append(Block(match[1], match[2], line))
    return found


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


FRUIT = {"apple": (190, 40, 40), "lemon": (220, 210, 60), "lime": (90, 180, 60)}


def make_photos(folder: Path) -> None:
    """`photos/<class>/<n>.png`, told apart by their colour, and `fruit.jpg`, an apple's."""
    for name, colour in FRUIT.items():
        (folder / "photos" / name).mkdir(parents=True)
        for number in range(12):
            size = (40 + number % 5, 30 + number % 3)
            photo(colour, size, number).save(folder / "photos" / name / f"{number:02}.png")
    photo(FRUIT["apple"], (64, 48), 99).save(folder / "fruit.jpg")


def photo(colour: tuple[int, int, int], size: tuple[int, int], seed: int) -> Image.Image:
    noise = np.random.default_rng(seed).integers(-30, 30, (size[1], size[0], 3))
    return Image.fromarray(np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8))


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A folder to run a document in, and one thread: small nets gain nothing by more."""
    make_photos(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CONVLENS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("CONVLENS_MAX_MEMORY", "")  # a document that sets it does so for itself
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield tmp_path
    torch.set_num_threads(threads)


@pytest.mark.filterwarnings("ignore::convlens.ConvLensWarning")  # of networks as small as these
@pytest.mark.parametrize("path", DOCUMENTS, ids=ids)
def test_snippets_run(path, desk):
    names: dict[str, object] = {"__name__": "__main__"}
    for block in blocks_of(path.read_text(encoding="utf-8")):
        where = f"{path.name}:{block.line}"
        match block.word:
            case "python":
                exec(compile(block.text, where, "exec"), names)
            case "pycon":
                run_session(block, names, where)
            case "console":
                run_console(block, where)
            case "net":
                Architecture(block.text)
            case "sh":
                parse_only(block, where)
            case other:
                assert other == "text", f"{where}: a block is called '{other}'"


def run_session(block: Block, names: dict[str, object], where: str) -> None:
    """Run a `>>>` session in ``names``, which keeps what it defines."""
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL
    text = block.text.replace(ANYTHING, "...")
    test = doctest.DocTestParser().get_doctest(text, names, where, where, block.line)
    report = io.StringIO()
    doctest.DocTestRunner(optionflags=options).run(test, out=report.write, clear_globs=False)
    assert not report.getvalue(), report.getvalue()
    names.update(test.globs)


def run_console(block: Block, where: str) -> None:
    for command, shown in commands_of(block):
        program, *arguments = shlex.split(command)
        assert program == "convlens", f"{where}: {command}"
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            status = run(arguments)
        fails = re.search(r"^(error|Usage):", shown, re.MULTILINE) is not None
        assert bool(status) == fails, f"{where}: {command} ends with {status}\n{printed.getvalue()}"
        if shown:
            assert matches(printed.getvalue(), shown), (
                f"{where}: {command} prints\n{printed.getvalue()}\nand not\n{shown}"
            )


def commands_of(block: Block) -> list[tuple[str, str]]:
    """Every command after `$`, with the output that is shown for it."""
    parts = re.split(r"^\$ ", block.text, flags=re.MULTILINE)
    assert not parts[0].strip(), f"line {block.line}: output without a command"
    pairs = [part.partition("\n") for part in parts[1:]]
    return [(command, shown.strip("\n")) for command, _, shown in pairs]


def matches(printed: str, shown: str) -> bool:
    """Whether ``shown`` is what was ``printed``, blanks at the ends of lines aside."""
    lines = []
    for line in shown.splitlines():
        if line.strip() == ANYTHING:
            lines.append(r"(?:[^\n]*\n)*?")
        else:
            lines.append("[^\n]*?".join(map(re.escape, line.rstrip().split(ANYTHING))) + r"\n")
    bare = "".join(f"{line.rstrip()}\n" for line in printed.strip("\n").splitlines())
    return re.fullmatch("".join(lines), bare) is not None


def parse_only(block: Block, where: str) -> None:
    """Hold the lines of an `sh` block to the list, or to the options that a command has."""
    for line in filter(None, block.text.splitlines()):
        if line in NOT_OURS:
            continue
        program, *rest = shlex.split(line.removeprefix(INSTALL), comments=True)
        assert program == "convlens", f"{where}: {line}"
        name, *arguments = rest
        with cli.make_context("convlens", [name, *arguments], resilient_parsing=True) as context:
            command = cli.get_command(context, name)
            assert command is not None, f"{where}: {line}"
            command.make_context(name, arguments)


@pytest.mark.parametrize("path", [*DOCUMENTS, ROOT / "CHANGELOG.md"], ids=ids)
def test_links_lead_somewhere(path):
    for link in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        assert (path.parent / link).exists(), f"{path.name}: {link}"


def test_the_house_is_drawn_as_it_stands():
    drawing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    drawn = dict(re.findall(r"^(\d+) +(.*)$", drawing, re.MULTILINE))
    source = ROOT / "src" / "convlens"
    rooms = {p.stem for p in source.iterdir() if p.suffix in ("", ".py")} - {"__init__"}
    for room in rooms & LEVELS.keys():
        assert re.search(rf"(^|; ){room}\b", drawn[str(LEVELS[room])]), room


def test_every_word_and_option_of_the_notation_is_described():
    text = (ROOT / "docs" / "notation.md").read_text(encoding="utf-8")
    for word in LAYER_WORDS:
        assert re.search(rf"`{word}\b", text) or f"## {word}" in text, word
    for option in {option for word in VOCABULARY.values() for option in word.options}:
        assert re.search(rf"(?i)\b{option}\b", text), option


def test_a_broken_snippet_is_noticed(desk):
    good = Block("console", "$ convlens net introduction\n…\nconv1  16@3x3/1 pad 1  …\n…\n", 1)
    run_console(good, "here")
    for text in (
        "$ convlens net introduction\n…\nconv1  17@3x3/1 pad 1  …\n…\n",
        "$ convlens net nothing-of-the-kind\n",
        "$ convlens net introduction\nerror: …\n",
    ):
        with pytest.raises(AssertionError):
            run_console(Block("console", text, 1), "here")
    with pytest.raises(AssertionError):
        run_session(Block("pycon", ">>> 1 + 1\n3\n", 1), {}, "here")
    with pytest.raises(AssertionError):
        parse_only(Block("sh", "rm -r photos\n", 1), "here")
    with pytest.raises(NoSuchOption):
        parse_only(Block("sh", "convlens train photos --speed 9\n", 1), "here")
    with pytest.raises(NotationError):
        Architecture("INPUT - CNOV - FC")
