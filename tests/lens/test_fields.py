"""Receptive fields, against what a NaN in the picture reaches."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from convlens import Architecture
from convlens.lens import Box, open_network, receptive_field
from convlens.lens.looking import look
from convlens.lens.opened import layers_of
from tests.lens.making import classifier_of, classifiers, draw_place


def reached(classifier, row, channel, x, y):
    """Columns and rows of the picture from which a NaN gets to the value."""
    opened = open_network(classifier, torch.float64)
    paths = {row.name: next(i.path for i in layers_of(opened.plan) if i.name == row.name)}
    width, height, depth = opened.plan.input
    pictures = torch.ones(1 + width + height, depth, height, width, dtype=torch.float64)
    for column in range(width):
        pictures[1 + column, :, :, column] = torch.nan
    for line in range(height):
        pictures[1 + width + line, :, line] = torch.nan
    values = look(opened.network, pictures, paths).outputs[row.name][:, channel, y, x]
    assume(bool(torch.isfinite(values[0])))
    spoilt = torch.isnan(values[1:]).numpy()
    return np.flatnonzero(spoilt[:width]), np.flatnonzero(spoilt[width:])


@settings(max_examples=100)
@given(classifiers(), st.data())
def test_a_receptive_field_holds_just_the_pixels_that_count(classifier, data):
    row, channel, x, y = draw_place(data.draw, classifier)
    box = receptive_field(classifier.model.plan(), row.name, x, y, channel)
    columns, rows = reached(classifier, row, channel, x, y)
    if not len(columns) or not len(rows):
        assert box == Box(0, 0, 0, 0)
        return
    assert (box.left, box.right) == (columns[0], columns[-1] + 1)
    assert (box.top, box.bottom) == (rows[0], rows[-1] + 1)


@pytest.mark.parametrize(
    ("text", "place", "box"),
    [
        ("CONV 4@5x5", ("conv1", 8, 8), Box(6, 6, 11, 11)),
        ("CONV 4@5x5", ("conv1", 0, 15), Box(0, 13, 3, 16)),
        ("CONV 4@3x3/2", ("conv1", 2, 3), Box(4, 6, 7, 9)),
        ("CONV 4@3x3 dilate 3", ("conv1", 5, 5), Box(2, 2, 9, 9)),
        ("CONV 4@3x3 dilate 3", ("conv1", 0, 5), Box(0, 2, 4, 9)),
        ("CONV 4@3x3 - POOL - CONV 4@3x3", ("conv2", 3, 3), Box(3, 3, 11, 11)),
        ("CAT[CONV 2@1x1 | CONV 2@5x5]", ("cat1", 8, 8), Box(6, 6, 11, 11)),
        ("CAT[CONV 2@1x1 | CONV 2@5x5]", ("cat1", 8, 8, 1), Box(8, 8, 9, 9)),
        ("CAT[CONV 1@1x1 | CONV 1@5x5] - LRN n=2", ("lrn1", 8, 8, 0), Box(8, 8, 9, 9)),
        ("CAT[CONV 1@5x5 | CONV 1@1x1] - LRN n=2", ("lrn1", 8, 8, 1), Box(6, 6, 11, 11)),
        ("CAT[CONV 2@1x1 | CONV 2@5x5] - MAXOUT 2", ("maxout1", 8, 8, 0), Box(8, 8, 9, 9)),
        ("CAT[CONV 2@1x1 | CONV 2@5x5] - MAXOUT 2", ("maxout1", 8, 8, 1), Box(6, 6, 11, 11)),
        ("CAT[CONV 2@1x1 | CONV 2@5x5] - CONV 2@1x1 groups 2", ("conv3", 8, 8, 0), Box(8, 8, 9, 9)),
        ("RES[CONV 4@3x3]", ("res1", 8, 8), Box(7, 7, 10, 10)),
        ("CONV 4@3x3 - GLOBALPOOL", ("gpool1", 0, 0), Box(0, 0, 16, 16)),
    ],
)
def test_receptive_fields_by_hand(text, place, box):
    plan = Architecture(f"INPUT 16x16x3 - {text} - FC 2").plan()
    assert receptive_field(plan, *place) == box


def test_a_box_cuts_its_pixels():
    pixels = np.arange(4 * 5 * 1, dtype=np.uint8).reshape(4, 5, 1)
    assert Box(1, 2, 4, 4).cut(pixels)[:, :, 0].tolist() == [[11, 12, 13], [16, 17, 18]]


def test_a_deep_network_takes_no_more_time_for_its_branches():
    text = "INPUT - CONV 4 - [RES[CONV 4 - RELU - CONV 4] - RELU]*40 - GLOBALPOOL - FC"
    classifier = classifier_of(text, size=(32, 32, 3))
    assert receptive_field(classifier.model.plan(), "relu80", 16, 16) == Box(0, 0, 32, 32)
