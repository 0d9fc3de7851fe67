from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from click.testing import CliRunner, Result

from convlens.cli.main import run
from convlens.cli.net import net
from convlens.cli.net_table import bytes_text, count_text
from convlens.errors import ConvLensError, NotationError, SettingsError
from convlens.notation import Architecture

BRANCHED = (
    "INPUT 9x8x2 - CAT[CONV 4@3x5/2 groups 2 nobias - BN | POOL 3x3/2 avg same | CONV 4@1x1/2] - "
    "RES[CONV 18 dilate 2 | CAT[ | RES[CONV 8]]] - CONV 6@2x2/2 pad 1 floor - GLOBALPOOL max - FC"
)


def shown(*arguments: str, columns: int = 80) -> Result:
    return CliRunner().invoke(net, arguments, env={"COLUMNS": str(columns)}, catch_exceptions=False)


@pytest.mark.parametrize(
    ("name", "said", "columns"),
    [
        ("lenet5", "lenet5", 80),
        ("resnet8", "resnet8", 80),
        ("branched", BRANCHED, 80),
        ("wide", "convnetjs-cifar10", 120),
    ],
)
def test_tables_as_printed(golden, name: str, said: str, columns: int):
    lines = shown(said, columns=columns).stdout.split("\n")
    golden(f"net_{name}.txt", "\n".join(lines))
    table = lines[lines.index("") :]
    assert max(map(len, table)) <= columns


def test_what_is_taken_for_granted_is_said_apart_from_the_result():
    result = shown("INPUT - CONV - FC")
    assert "32x32x3" in result.stderr
    assert "10 classes" in result.stderr
    assert "granted" not in result.stdout
    assert shown("INPUT 8x8x1 - FC 3").stderr == ""
    assert shown("FC", "--input", "8x8x1", "--classes", "3").stderr == ""
    assert "24x24x1" in shown("convnetjs-mnist").stderr
    assert "7 classes" not in shown("RES[FC 7]", "--input", "1x1x7").stderr
    assert "10 classes" in shown("RES[CONV 10 - FC]", "--input", "1x1x10").stderr


def test_the_document():
    result = shown(BRANCHED, "--json", "--classes", "7")
    document = json.loads(result.stdout)
    plan = Architecture(BRANCHED).plan(classes=7)
    assert document["input"] == [9, 8, 2]
    assert document["classes"] == 7
    assert Architecture(document["architecture"]) == plan.architecture
    assert [layer["layer"] for layer in document["layers"]] == [row.name for _, row in plan.walk()]
    assert [layer["nesting"] for layer in document["layers"]] == [level for level, _ in plan.walk()]
    for key in ("parameters", "multiply_adds"):
        assert document[key] == getattr(plan, key) == sum(row[key] for row in document["layers"])
    assert document["memory"] == plan.memory
    assert document["memory"] == 4 * 9 * 8 * 2 + sum(row["memory"] for row in document["layers"])
    conv = document["layers"][1]
    assert conv["notation"] == "CONV 4@3x5/2 groups 2 nobias"
    assert (conv["within"], conv["branch"], conv["kind"]) == ("cat1", 0, "conv")
    assert conv["output"] == [5, 4, 4]
    assert conv["formula"] == "3·5·1·4"
    assert conv["receptive_field"] == [3, 5]
    assert conv["padding"] == {"left": 1, "right": 1, "top": 1, "bottom": 2}
    assert document["layers"][-1]["notation"] == "FC 7"


def test_one_document_and_nothing_else_on_standard_output():
    result = shown("INPUT - FC", "--json")
    assert result.stdout.count("\n") == 1
    json.loads(result.stdout)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["INPUT - CNOV"], NotationError),
        (["INPUT 8x8x3 - FC", "--input", "9x9x3"], NotationError),
        (["FC 3", "--classes", "4"], NotationError),
        (["lenet"], SettingsError),
    ],
)
def test_what_is_wrong_is_raised(arguments: list[str], error: type[ConvLensError]):
    with pytest.raises(error):
        shown(*arguments)


@pytest.mark.parametrize(
    "arguments",
    [[], ["FC", "--input", "3x3"], ["FC", "--classes", "0"], ["FC", "--input", "0x1x1"]],
)
def test_wrong_usage(arguments: list[str]):
    assert shown(*arguments).exit_code == 2


def test_nothing_heavy_is_imported():
    code = (
        "import sys, convlens.cli.net, convlens.cli.zoo; "
        "print({'torch', 'numpy', 'rich', 'PIL', 'sklearn'} & set(sys.modules))"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert printed == "set()\n"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1_000, "1.00K"),
        (9_994, "9.99K"),
        (9_996, "10.0K"),
        (99_960, "100K"),
        (999_499, "999K"),
        (999_500, "1.00M"),
        (15_470_264_320, "15.5G"),
    ],
)
def test_short_counts(number: int, text: str):
    assert count_text(number) == text


def test_short_bytes():
    assert [bytes_text(number) for number in (40, 12_288, 10**16)] == ["40 B", "12.3 kB", "10.0 PB"]


@pytest.mark.parametrize(
    "text",
    [
        "MAXPOOL 3/2 - FC",
        "MaxPool2d(3, stride=2, padding=1) - FC",
        "CONV 16 stride=2 padding=1 - FC",
        "POOL 3x2 - FC",
        "[CONV",
        "CNOV - FC",
    ],
)
def test_what_is_offered_works_with_the_input_at_hand(text, capsys):
    assert run(["net", text]) == 1
    error = capsys.readouterr().err
    offered = re.search(r"^  try +(.*)$", error, re.MULTILINE)
    assert offered is None or run(["net", offered[1]]) == 0, error
    if text != "[CONV":
        assert offered is not None, error
