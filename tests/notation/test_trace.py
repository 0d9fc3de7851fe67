from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convlens.errors import NotationError
from convlens.notation import Architecture, Plan, Row
from convlens.notation import layers as kinds

VGG16 = (
    "[[CONV {64,128,256,512,512} - RELU]*{2,2,3,3,3} - POOL]*5 "
    "- [FC 4096 - RELU - DROPOUT]*2 - FC 1000"
)


def plan(text: str, volume: tuple[int, int, int], classes: int | None = None) -> Plan:
    return Architecture(text).plan(volume, classes)


def volumes(rows: tuple[Row, ...]) -> list[str]:
    return [str(row.output) for row in rows]


def test_alexnets_first_layer():
    row = plan("CONV 96@11x11/4 valid - FC 10", (227, 227, 3)).rows[0]
    assert row.output == (55, 55, 96)
    assert row.parameters == 34_944
    assert row.formula == "11·11·3·96 + 96"
    assert row.multiply_adds == 3025 * 96 * 363


def test_alexnet_in_two_groups_as_published():
    text = (
        "CONV 96@11x11/4 valid - RELU - LRN - POOL 3x3/2 - "
        "CONV 256@5x5x48 pad 2 groups 2 - RELU - LRN - POOL 3x3/2 - "
        "CONV 384 - RELU - CONV 384 groups 2 - RELU - CONV 256 groups 2 - RELU - POOL 3x3/2 - "
        "[FC 4096 - RELU - DROPOUT]*2 - FC 1000"
    )
    whole = plan(text, (227, 227, 3))
    assert whole.parameters == 60_965_224
    assert [row.output[0] for row in whole.rows if row.name.startswith("pool")] == [27, 13, 6]


def test_vgg16_as_published():
    whole = plan(VGG16, (224, 224, 3))
    assert whole.parameters == 138_357_544
    assert whole.multiply_adds == 15_470_264_320
    assert whole.classes == 1000
    assert whole.rows[-8].name == "pool5"
    assert whole.rows[-8].output == (7, 7, 512)
    assert whole.rows[-8].receptive_field == (212, 212)


def test_the_notes_table_of_vgg_memory_sums_to_its_rows():
    text = VGG16.replace(" - RELU", "").replace(" - DROPOUT", "")
    assert plan(text, (224, 224, 3)).activations == 15_237_608


def test_convnetjs_on_cifar10():
    whole = plan("[CONV {16,20,20}@5x5 pad 2 - RELU - POOL]*3 - FC", (32, 32, 3), 10)
    assert volumes(whole.rows) == (
        ["32x32x16"] * 2 + ["16x16x16"] + ["16x16x20"] * 2 + ["8x8x20"] + ["8x8x20"] * 2
    ) + ["4x4x20", "1x1x10"]
    assert whole.parameters == 22_466


def test_shared_parameters_of_groups_and_depth_wise():
    rows = plan("CONV 8@3x3 groups 4 nobias - CONV 8 groups 8 - FC 10", (6, 6, 8)).rows
    assert (rows[0].parameters, rows[0].formula) == (3 * 3 * 2 * 8, "3·3·2·8")
    assert (rows[1].parameters, rows[1].formula) == (3 * 3 * 8 + 8, "3·3·1·8 + 8")
    assert rows[1].multiply_adds == 36 * 8 * 9


def test_counts_of_the_other_layers():
    text = "BN - RELU - POOL - DROPOUT - LRN - MAXOUT - FC 5 nobias - FC"
    rows = plan(text, (4, 4, 6), 3).rows
    assert [(row.parameters, row.formula) for row in rows if row.parameters] == [
        (12, "2·6"),
        (60, "12·5"),
        (18, "5·3 + 3"),
    ]
    assert [row.multiply_adds for row in rows] == [0] * 6 + [60, 15]
    assert rows[-1].layer == kinds.FullyConnected(units=3)


def test_names_count_each_kind_in_reading_order():
    text = (
        "CONV - RELU - RES[CONV - GELU - CONV 4/2] - CAT[CONV | | RELU - CONV] - BN - LRN - "
        "MAXOUT - DROPOUT - POOL - GLOBALPOOL - FC - SVM"
    )
    names = [(nesting, row.name) for nesting, row in plan(text, (8, 8, 3), 10).walk()]
    assert names == [
        (0, "conv1"),
        (0, "relu1"),
        (0, "res1"),
        (1, "conv2"),
        (1, "gelu1"),
        (1, "conv3"),
        (1, "conv4"),  # the implied projection
        (0, "cat1"),
        (1, "conv5"),
        (1, "relu2"),
        (1, "conv6"),
        *[(0, f"{name}1") for name in ("bn", "lrn", "maxout", "dropout", "pool")],
        *[(0, "gpool1"), (0, "fc1"), (0, "svm1")],
    ]


