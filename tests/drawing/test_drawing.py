"""The drawing is well-formed, says every volume and every layer, and is no way in for markup."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings

from convlens.cli.net import net
from convlens.drawing import draw
from convlens.drawing.boxes import box_of
from convlens.drawing.parts import parts_of
from convlens.errors import OutputError
from convlens.notation import Architecture, Volume
from convlens.notation.zoo import ZOO, find
from tests.notation.strategies import architectures_on_inputs

SVG = "{http://www.w3.org/2000/svg}"


def drawn(plan, title=None):
    return ET.fromstring(draw(plan, title))


def words_of(root):
    return [element.text for element in root.iter(f"{SVG}text")]


def inside(root):
    """Every coordinate of a path or box lies within the view."""
    _, _, width, height = map(float, root.get("viewBox").split())
    for element in root.iter():
        if element.tag == f"{SVG}path":
            numbers = [float(n) for n in re.findall(r"-?[0-9.]+", element.get("d"))]
            assert all(0 <= x <= width for x in numbers[::2])
            assert all(0 <= y <= height for y in numbers[1::2])
        elif element.tag == f"{SVG}rect" and element.get("x"):
            x, y, w, h = (float(element.get(key)) for key in ("x", "y", "width", "height"))
            assert x >= 0
            assert y >= 0
            assert w > 0
            assert h > 0
            assert x + w <= width
            assert y + h <= height


@pytest.mark.parametrize("entry", ZOO, ids=lambda entry: entry.name)
def test_every_network_of_the_zoo(entry):
    root = drawn(entry.plan, entry.name)
    inside(root)
    assert root.get("role") == "img"
    title, desc = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert root.get("aria-labelledby").split() == [title.get("id"), desc.get("id")]
    assert title.text == entry.name
    assert f"{entry.plan.parameters:,} parameters" in desc.text
    last = entry.plan.rows[-1].output
    assert str(last) in desc.text
    _, _, width, height = map(float, root.get("viewBox").split())
    assert 1 < width / height < 5
    assert width < 2200


def test_volumes_and_filters_are_written_as_in_the_papers():
    words = words_of(drawn(find("alexnet-original").plan))
    for volume in ("227×227×3", "55×55×96", "27×27×96", "27×27×256", "13×13×384", "6×6×256"):
        assert volume in words
    assert words.count("4,096") == 2
    assert "96 @ 11×11/4" in words
    assert "256 @ 5×5, 2 groups" in words
    words = words_of(drawn(find("googlenet").plan))
    assert words[words.index("1×1, 64") :][:8] == [
        "1×1, 64", "1×1, 96", "3×3, 128", "1×1, 16", "3×3, 32", "max 3×3", "1×1, 32",
        "28×28×256",
    ]  # fmt: skip


def test_equal_blocks_are_drawn_once():
    words = words_of(drawn(find("densenet121").plan))
    assert [word for word in words if word.startswith("× ")] == ["× 6", "× 12", "× 24", "× 16"]
    words = words_of(drawn(find("resnet101").plan))
    assert "× 22" in words
    parts = parts_of(Architecture("[CONV 3 - RELU]*6 - CONV 4 - FC").plan((9, 9, 3), 2).rows)
    assert [part.times for part in parts] == [6, 1, 1]
    total = find("densenet121").plan
    assert sum(part.parameters for part in parts_of(total.rows)) == total.parameters


def test_boxes_keep_the_order_of_sizes():
    boxes = [box_of(Volume(side, side, 3), 224) for side in (7, 14, 28, 56, 112, 224)]
    assert sorted(box.width for box in boxes) == [box.width for box in boxes]
    deep = [box_of(Volume(7, 7, depth), 224).back for depth in (1, 3, 64, 512)]
    assert sorted(set(deep)) == deep
    assert box_of(Volume(1, 1, 10), 9).tall < box_of(Volume(1, 1, 1000), 9).tall


def test_what_the_user_wrote_is_text():
    title = '<script>alert("x")</script> & \x00 \ud800'
    text = draw(find("introduction").plan, title)
    assert "<script" not in text
    root = ET.fromstring(text)
    assert root.find(f"{SVG}title").text.startswith('<script>alert("x")</script> & ')


def test_colours_follow_the_page_and_stay_in_the_drawing():
    css = drawn(find("introduction").plan).find(f"{SVG}style").text
    assert "prefers-color-scheme:dark" in css
    assert "var(--convlens-paper," in css
    rules = re.sub(r"@media[^{]*\{", "", css)
    for selector in re.findall(r"([^{}]+)\{", rules):
        assert selector.strip().startswith(".convlens"), selector


@settings(max_examples=150)
@given(architectures_on_inputs())
def test_any_network_can_be_drawn(case):
    architecture, volume, classes = case
    inside(drawn(architecture.plan(volume, classes), "title"))


def test_the_command_writes_it(tmp_path):
    path = tmp_path / "a.svg"
    result = CliRunner().invoke(net, ["resnet8", "--svg", str(path)], catch_exceptions=False)
    assert result.stdout == f"drawing: {path}\n"
    root = ET.parse(path).getroot()
    assert root.find(f"{SVG}title").text == "resnet8"
    with pytest.raises(OutputError):
        CliRunner().invoke(net, ["resnet8", "--svg", str(tmp_path)], catch_exceptions=False)


def test_the_guide_shows_what_is_drawn():
    """Renew it: convlens net resnet18 --svg docs/images/resnet18.svg."""
    shown = Path(__file__).parents[2] / "docs" / "images" / "resnet18.svg"
    assert shown.read_text(encoding="utf-8") == draw(find("resnet18").plan, "resnet18")


def test_the_room_needs_neither_torch_nor_numpy():
    code = (
        "import sys, convlens.drawing; "
        "assert not {'torch', 'numpy', 'PIL', 'rich'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
