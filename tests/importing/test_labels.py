import json

import pytest

from convlens.errors import SettingsError
from convlens.importing import class_names, read_labels


@pytest.mark.parametrize(
    "content",
    [
        "cat\ndog\n\n",
        "\ufeffcat\r\n dog ",
        '["cat", "dog"]',
        '{"0": "cat", "1": "dog"}',
        '{"1": ["n02", "dog"], "0": ["n01", "cat"]}',
    ],
)
def test_names_from_text_and_json(tmp_path, content):
    path = tmp_path / "names"
    path.write_text(content, encoding="utf-8")
    assert read_labels(path) == ("cat", "dog")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"cat\n\ndog", "empty"),
        (b"\xff\xfe\x00", "not a text file"),
        (b"[1, 2]", "not text"),
        (b'{"0": "a", "2": "b"}', "names 2 classes, but none '1'"),
        (b'["a"', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (json.dumps([["a", "b"], []]).encode(), "not text"),
    ],
)
def test_what_is_no_list_of_names(tmp_path, content, message):
    path = tmp_path / "names"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=message):
        read_labels(path)


def test_no_file(tmp_path):
    with pytest.raises(SettingsError, match="cannot be read"):
        read_labels(tmp_path / "nothing")


def test_numbers_and_names_that_occur_twice():
    assert class_names(3, None) == ("0", "1", "2")
    assert class_names(3, ["crane", "kite", "crane"]) == ("crane (0)", "kite", "crane (2)")
    with pytest.raises(SettingsError, match="2 names for 3"):
        class_names(3, ["a", "b"])
