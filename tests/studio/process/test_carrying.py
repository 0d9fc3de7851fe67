"""Weights that another network begins with, and the pictures that they learned on."""

import numpy as np
import pytest

from convlens.notation import Architecture
from convlens.studio.process.carrying import fitting, told
from tests.report.conftest import untrained

NET = "INPUT 12x12x3 - CONV 8 - BN - RELU - POOL - DROPOUT - RES[CONV 8] - CONV 6 - RELU - FC 3"


@pytest.mark.parametrize(
    ("net", "kept"),
    [
        (NET, {"conv1", "bn1", "res1", "conv3", "fc1"}),
        (NET.replace(" - DROPOUT", ""), {"conv1", "bn1", "res1", "conv3", "fc1"}),
        (NET.replace("FC 3", "FC"), {"conv1", "bn1", "res1", "conv3", "fc1"}),
        (NET.replace("CONV 6", "CONV 7"), {"conv1", "bn1", "res1"}),
        (NET.replace("RES[CONV 8]", "RES[CONV 8 - RELU]"), {"conv1", "bn1"}),
        (NET.replace("BN", "LRN"), {"conv1"}),
        (NET.replace("CONV 8 - BN", "CONV 9 - BN"), set()),
        (NET.replace("12x12x3", "16x16x3"), {"conv1", "bn1", "res1", "conv3"}),
        ("CONV 8 - POOL 7x7 - FC 3", set()),
    ],
)
def test_layers_are_kept_up_to_the_first_that_is_another(net, kept):
    model = untrained(NET).model
    found = fitting(model, Architecture(net))
    assert {name.split(".")[0] for name in found} == kept
    for name, values in found.items():
        np.testing.assert_array_equal(values, model.weights[name])


def test_all_is_kept_where_no_network_is_said():
    model = untrained(NET).model
    assert fitting(model, None) is model.weights


def test_what_is_kept_is_told():
    plan = Architecture(NET).plan()
    assert told(plan, {"conv1.weight", "conv1.bias"}) == (
        "weights kept of conv1; bn1, res1, conv3, fc1 begin anew"
    )
    assert told(plan, set()) == "no layer is as it was before: all weights begin anew"
