from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given

from convlens.errors import NotationError, SettingsError
from convlens.notation import Architecture, Volume
from convlens.notation import layers as kinds
from tests.notation.strategies import Drawn, architectures_on_inputs, networks


@given(networks())
def test_what_is_printed_reads_as_the_same_layers(drawn: Drawn):
    layers, volume, _ = drawn
    architecture = Architecture.of(layers, volume)
    assert architecture.layers == layers
    assert architecture.input == volume
    assert architecture.source == str(architecture)


@given(architectures_on_inputs())
def test_canonical_text_is_stable_and_equal(case: tuple[Architecture, Volume, int]):
    architecture, volume, classes = case
    again = Architecture(str(architecture))
    assert again == architecture
    assert hash(again) == hash(architecture)
    assert str(again) == str(architecture)
    assert "\n" not in str(again)
    plan = architecture.plan(volume, classes)
    assert plan.rows == again.plan(volume, classes).rows
    assert plan.rows[-1].output.size == plan.classes == classes


@given(architectures_on_inputs())
def test_rows_hang_together(case: tuple[Architecture, Volume, int]):
    architecture, volume, classes = case
    plan = architecture.plan(volume, classes)
    names = [row.name for _, row in plan.walk()]
    assert len(set(names)) == len(names)
    before = plan.input
    for row in plan.rows:
        assert row.input == before
        before = row.output
        for branch in row.branches:
            inside = row.input
            for inner in branch:
                assert inner.input == inside
                inside = inner.output
            if isinstance(row.layer, kinds.Residual):
                assert inside == row.output
    assert plan.memory == 4 * plan.activations
    for _, row in plan.walk():
        if row.formula:
            assert eval(row.formula.replace("·", "*")) == row.parameters
        else:
            assert row.parameters == 0


def test_layout_and_case_do_not_count():
    said = "input 32x32x3\n[conv 16@5x5\n relu\n pool 2x2] * 3  # three times\n\nfc"
    assert Architecture(said) == Architecture("INPUT 32x32x3 -> [CONV 16@5x5->RELU->POOL]x3 -> FC")


@pytest.mark.parametrize(
    "other",
    [
        "INPUT 32x32x1 - CONV - FC",
        "INPUT - CONV - FC",
        "INPUT 32x32x3 - CONV - FC 10",
        "INPUT 32x32x3 - CONV 17 - FC",
        "INPUT 32x32x3 - CONV - FC - SVM",
    ],
)
def test_what_differs_is_unequal(other: str):
    assert Architecture(other) != Architecture("INPUT 32x32x3 - CONV - FC")


def test_softmax_is_implied_and_svm_is_not():
    assert Architecture("CONV - FC - SOFTMAX") == Architecture("CONV - FC")
    assert str(Architecture("CONV - FC - SOFTMAX")) == "INPUT - CONV 16@3x3 - FC"
    assert str(Architecture("FC - SVM")) == "INPUT - FC - SVM"
    assert Architecture("FC - SVM").plan((2, 2, 1), 3).loss == "svm"
    assert Architecture("FC - SOFTMAX").plan((2, 2, 1), 3).loss == "softmax"


def test_it_does_not_change():
    architecture = Architecture("CONV - FC")
    with pytest.raises(AttributeError):
        architecture.layers = ()  # type: ignore[misc]
    with pytest.raises(AttributeError):
        architecture.anything = 1  # type: ignore[attr-defined]
    with pytest.raises(AttributeError):
        del architecture._reading


def test_it_can_be_copied_and_pickled_with_its_source():
    architecture = Architecture("conv  # mine\nfc")
    for again in (copy.deepcopy(architecture), pickle.loads(pickle.dumps(architecture))):
        assert again == architecture
        assert again.source == "conv  # mine\nfc"


def test_repr_reads_as_python():
    architecture = Architecture("CONV - FC")
    assert repr(architecture) == "Architecture('INPUT - CONV 16@3x3 - FC')"
    assert eval(repr(architecture)) == architecture


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("CONV - FC", "INPUT 8x9x2 - CONV - FC"),
        ("# mine\nINPUT\nCONV - FC", "# mine\nINPUT 8x9x2\nCONV - FC"),
        ("input 4x4x1 -> FC", "INPUT 8x9x2 -> FC"),
    ],
)
def test_with_input_keeps_the_text(source: str, expected: str):
    architecture = Architecture(source).with_input((8, 9, 2))
    assert architecture.source == expected
    assert architecture.input == Volume(8, 9, 2)
    assert architecture.with_input(None).input is None
    assert architecture.with_input(None).layers == Architecture(source).layers


def test_with_input_refuses_what_does_not_fit():
    with pytest.raises(NotationError, match="pool2"):
        Architecture("POOL - POOL - FC").with_input((6, 6, 1))


def test_of_refuses_values_that_no_text_can_say():
    with pytest.raises(NotationError):
        Architecture.of([kinds.Conv(filters=0)])
    with pytest.raises(NotationError):
        Architecture.of([kinds.Dropout(p=float("nan"))])
    with pytest.raises(NotationError):
        Architecture.of([])
    with pytest.raises(SettingsError):
        Architecture.of([kinds.FullyConnected()], (0, 1, 1))


def test_spans_point_into_the_source():
    text = "INPUT - [CONV 3 - RELU]*2 - RES[CONV 7 pad 1]"
    architecture = Architecture(text)
    said = [text[slice(*layer.span)] for layer in architecture.layers if layer.span]
    assert said == ["CONV 3", "RELU", "CONV 3", "RELU", "RES[CONV 7 pad 1]"]


@pytest.mark.parametrize("classes", [0, -1, 2_000_000, 2.0, True])
def test_absurd_numbers_of_classes(classes: int):
    with pytest.raises(SettingsError):
        Architecture("FC").plan((2, 2, 1), classes)


@pytest.mark.parametrize("volume", [(1, 2), (0, 1, 1), (10**6, 10**6, 3), (2.0, 2, 2)])
def test_absurd_inputs(volume: tuple[int, ...]):
    with pytest.raises(SettingsError):
        Architecture("FC").plan(volume, 3)
