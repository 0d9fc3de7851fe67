from __future__ import annotations

import pytest

from convlens.errors import SettingsError
from convlens.notation import Architecture, Volume, read_volume
from convlens.notation import layers as kinds


def only(text: str) -> kinds.Layer:
    (layer,) = Architecture(text).layers
    return layer


CONVS = {
    "CONV": kinds.Conv(filters=16, kernel=(3, 3), stride=1, pad="same"),
    "conv 16": kinds.Conv(),
    "CONV @5x5": kinds.Conv(kernel=(5, 5)),
    "CONV 32@3": kinds.Conv(filters=32),
    "CONV 8@3x5": kinds.Conv(filters=8, kernel=(3, 5)),
    "CONV 8@5×5": kinds.Conv(filters=8, kernel=(5, 5)),
    "CONV16@5x5": kinds.Conv(kernel=(5, 5)),
    "CONV 16 @ 5 x 5 /2": kinds.Conv(kernel=(5, 5), stride=2),
    "CONV 16@5x5/2": kinds.Conv(kernel=(5, 5), stride=2),
    "CONV 16@5x5x3": kinds.Conv(kernel=(5, 5), depth=3),
    "CONV K=16 F=5 S=1 P=2": kinds.Conv(kernel=(5, 5), pad=2),
    "conv f=3x1 k=4": kinds.Conv(filters=4, kernel=(3, 1)),
    "CONV F=5x5x3": kinds.Conv(kernel=(5, 5), depth=3),
    "CONV pad 2": kinds.Conv(pad=2),
    "CONV pad same": kinds.Conv(),
    "CONV same": kinds.Conv(),
    "CONV valid": kinds.Conv(pad=0),
    "CONV pad valid": kinds.Conv(pad=0),
    "CONV pad 0": kinds.Conv(pad=0),
    "CONV dilate 2": kinds.Conv(dilation=2),
    "CONV groups 4": kinds.Conv(groups=4),
    "CONV nobias floor": kinds.Conv(bias=False, fit="floor"),
    "CONV ceil valid /3": kinds.Conv(fit="ceil", pad=0, stride=3),
}

OTHERS = {
    "POOL": kinds.Pool(kernel=(2, 2), stride=2, pad=0, kind="max"),
    "POOL 3x3": kinds.Pool(kernel=(3, 3), stride=3),
    "POOL2x2": kinds.Pool(),
    "POOL 3": kinds.Pool(kernel=(3, 3), stride=3),
    "POOL /1": kinds.Pool(stride=1),
    "POOL F=2 S=2": kinds.Pool(),
    "POOL 3x3/2 avg": kinds.Pool(kernel=(3, 3), kind="avg"),
    "POOL avg 3x3 /2": kinds.Pool(kernel=(3, 3), kind="avg"),
    "POOL 2x2 l2": kinds.Pool(kind="l2"),
    "POOL max": kinds.Pool(),
    "POOL 2x3/1": kinds.Pool(kernel=(2, 3), stride=1),
    "POOL 3x3/2 pad 1 ceil": kinds.Pool(kernel=(3, 3), pad=1, fit="ceil"),
    "POOL 3x3/1 same": kinds.Pool(kernel=(3, 3), stride=1, pad="same"),
    "GLOBALPOOL": kinds.GlobalPool(kind="avg"),
    "GLOBALPOOL max": kinds.GlobalPool(kind="max"),
    "FC": kinds.FullyConnected(),
    "FC 10 nobias": kinds.FullyConnected(units=10, bias=False),
    "RELU": kinds.Activation(),
    "LEAKY": kinds.Activation(kind="leaky"),
    "ELU": kinds.Activation(kind="elu"),
    "GELU": kinds.Activation(kind="gelu"),
    "SILU": kinds.Activation(kind="silu"),
    "SIGMOID": kinds.Activation(kind="sigmoid"),
    "TANH": kinds.Activation(kind="tanh"),
    "MAXOUT": kinds.Maxout(group=2),
    "MAXOUT 4": kinds.Maxout(group=4),
    "BN": kinds.BatchNorm(),
    "LRN": kinds.LocalResponseNorm(k=2, n=5, alpha=1e-4, beta=0.75),
    "LRN n=3 alpha=1e-3": kinds.LocalResponseNorm(n=3, alpha=1e-3),
    "LRN K=1 beta 0.5": kinds.LocalResponseNorm(k=1, beta=0.5),
    "DROPOUT": kinds.Dropout(p=0.5),
    "DROPOUT .25": kinds.Dropout(p=0.25),
    "DROPOUT p=0": kinds.Dropout(p=0),
    "SVM": kinds.SVM(),
}


@pytest.mark.parametrize(("text", "layer"), [*CONVS.items(), *OTHERS.items()])
def test_one_layer(text: str, layer: kinds.Layer):
    assert only(text) == layer
    assert only(str(Architecture(text))) == layer


