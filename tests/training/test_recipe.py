from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convlens.errors import SettingsError
from convlens.training.recipe import METHODS, USUAL_RATES, Recipe, read_changes, shown

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
        ("method=adagard", "the recipe's method is 'adagard'", "did you mean adagrad?"),
        ("method=3", "the recipe's method is '3'", "it is one of muon, sgd"),
        ("rate=fast", "the recipe's rate is 'fast'", "give a number, or usual"),
        ("fall=slowly", "the recipe's fall is 'slowly'", "give yes or no"),
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


@pytest.mark.parametrize("method", METHODS)
def test_the_main_rate_and_momentum_are_those_of_the_method(method):
    recipe = Recipe().changed(read_changes(f"method={method.upper()}"))
    assert recipe.with_main_rate(0.03).main_rate == 0.03
    assert recipe.main_rate == (0.1 if method == "muon" else USUAL_RATES[method])
    assert recipe.scaled(0.5).main_rate == 0.5 * recipe.main_rate
    if recipe.main_momentum is None:
        with pytest.raises(SettingsError, match=f"{method} has no momentum to choose"):
            recipe.with_main_momentum(0.5)
    else:
        assert recipe.with_main_momentum(0.5).main_momentum == 0.5


def test_muons_rates_keep_their_proportion():
    slower = Recipe().with_main_rate(0.05)
    assert (slower.filters_rate, slower.rest_rate) == (0.05, pytest.approx(0.002))
    again = slower.with_main_rate(0.0).with_main_rate(0.1)
    assert (again.filters_rate, again.rest_rate) == (0.1, pytest.approx(0.004))


def test_another_method_comes_with_its_usual_rate_unless_one_is_given():
    recipe = Recipe(method="sgd", rate=0.5)
    assert recipe.changed({"method": "adam"}).rate is None
    assert recipe.changed({"method": "adam", "rate": 0.01}).rate == 0.01
    assert recipe.changed({"method": "sgd", "momentum": 0}).rate == 0.5
    assert recipe.changed(read_changes("rate=usual")).main_rate == USUAL_RATES["sgd"]


def test_what_is_shown_reads_back():
    for recipe in (Recipe(), Recipe(method="adam", rate=0.25, fall=False, batch=7)):
        text = ", ".join(f"{entry.name}={shown(entry.value)}" for entry in recipe.entries())
        assert Recipe(method="adadelta", rate=3).changed(read_changes(text)) == recipe
