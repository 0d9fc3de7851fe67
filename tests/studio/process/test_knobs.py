"""Knobs: what they turn, how far, and what is said where they do not turn."""

import pytest

from convlens.errors import SettingsError
from convlens.studio.process.knobs import (
    NAMES,
    as_settings,
    epochs_in,
    knobs,
    stretch,
    turned,
    values_of,
)
from convlens.studio.process.wording import for_page
from convlens.training.recipe import Recipe


def test_every_knob_is_described():
    told = knobs(Recipe(), 12.0)
    assert tuple(told) == NAMES
    for name, one in told.items():
        assert set(one) == {"value", "low", "high", "meaning", "whole", "choices", "live"}, name
        assert one["meaning"]
    assert told["batch"]["whole"] is True
    assert told["rate"]["whole"] is False
    assert told["method"]["choices"][0] == "muon"
    assert told["epochs"]["value"] == 12.0


def test_what_is_turned_is_what_stands_then():
    values = {"rate": 0.03, "momentum": 0.4, "batch": 17, "weight_decay": 0.001, "fall": False,
              "shift": 0.1, "zoom": 0.2, "flip": False}  # fmt: skip
    told = values_of(turned(Recipe(), values), None)
    assert {name: told[name] for name in values} == pytest.approx(values)


@pytest.mark.parametrize(
    "said",
    [{}, {"batch": 256}, {"method": "adam", "rate": 0.3}, {"filters_rate": 0.05, "rest_rate": 0.5}],
)
@pytest.mark.parametrize(
    "values",
    [
        {},
        {"batch": 64, "flip": True},
        {"rate": 0.02},
        {"method": "sgd"},
        {"method": "muon", "rate": 0.3},
        {"method": "nesterov", "momentum": 0.7, "rate": 0.1},
    ],
)
def test_a_run_that_begins_with_knobs_begins_as_if_they_were_turned(said, values):
    settings = as_settings(said, values)
    assert Recipe().changed(settings) == turned(Recipe().changed(said), values)
    assert values.keys() & {"batch", "flip", "method"} <= settings.keys()
    assert said.keys() <= settings.keys()


def test_the_knob_of_the_epochs_leaves_out_those_before():
    assert stretch(120.0, 60.0) == 60.0
    assert stretch(None, 0.0) is None


def test_another_method_brings_its_own_rate_unless_one_is_said():
    usual = values_of(turned(Recipe(), {"method": "adam"}), None)["rate"]
    assert 0 < usual < 0.1
    assert values_of(turned(Recipe(), {"method": "adam", "rate": 0.5}), None)["rate"] == 0.5
    assert values_of(turned(Recipe(), {"method": "adagrad"}), None)["momentum"] is None


@pytest.mark.parametrize(
    "values",
    [{"rate": "x"}, {"rate": True}, {"rate": float("nan")}, {"rate": 1e9}, {"batch": 2.5},
     {"method": "magic"}, {"volume": 3}, {"weight_decay": -1}, {"flip": "perhaps"}],
)  # fmt: skip
def test_what_is_out_of_range_is_refused(values):
    with pytest.raises(SettingsError):
        turned(Recipe(), values)


@pytest.mark.parametrize("epochs", [0, -1, float("inf"), "ten", True, 1e9])
def test_impossible_lengths_are_refused(epochs):
    with pytest.raises(SettingsError):
        epochs_in({"epochs": epochs})
    assert epochs_in({}) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("try --lr 0.3, BN before it", "try a lower learning rate, BN before it"),
        ("try a lower learning rate, --lr 0.3", "try a lower learning rate"),
        ("train with a lower learning rate: --lr 0.3", "train with a lower learning rate"),
        ("or try --lr 0.3, --lr 3, or BN",
         "or try a lower learning rate, a higher learning rate, or BN"),
        ("give another size with --size 9x9", "give another size with size 9x9"),
        ("cannot write x: no space left on device, say where with --out FILE",
         "cannot write x: no space left on device, free some room"),
        ("90% of the channels of relu1 are dead, the same for every picture: try --lr 0.3",
         "90% of the channels of relu1 are dead, the same for every picture, and mostly stay so: "
         "begin anew with a lower learning rate"),
        ("the recipe's filters_rate is 11.0, outside 0 to 10",
         "the learning rate is 11.0, outside 0 to 10"),
        ("the recipe's batch is 0, outside 1 to 65536", "the batch size is 0, outside 1 to 65536"),
        ("nothing of the kind", "nothing of the kind"),
    ],
)  # fmt: skip
def test_the_page_speaks_of_knobs(text, words):
    assert for_page(text) == words