CANONICAL = {
    "INPUT - CONV - RELU - POOL - FC": "INPUT - CONV 16@3x3 - RELU - POOL 2x2 - FC",
    "CONV pad 0 /2": "INPUT - CONV 16@3x3/2 valid",
    "CONV 8@3x3x4 dilate 2 groups 2 nobias floor": "INPUT - CONV 8@3x3x4 dilate 2 groups 2 "
    "nobias floor",
    "POOL 3x2/2": "INPUT - POOL 3x2/2",
    "POOL 3x3/2 avg pad 1": "INPUT - POOL 3x3/2 avg pad 1",
    "GLOBALPOOL": "INPUT - GLOBALPOOL avg",
    "DROPOUT": "INPUT - DROPOUT 0.5",
    "MAXOUT": "INPUT - MAXOUT 2",
    "LRN": "INPUT - LRN",
    "LRN n=3": "INPUT - LRN n=3 k=2 alpha=0.0001 beta=0.75",
    "RES[CONV 8 |]": "INPUT - RES[CONV 8@3x3 | ]",
    "RES[CONV 8 | CONV 8@1]": "INPUT - RES[CONV 8@3x3 | CONV 8@1x1]",
    "CAT[| POOL 3x3/1 same]": "INPUT - CAT[ | POOL 3x3/1 same]",
}


@pytest.mark.parametrize(("text", "canonical"), CANONICAL.items())
def test_canonical_text(text: str, canonical: str):
    assert str(Architecture(text)) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "INPUT -> CONV -> FC",
        "INPUT → CONV – FC",
        "INPUT --> CONV — FC",
        "INPUT\nCONV\nFC",
        "\n\nINPUT\n\n\nCONV\r\nFC\n\n",
        "INPUT -\nCONV -\n\nFC",
        "INPUT\n- CONV\n- FC",
        "INPUT-CONV-FC",
        "INPUT - CONV # the only one - RELU\n- FC # done",
        "\tINPUT\t-\tCONV\u00a0-\u2003FC",
    ],
)
def test_ways_to_join(text: str):
    assert Architecture(text) == Architecture("INPUT - CONV - FC")


def test_repeats_nest_and_are_written_out():
    written = "CONV - RELU - CONV - RELU - POOL"
    assert Architecture("[[CONV - RELU]*2 - POOL]*3").layers == (
        Architecture(f"{written} - {written} - {written}").layers
    )
    for times in ("*3", "* 3", "x3", " x 3", "×3", "X3"):
        assert len(Architecture(f"[CONV]{times}").layers) == 3


def test_branches_repeat_without_more_brackets():
    assert Architecture("RES[CONV]*2 - CAT[|CONV] x 2") == Architecture(
        "RES[CONV] - RES[CONV] - [CAT[|CONV]]*2"
    )


def test_lists_step_with_the_innermost_repeat_of_their_length():
    def filters(text: str) -> list[int]:
        return [layer.filters for layer in Architecture(text).layers]  # type: ignore[attr-defined]

    assert filters("[CONV {1,2,3}]*3") == [1, 2, 3]
    assert filters("[[CONV {1,2}]*2]*2") == [1, 2, 1, 2]
    assert filters("[[CONV {1,2,3}]*2]*3") == [1, 1, 2, 2, 3, 3]
    assert filters("[[CONV { 1 , 2 , 3 }]*{1,2,1}]*3") == [1, 2, 2, 3]
    assert filters("[[CONV {1,2,3}]*{1,1,3}]*3") == [1, 2, 3, 3, 3]  # the fixed repeat's


def test_a_list_stands_for_any_number():
    text = "[CONV 4@{1,3}x{3,5}/{1,2} pad {0,1} dilate {1,2} groups {1,2} - DROPOUT {0.1,0.2}]*2"
    assert Architecture(text).layers == (
        kinds.Conv(filters=4, kernel=(1, 3), pad=0),
        kinds.Dropout(p=0.1),
        kinds.Conv(filters=4, kernel=(3, 5), stride=2, pad=1, dilation=2, groups=2),
        kinds.Dropout(p=0.2),
    )
    assert Architecture("[FC {8,4}]*2").layers == Architecture("FC 8 - FC 4").layers


def test_branches():
    text = "RES[CONV - BN] - RES[CONV|] - RES[CONV|POOL 1x1] - CAT[CONV | | POOL 3x3/1 same]"
    implied, identity, explicit, cat = Architecture(text).layers
    assert isinstance(implied, kinds.Residual)
    assert implied.shortcut is None
    assert isinstance(identity, kinds.Residual)
    assert identity.shortcut == ()
    assert isinstance(explicit, kinds.Residual)
    assert explicit.shortcut == (kinds.Pool(kernel=(1, 1), stride=1),)
    assert isinstance(cat, kinds.Concat)
    assert [len(branch) for branch in cat.branches] == [1, 0, 1]


def test_input_is_optional():
    assert Architecture("CONV - FC").input is None
    assert Architecture("INPUT - CONV - FC") == Architecture("CONV - FC")
    assert Architecture("INPUT 32x24x3 - FC").input == Volume(32, 24, 3)
    assert Architecture("INPUT 32 × 24 × 3 - FC").input == Volume(32, 24, 3)


def test_read_volume():
    assert read_volume("32x24x3") == read_volume(" 32 X 24×3") == Volume(32, 24, 3)
    for text in (
        "",
        "32",
        "32x32",
        "0x1x1",
        "1x2x3x4",
        "axbxc",
        "9999999999x1x1",
        "٣x1x1",
        "-1x1x1",
    ):
        with pytest.raises(SettingsError):
            read_volume(text)
