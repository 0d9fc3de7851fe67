"""Networks as the page types them: read, refused with a place and a correction, too large."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convlens.data.memory import free_memory, physical_memory
from convlens.errors import ConvLensError, NotationError, SettingsError
from convlens.modelfile import tensor_shapes
from convlens.notation import Architecture, Volume
from convlens.notation.zoo import ZOO
from convlens.studio.fitting import check_memory, free_room, planned, warning_of
from convlens.studio.reading import read, zoo
from convlens.studio.refusal import told

DIGITS, COLOUR = Volume(8, 8, 1), Volume(32, 32, 3)
ROOM = 8 << 30


def test_read_says_what_net_says():
    found = read("input - [conv 5@5x5 - relu - pool]*2 - res[conv 5]\n - FC", COLOUR, 10, 64, ROOM)
    plan = Architecture(found["net"]).plan(COLOUR, 10)
    assert found["parameters"] == plan.parameters
    assert found["multiply_adds"] == plan.multiply_adds
    assert found["memory"] == plan.training_memory(64)
    rows = [row for _, row in plan.walk()]
    assert [layer["name"] for layer in found["layers"]] == [row.name for row in rows]
    first = found["layers"][0]
    assert first["count"] == "5·5·3·5 + 5 = 380"
    assert (first["input"], first["output"], first["kind"]) == ([32, 32, 3], [32, 32, 5], "conv")
    assert first["meaning"].startswith("5 filters of 5x5x3")
    assert found["warning"] is None
    assert found["svg"].startswith("<svg")
    assert "<style" not in found["svg"]
    assert " style=" not in found["svg"]


@pytest.mark.parametrize("entry", ZOO, ids=lambda entry: entry.name)
def test_paths_are_those_of_the_weights(entry):
    found = read(entry.name, entry.input, entry.classes, 1, ROOM)
    paths = {layer["path"] for layer in found["layers"]}
    plan = planned(entry.text, entry.input, entry.classes)
    assert {name.rpartition(".")[0] for name in tensor_shapes(plan)} <= paths
    assert all(layer["meaning"] for layer in found["layers"])
    assert (found["svg"] is None) == (len(found["layers"]) > 400)


def test_the_zoo_says_what_fits():
    found = {one["name"]: one["fits"] for one in zoo(COLOUR, 10)}
    assert found["convnetjs-cifar10"]
    assert not found["vgg16"] or read("vgg16", COLOUR, 10, 1, ROOM)
    for one in zoo(DIGITS, 10):
        if one["fits"]:
            found = read(one["net"], DIGITS, 10, 1, ROOM)
            assert (one["parameters"], one["multiply_adds"]) == (
                found["parameters"], found["multiply_adds"])  # fmt: skip
        else:
            with pytest.raises(ConvLensError):
                read(one["net"], DIGITS, 10, 1, ROOM)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("INPUT - CNOV - FC", "CNOV"),
        ("INPUT\n- CONV\n- POL\n- FC", "POL"),
        ("INPUT - [CONV - RELU - POOL]*5 - FC", "POOL"),
        ("INPUT 8x8x2 - CONV - FC", "INPUT"),
        ("INPUT - CONV", "CONV"),
        ("vgg16", "vgg16"),
        ("", ""),
    ],
)
def test_mistakes_stand_where_they_are_with_what_works(text, word):
    with pytest.raises(NotationError) as caught:
        planned(text, DIGITS, 10)
    error = told(caught.value)["error"]
    assert text[error["start"] : error["end"]] == word
    assert error["message"]
    planned(error["correction"]["text"], DIGITS, 10)
    assert error["correction"]["label"].startswith("Use ")


WORDS = "INPUT CONV POOL FC RELU RES[ CAT[ ] - | * 3 16@3x3 same floor 8x8x1 8x8x7 vgg16"
texts = st.lists(st.sampled_from([*WORDS.split(), "\n"]), max_size=20).map(" ".join)


@given(st.text(max_size=80) | texts)
def test_any_text_is_read_or_refused_with_a_place_in_it(text):
    try:
        plan = planned(text, DIGITS, 10)
    except NotationError as error:
        document = told(error)["error"]
        assert 0 <= document["start"] <= document["end"] <= len(text)
        if document["correction"] is not None:
            planned(document["correction"]["text"], DIGITS, 10)
    except SettingsError:
        pass
    else:
        assert plan.classes == 10


def test_no_file_is_read_for_a_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.txt").write_text("INPUT - FC")
    with pytest.raises(NotationError):
        planned("net.txt", DIGITS, 10)


def test_memory_grows_with_batch_and_network():
    small, large = (planned(f"CONV {n} - FC", COLOUR, 10) for n in (8, 64))
    assert small.training_memory(64) < small.training_memory(128) < large.training_memory(128)
    with pytest.raises(SettingsError, match=r"about .* GB of memory at 64 pictures") as caught:
        check_memory(large, 64, large.training_memory(63))
    assert "batch size to 63 or less" in caught.value.hint
    check_memory(large, 63, large.training_memory(63))
    with pytest.raises(SettingsError) as caught:
        check_memory(large, 64, 1000)
    assert "fewer filters" in caught.value.hint
    assert warning_of(large, 64, 100 * large.training_memory(64)) is None
    assert "much of what is free" in warning_of(large, 64, large.training_memory(64) * 3 // 2)
    assert "batch size" in warning_of(large, 64, large.training_memory(63))


def test_free_memory_is_some_of_what_there_is():
    assert 0 < free_memory() <= physical_memory()
    assert 0 < free_room() < physical_memory()
