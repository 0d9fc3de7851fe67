"""Lists of pictures to leave out: how they are read, and which pictures their lines mean."""

import zipfile

import numpy as np
import pytest
from PIL import Image

from convlens.data import names_in, open_source, without
from convlens.data.leftout import LONGEST_LIST
from convlens.errors import DataError

FILES = [f"{label}/{number}.png" for label in ("ant", "bee") for number in range(4)]


@pytest.fixture
def insects(tmp_path):
    """Eight pictures of two classes."""
    return filled(tmp_path / "insects")


def filled(root, files=FILES):
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4), 9).save(root / file)
    return root


def left(source):
    return [item.name for item in source.items]


def test_a_list_is_read_as_it_is_written_anywhere(tmp_path):
    path = tmp_path / "list.txt"
    text = "\ufeff# a comment\r\nant/1.png\r\n\r\n  # another\r\n\tbee/ü 2.png \rlast"
    path.write_bytes(text.encode())
    assert names_in(path) == ("ant/1.png", "\tbee/ü 2.png ", "last")
    path.write_bytes(b"")
    assert names_in(path) == ()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "is a folder"),
        (b"ant/1.png\n\x00\x01", "is not a text"),
        (b"ant/1.png\n\xe9.png\n", "is not in UTF-8 (line 2: the byte 0xe9)"),
        ("ant/1.png\n".encode("utf-16"), "is not in UTF-8"),
    ],
)
def test_what_is_no_list_is_said_in_a_line(tmp_path, content, said):
    path = tmp_path / "list.txt"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    with pytest.raises(DataError) as raised:
        names_in(path)
    assert said in raised.value.message
    assert raised.value.hint


def test_a_list_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match=r"the list .*gone.txt cannot be read: no such file"):
        names_in(tmp_path / "gone.txt")


def test_a_list_longer_than_any_is_not_read(tmp_path):
    path = tmp_path / "list.txt"
    with path.open("wb") as file:
        file.truncate(LONGEST_LIST + 1)
    with pytest.raises(DataError, match="is larger than 64 MB"):
        names_in(path)


@pytest.mark.parametrize(
    "spelling",
    [
        "ant/1.png",
        "./ant/1.png",
        " ant/1.png\t",
        "insects/ant/1.png",
        "ant\\1.png",
        "{root}/ant/1.png",
        "{root}/bee/../ant/1.png",
    ],
)
def test_a_picture_is_meant_however_its_path_is_written(insects, spelling):
    source = open_source(insects)
    found = without(source, [spelling.format(root=insects)])
    assert left(found) == [name for name in FILES if name != "ant/1.png"]
    assert found.warnings == ("1 picture is left out by the list",)
    assert found.fingerprint != source.fingerprint
    assert left(source) == FILES  # untouched


def test_paths_through_links_and_from_here(insects, tmp_path, monkeypatch):
    (tmp_path / "link").symlink_to(insects)
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "deep")
    source = open_source(tmp_path / "link")
    lines = [str(tmp_path / "link/ant/1.png"), "../link/bee/0.png", "../insects/bee/1.png"]
    gone = {"ant/1.png", "bee/0.png", "bee/1.png"}
    assert left(without(source, lines)) == [name for name in FILES if name not in gone]


def test_folders_around_everything_are_looked_through_in_paths_too(tmp_path):
    inner = filled(tmp_path / "outer" / "inner")
    source = open_source(tmp_path / "outer")
    assert left(source) == FILES
    lines = ["inner/ant/0.png", "outer/inner/ant/1.png", str(inner / "bee/2.png"), "bee/3.png"]
    assert left(without(source, lines)) == ["ant/2.png", "ant/3.png", "bee/0.png", "bee/1.png"]


def test_archives_arrays_and_lists_of_paths(insects, tmp_path):
    with zipfile.ZipFile(tmp_path / "insects.zip", "w") as archive:
        for file in FILES:
            archive.write(insects / file, f"insects/{file}")
    source = open_source(tmp_path / "insects.zip")
    lines = ["ant/0.png", "insects/ant/1.png", "insects.zip/bee/3.png"]
    assert left(without(source, lines)) == ["ant/2.png", "ant/3.png", *FILES[4:7]]
    arrays = open_source((np.zeros((6, 4, 4), np.uint8), [0, 1] * 3))
    assert left(without(arrays, ["000002"])) == ["000000", "000001", *left(arrays)[3:]]
    paths = [str(insects / file) for file in FILES]
    listed = open_source((paths, [file[:3] for file in FILES]))
    assert left(without(listed, [paths[5]])) == [*left(listed)[:5], *left(listed)[6:]]


def test_names_that_look_like_something_else(tmp_path):
    odd = ["#1/a.png", "#1/ b .png", "two/two/c.png", "two/c.png", "two/e\u0301.png", "two/f.png"]
    source = open_source(filled(tmp_path / "two", odd))

    def gone(*lines):
        return set(left(source)) - set(left(without(source, lines)))

    assert gone("./#1/a.png") == {"#1/a.png"}
    assert gone("#1/ b .png") == {"#1/ b .png"}
    assert gone("two/c.png") == {"two/c.png"}
    assert gone("two/two/c.png") == {"two/two/c.png"}
    assert gone("two/e\u0301.png") == gone("two/\u00e9.png") == {"two/\u00e9.png"}


def test_a_link_to_a_picture_is_the_picture_that_it_is_listed_as(insects):
    (insects / "bee/of-ant.png").symlink_to(insects / "ant/0.png")
    source = open_source(insects)
    assert "ant/0.png" in left(without(source, [str(insects / "bee/of-ant.png")]))
    assert "bee/of-ant.png" in left(without(source, [str(insects / "ant/0.png")]))


def test_lines_that_mean_nothing_are_counted_and_named(insects):
    source = open_source(insects)
    lines = ["ant/0.png", "ant/9.png", "wasp/0.png", "/elsewhere/insects/ant/1.png", "a\0b", "x"]
    found = without(source, lines, "list.txt")
    assert left(found) == FILES[1:]
    assert found.warnings == (
        "1 picture is left out by list.txt",
        "5 lines of list.txt name no picture of insects: ant/9.png, wasp/0.png, "
        "/elsewhere/insects/ant/1.png, …",
    )
    assert without(source, ["ant/0.png", "x"]).warnings[1].startswith("1 line of the list names no")
    with pytest.raises(DataError) as raised:
        without(source, lines[1:], "list.txt")
    assert raised.value.message.startswith("list.txt names no picture of insects: ant/9.png, ")
    assert raised.value.hint.endswith("such as ant/0.png")
    assert left(without(source, [])) == FILES
    with pytest.raises(DataError, match=r"names no picture of insects: x{100}…\n"):
        without(source, ["x" * 10_000])


def test_a_class_is_not_left_without_pictures(insects):
    source = open_source(insects)
    with pytest.raises(DataError, match="leaves the class `bee` without a picture"):
        without(source, FILES[4:])
    with pytest.raises(DataError, match="leaves no picture of insects"):
        without(source, FILES)


def test_what_could_not_be_used_anyway_may_be_on_the_list(insects):
    (insects / "ant/gone.png").symlink_to(insects / "nowhere.png")
    source = open_source(insects)
    assert [one.file for one in source.skipped] == ["ant/gone.png"]
    found = without(source, ["ant/gone.png"])
    assert (found.skipped, left(found)) == ((), FILES)
