from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convlens.errors import SettingsError
from convlens.training.recipe import Recipe, read_changes

RANGES = {one.name: one.metadata["range"] for one in fields(Recipe)}
NUMBERS = [one.name for one in fields(Recipe) if isinstance(one.default, float)]


@given(st.data())
def test_what_is_written_is_what_is_set(data):
    names = data.draw(st.lists(st.sampled_from(NUMBERS), unique=True, min_size=1))
    wanted = {name: data.draw(st.floats(*RANGES[name])) for name in names}
    text = ", ".join(f"{name} = {value!r}" for name, value in wanted.items())
    recipe = Recipe().changed(read_changes(text))
    for entry in recipe.entries():
        assert entry.value == wanted.get(entry.name, getattr(Recipe(), entry.name))
        assert entry.meaning


def test_switches_and_whole_numbers():
    recipe = Recipe().changed(read_changes("flip=no,batch=64,whiten=ON"))
    assert (recipe.flip, recipe.batch, recipe.whiten) == (False, 64, True)
    assert Recipe().changed({"flip": False, "batch": 64}) == Recipe(flip=False, batch=64)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("bacth=3", "a recipe has no `bacth`", "did you mean batch?"),
        ("qqqq=3", "a recipe has no `qqqq`", "it has batch, shift"),
        ("flip=maybe", "the recipe's flip is 'maybe'", "give yes or no"),
        ("batch=2.5", "the recipe's batch is '2.5'", "give a whole number"),
        ("shift=nan", "the recipe's shift is 'nan'", "give a number"),
        ("shift=wide", "the recipe's shift is 'wide'", "give a number"),
        ("batch", "`batch` does not change the recipe", "write name=value"),
        ("", "`` does not change the recipe", "write name=value"),
    ],
)
def test_what_is_wrong_is_told(text, message, hint):
    with pytest.raises(SettingsError) as caught:
        read_changes(text)
    assert caught.value.message == message
    assert caught.value.hint.startswith(hint)


def test_values_outside_their_range_are_told():
    with pytest.raises(SettingsError, match=r"the recipe's shift is 0.7, outside 0 to 0.5"):
        Recipe().changed({"shift": 0.7})
