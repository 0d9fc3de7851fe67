import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import convlens as cl
from convlens.errors import SettingsError
from convlens.renaming import read_renaming, renamed


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({"a": "x"}, ("x", "b", "c")),
        ({"a": "b", "b": "a"}, ("b", "a", "c")),
        ({"a": "b", "b": "c", "c": "a"}, ("b", "c", "a")),
        ({"a": "b", "b": "z"}, ("b", "z", "c")),
        ({"c": "e\u0301"}, ("a", "b", "é")),
        ({"c": "A"}, ("a", "b", "A")),
    ],
)
def test_names_change_at_once_and_in_their_places(names, expected):
    assert renamed(("a", "b", "c"), names) == expected


@pytest.mark.parametrize(
    ("names", "message", "hint"),
    [
        ({"catt": "x"}, "the model has no class `catt`", "did you mean `cat`?"),
        ({"CAT": "x"}, "the model has no class `CAT`", "did you mean `cat`?"),
        ({"zebra": "x"}, "the model has no class `zebra`", "its classes: `cat`, `dog`, `owl`"),
        ({"cat": "dog"}, "another class is called `dog` already", "say 'cat=dog' 'dog=cat'"),
        ({"cat": "x", "dog": "x"}, "`cat` and `dog` cannot both be called `x`", "--classes"),
        ({"cat": "owl", "dog": "owl"}, "another class is called `owl` already", "--classes"),
        ({"cat": "cat"}, "the class `cat` is called so already", "leave it out"),
        ({"cat": ""}, "the name of a class cannot be empty", "old=new"),
        ({"cat": " \t"}, "the name of a class cannot be empty", "old=new"),
        ({"cat": "a\x1b[2J"}, r"the name `a\x1b[2J` holds what does not print", "anew"),
        ({"cat": "a\nb"}, r"the name `a\nb` holds what does not print", "anew"),
        ({}, "no class is renamed", "old=new"),
    ],
)
def test_what_is_refused_and_what_to_do(names, message, hint):
    with pytest.raises(SettingsError) as caught:
        renamed(("cat", "dog", "owl"), names)
    assert caught.value.message == message
    assert hint in caught.value.hint
    assert "\n" not in str(caught.value.message + caught.value.hint)


NAMES = st.lists(st.text("abc=", min_size=1, max_size=4), min_size=1, max_size=6, unique=True)


@given(NAMES, st.data())
def test_there_and_back_is_where_it_was(classes, data):
    others = data.draw(st.permutations(classes))
    there = {old: new for old, new in zip(classes, others, strict=True) if old != new}
    if there:
        found = renamed(classes, there)
        assert list(found) == others
        assert list(renamed(found, {new: old for old, new in there.items()})) == classes


@given(NAMES, st.text("xyz=", max_size=5))
def test_a_renaming_reads_as_it_was_written_where_no_class_begins_another(classes, new):
    old = classes[0]
    if not any(old.startswith(f"{other}=") for other in classes):
        assert read_renaming(f"{old}={new}", classes) == (old, new)


def test_equals_signs_in_names():
    assert read_renaming("a=b=c", ["a=b", "d"]) == ("a=b", "c")
    assert read_renaming("a=b=c", ["a", "d"]) == ("a", "b=c")
    assert read_renaming("a=b=c", ["d"]) == ("a", "b=c")
    assert read_renaming("=x", [""]) == ("", "x")


def test_a_classifier_says_the_same_under_other_names(digits_model, tmp_path):
    before = cl.load(digits_model)
    after = before.relabelled({"3": "three", "0": "9", "9": "0"}).relabelled({"three": "III"})
    assert before.classes == tuple("0123456789")
    assert after.classes == ("9", "1", "2", "III", "4", "5", "6", "7", "8", "0")
    assert after.training["renamed"] == [{"0": "9", "3": "three", "9": "0"}, {"three": "III"}]
    assert {**after.training, "renamed": None} == {**before.training, "renamed": None}
    picture = np.arange(64, dtype=np.uint8).reshape(8, 8) * 4
    said, says = before.predict(picture).probabilities, after.predict(picture).probabilities
    assert list(says.values()) == list(said.values())
    assert says["III"] == said["3"]
    assert says["0"] == said["9"]
    after.save(tmp_path / "m.safetensors")
    again = cl.load(tmp_path / "m.safetensors")
    assert again.classes == after.classes
    assert again.model.temperature == before.model.temperature
    assert all(again.weights[name].tobytes() == w.tobytes() for name, w in before.weights.items())
