"""The house as it was drawn: imports go down only, public names stay, ``--help`` starts fast."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import convlens

SOURCE = Path(convlens.__file__).parent

LEVELS = {
    "errors": 0,
    "paths": 0,
    "documents": 1,
    "files": 1,
    "terminal": 1,
    "notation": 1,
    "data": 2,
    "network": 2,
    "drawing": 2,
    "pages": 2,
    "calibration": 2,
    "renaming": 3,
    "modelfields": 2,
    "views": 3,
    "modelfile": 3,
    "runs": 3,
    "classifier": 4,
    "defaults": 4,
    "heads": 4,
    "training": 5,
    "evaluation": 5,
    "lens": 6,
    "export": 5,
    "convnetjs": 5,
    "importing": 5,
    "pipeline": 6,
    "audit": 6,
    "api": 7,
    "report": 7,
    "serve": 7,
    "estimator": 7,
    "studio": 8,
    "cli": 9,
    "__main__": 10,
}
"""Rooms by level; a room imports rooms of lower levels only."""

DOWN_ON_ITS_LEVEL = {("network", "data")}
"""The predictor takes the preprocessing as data defines it."""


def imports_of(path):
    """Every ``convlens.*`` module that a file imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def room_of(module):
    parts = module.split(".")
    return parts[1] if parts[0] == "convlens" and len(parts) > 1 else None


def source_files():
    return sorted(SOURCE.rglob("*.py"))


@pytest.mark.parametrize("path", source_files(), ids=lambda p: str(p.relative_to(SOURCE)))
def test_imports_go_down_only(path):
    room = path.relative_to(SOURCE).parts[0].removesuffix(".py")
    if room == "__init__":
        return  # names its public homes lazily
    assert room in LEVELS, f"{room} has no level yet"
    for module in imports_of(path):
        other = room_of(module)
        if other in (None, room) or other.startswith("__") or other not in LEVELS:
            continue
        down = LEVELS[other] < LEVELS[room] or (room, other) in DOWN_ON_ITS_LEVEL
        assert down, f"{room} (level {LEVELS[room]}) imports {other} (level {LEVELS[other]})"


@pytest.mark.parametrize("room", ["notation", "data"])
def test_no_torch_in_notation_and_data(room):
    for path in (SOURCE / room).rglob("*.py"):
        heavy = {"torch"} | ({"numpy"} if room == "notation" else set())
        assert not heavy & {module.split(".")[0] for module in imports_of(path)}, path


def test_public_names():
    assert convlens.__all__ == [
        "Architecture",
        "Classifier",
        "ConvLensError",
        "ConvLensWarning",
        "DataError",
        "ModelFileError",
        "NotationError",
        "OutputError",
        "Prediction",
        "RunError",
        "SettingsError",
        "load",
        "train",
    ]
    for name in convlens.__all__:
        assert getattr(convlens, name).__doc__, name
    with pytest.raises(AttributeError, match="trian"):
        _ = convlens.trian


HELP = """
import json, sys, time
from convlens.cli.main import run
assert run(ARGUMENTS) == 0
heavy = ("torch", "numpy", "sklearn", "PIL", "rich", "fastapi", "uvicorn")
heavy = [m for m in heavy if m in sys.modules]
print(json.dumps([heavy, time.process_time()]), file=sys.stderr)
"""


@pytest.mark.parametrize(
    "command",
    [["--help"], ["--version"], ["train", "--help"], ["net", "--help"], ["studio", "--help"]],
)
def test_help_loads_nothing_heavy_and_answers_at_once(command):
    code = HELP.replace("ARGUMENTS", repr(command))
    answers = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    heavy, seconds = zip(*(json.loads(answer.stderr) for answer in answers), strict=True)
    assert heavy == ([], [])
    assert min(seconds) < 0.5
    assert "Usage" in answers[0].stdout or "version" in answers[0].stdout


def test_net_needs_no_torch():
    code = (
        "import sys; from convlens.cli.main import run;"
        "assert run(['net', 'INPUT - CONV - RELU - POOL - FC']) == 0;"
        "assert 'torch' not in sys.modules and 'numpy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)


SERVER = """
import sys
from convlens.studio import app, studio, subject
import uvicorn
subject.subject_of("digits")
assert "torch" not in sys.modules, "the studio's server loads torch"
"""


def test_the_server_of_the_studio_needs_no_torch():
    subprocess.run([sys.executable, "-c", SERVER], capture_output=True, check=True)
    for path in (SOURCE / "studio").rglob("*.py"):
        if "process" not in path.relative_to(SOURCE / "studio").parts:
            assert "torch" not in {name.split(".")[0] for name in imports_of(path)}, path


def test_files_stay_readable():
    long = [p for p in source_files() if len(p.read_text().splitlines()) > 400]
    assert long == []


def test_no_function_of_the_lens_hides_a_module():
    """Else ``import convlens.lens.x as x`` would give the function."""
    from convlens import lens

    modules = {path.stem for path in (SOURCE / "lens").glob("*.py")}
    assert not modules & set(lens.__all__)
    for name in set(lens.__all__) - {"Method"}:
        assert getattr(lens, name).__doc__, name
