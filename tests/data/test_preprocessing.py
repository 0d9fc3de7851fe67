from __future__ import annotations

import json
from dataclasses import replace

import pytest

from convlens.data.preprocessing import Geometry, Preprocessing
from convlens.data.tones import Tones
from convlens.errors import ModelFileError, SettingsError

COLOUR = Preprocessing(32, 24, 3, "crop", (0.5, 0.4, 0.3), (0.2, 0.2, 0.1))
TONES = [Tones(), Tones((0, 4095)), Tones((-1024.0, 3072.0), "black"), Tones("each", "grey")]


@pytest.mark.parametrize("tones", TONES)
def test_json_there_and_back(tones):
    toned = replace(COLOUR, tones=tones)
    assert Preprocessing.from_json(json.loads(json.dumps(toned.to_json()))) == toned
    assert toned.geometry.tones == tones


def test_an_older_preprocessing_scales_each_picture_for_itself_and_lays_it_over_white():
    told = COLOUR.to_json()
    del told["greys"], told["background"]
    read = Preprocessing.from_json(told)
    assert read == replace(COLOUR, tones=Tones("each"))
    assert Preprocessing.from_json(read.to_json()) == read


def test_left_out_statistics_change_nothing():
    plain = Preprocessing(8, 8, 1)
    assert (plain.mean, plain.std, plain.fit) == ((0.0,), (1.0,), "stretch")
    assert plain.geometry == Geometry(8, 8, 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"width": 0},
        {"width": "8"},
        {"width": True},
        {"height": 10**9},
        {"channels": 2},
        {"fit": "zoom"},
        {"fit": ["crop"]},
        {"mean": [0.5]},
        {"mean": "abc"},
        {"mean": [0.1, 0.2, float("nan")]},
        {"mean": []},
        {"std": [0.1, 0.0, 0.1]},
        {"std": [0.1, 0.1, 10**400]},
        {"std": None},
        {"extra": 1},
        {"greys": [0]},
        {"greys": [255, 0]},
        {"greys": [0, float("inf")]},
        {"greys": [0, float("nan")]},
        {"greys": [0, "1"]},
        {"greys": [False, True]},
        {"greys": [0, 10**400]},
        {"greys": "all"},
        {"greys": 255},
        {"background": "red"},
        {"background": None},
        {"background": ["white"]},
    ],
)
def test_a_foreign_value_is_a_damaged_model_file(changes):
    with pytest.raises(ModelFileError, match="preprocessing in the model file"):
        Preprocessing.from_json(COLOUR.to_json() | changes)


@pytest.mark.parametrize("obj", [None, [], "x", {}, {"width": 3}])
def test_anything_else_is_a_damaged_model_file(obj):
    with pytest.raises(ModelFileError):
        Preprocessing.from_json(obj)


def test_wrong_settings_are_called_so():
    with pytest.raises(SettingsError, match="std"):
        Preprocessing(8, 8, 1, "stretch", (0.5,), (-1.0,))