def test_the_implied_projection_is_a_row():
    res = plan("RES[CONV 8@3x3/2 - BN] - FC 10", (9, 9, 3)).rows[0]
    body, shortcut = res.branches
    assert [row.name for row in body] == ["conv1", "bn1"]
    (row,) = shortcut
    assert row.layer == kinds.Conv(filters=8, kernel=(1, 1), stride=2, bias=False)
    assert row.output == body[-1].output == res.output == (5, 5, 8)
    assert (row.parameters, res.parameters) == (24, 0)
    assert res.receptive_field == (3, 3)
    assert res.step == (2, 2)


def test_shortcuts():
    def shortcut(text: str) -> list[str]:
        res = plan(f"{text} - FC 10", (8, 8, 3)).rows[0]
        return [row.name for row in res.branches[1]]

    assert shortcut("RES[CONV 3]") == []
    assert shortcut("RES[CONV 3 | ]") == []
    assert shortcut("RES[CONV 4]") == ["conv2"]
    assert shortcut("RES[POOL | POOL 2x2 avg]") == ["pool2"]


def test_branches_are_joined_in_depth():
    cat = plan("CAT[CONV 4 | | POOL 3x3/1 same] - FC 10", (8, 8, 3)).rows[0]
    assert cat.output == (8, 8, 10)
    assert [len(branch) for branch in cat.branches] == [1, 0, 1]


windows = st.tuples(st.integers(1, 5), st.integers(1, 3), st.integers(1, 3))


@given(st.lists(windows, min_size=1, max_size=5))
def test_receptive_fields_against_the_pixels_that_count(chain: list[tuple[int, int, int]]):
    text = " - ".join(f"CONV 1@{f}x{f}/{s} dilate {d}" for f, s, d in chain)
    row = plan(f"{text} - FC 10", (40, 40, 1)).rows[len(chain) - 1]

    def pixels(output: int) -> set[int]:
        seen = {output}
        for f, s, d in reversed(chain):
            seen = {at * s + tap * d for at in seen for tap in range(f)}
        return seen

    first, second = pixels(0), pixels(1)
    assert row.receptive_field == (max(first) - min(first) + 1,) * 2
    assert row.step == (min(second) - min(first),) * 2


def test_what_sees_the_whole_picture():
    rows = plan("CONV 3@3x3 valid - POOL 2x2 - FC 4 - FC 10", (10, 8, 1)).rows
    assert [row.receptive_field for row in rows] == [(3, 3), (4, 4), (10, 8), (10, 8)]
    assert [row.step for row in rows] == [(1, 1), (2, 2), (2, 2), (2, 2)]
    assert plan("GLOBALPOOL - FC 10", (7, 5, 2)).rows[0].receptive_field == (7, 5)


@pytest.mark.parametrize(
    ("text", "volume", "classes"),
    [
        ("FC", (4, 4, 1), 7),
        ("FC 7", (4, 4, 1), 7),
        ("CONV 7@1x1 - GLOBALPOOL", (4, 4, 1), 7),
        ("CONV 7@4x4 valid", (4, 4, 1), 7),
        ("CONV 7", (1, 1, 3), 7),
        ("FC - RELU", (4, 4, 1), 7),
        ("POOL", (14, 2, 1), 7),
        ("FC 14 - MAXOUT", (4, 4, 1), 7),
    ],
)
def test_ends_that_give_a_value_for_each_class(text: str, volume, classes: int):
    assert plan(text, volume, classes).classes == classes


def test_classes_are_read_off_where_they_are_stated():
    assert plan("FC 7", (4, 4, 1)).classes == 7
    assert plan("CONV 5@1x1 - GLOBALPOOL", (4, 4, 1)).classes == 5
    assert plan("FC 8 - MAXOUT", (4, 4, 1)).classes == 4
    for text in ("FC", "CONV"):
        with pytest.raises(NotationError):
            plan(text, (4, 4, 1))


def test_the_stated_input_is_taken_and_another_refused():
    architecture = Architecture("INPUT 8x8x3 - FC 10")
    assert architecture.plan().input == architecture.plan((8, 8, 3)).input == (8, 8, 3)
    with pytest.raises(NotationError, match=r"8x8x3.*9x9x3"):
        architecture.plan((9, 9, 3))
    with pytest.raises(NotationError, match="not known"):
        Architecture("FC 10").plan()


def test_misfits_show_when_the_text_states_its_input():
    Architecture("INPUT - POOL - POOL - FC")
    with pytest.raises(NotationError, match="pool2"):
        Architecture("INPUT 2x2x1 - POOL - POOL - FC")
    Architecture("INPUT 2x2x1 - FC - POOL")  # behind a bare FC nothing is known yet
