"""Labels in every form: what is missing, one-hot, several, or spelled in two ways."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from convlens.data import open_source
from convlens.data.names import printable
from convlens.data.sources.labels import read_labels
from convlens.errors import DataError

NAN = float("nan")
PICTURES = np.random.default_rng(0).integers(0, 256, (6, 6, 8), dtype=np.uint8)


def labelled(source):
    """The class of each row that is left, by its number."""
    return {int(item.name.split()[0]): source.classes[item.label] for item in source.items}


MISSING = [
    (["cat", NAN, "dog", "cat", None, "dog"], {0: "cat", 2: "dog", 3: "cat", 5: "dog"}),
    (("cat", "", "dog", "cat", "  ", "dog"), {0: "cat", 2: "dog", 3: "cat", 5: "dog"}),
    ([1, NAN, 2, 1, None, 2], {0: "1", 2: "2", 3: "1", 5: "2"}),
    (np.array([1, NAN, 2, 1, NAN, 2]), {0: "1", 2: "2", 3: "1", 5: "2"}),
    (np.array([[1], [NAN], [2], [1], [NAN], [2]]), {0: "1", 2: "2", 3: "1", 5: "2"}),
    (np.array(["a", None, "b", "a", NAN, "b"], object), {0: "a", 2: "b", 3: "a", 5: "b"}),
    (np.ma.array([1, 9, 2, 1, 9, 2], mask=[0, 1, 0, 0, 1, 0]), {0: "1", 2: "2", 3: "1", 5: "2"}),
    ([True, None, False, True, NAN, False], {0: "1", 2: "0", 3: "1", 5: "0"}),
    (torch.tensor([1.0, NAN, 2.0, 1.0, NAN, 2.0]), {0: "1", 2: "2", 3: "1", 5: "2"}),
    ([["a"], [], ["b"], ("a",), [None], {"b"}], {0: "a", 2: "b", 3: "a", 5: "b"}),
]


@pytest.mark.parametrize(("labels", "expected"), MISSING)
def test_a_picture_without_a_label_is_left_out_by_its_row(labels, expected):
    source = open_source((PICTURES, labels))
    assert labelled(source) == expected
    assert [(s.file, s.reason) for s in source.skipped] == [
        ("row 1", "has no label"),
        ("row 4", "has no label"),
    ]
    assert source.warnings == ("2 of 6 pictures have no label: left out (rows 1, 4)",)
    for item in source.items:
        assert np.array_equal(item.place[..., 0], PICTURES[int(item.name)])


@pytest.mark.parametrize(
    "kind", ["object", "str", "string", "category", "Int64", "float64", "boolean"]
)
def test_columns_of_pandas_are_missing_where_pandas_says_so(kind):
    pd = pytest.importorskip("pandas")
    numbers = kind in ("Int64", "float64")
    values = [1, None, 0, 1, None, 0] if numbers or kind == "boolean" else list("a-b--b")
    column = pd.Series([None if v == "-" else v for v in values], dtype=kind)
    found = labelled(open_source((PICTURES, column)))
    shown = {n: str(int(v)) if kind not in ("object", "str", "string", "category") else v
             for n, v in column.items() if not pd.isna(v)}  # fmt: skip
    assert found == shown
    assert labelled(open_source((PICTURES, column.to_frame()))) == shown


def test_what_numpy_made_text_is_missing_and_said_once():
    coerced = np.asarray(["cat", NAN, "dog", "NA", "cat", "null"])
    assert coerced[1] == "nan"
    source = open_source((PICTURES, coerced))
    assert labelled(source) == {0: "cat", 2: "dog", 4: "cat"}
    texts, count = source.warnings
    assert texts.startswith("the labels `nan`, `NA`, `null` count as missing, as pandas reads")
    assert count.startswith("3 of 6 pictures have no label")


def test_missing_texts_are_those_of_pandas(tmp_path):
    pd = pytest.importorskip("pandas")
    texts = ["NA", "None", "none", "n/a", "nan", "Nan", "NULL", "<NA>", "-", "missing", "#N/A"]
    (tmp_path / "t.csv").write_text("label\n" + "\n".join(texts))
    column = pd.read_csv(tmp_path / "t.csv")["label"]
    read = read_labels(texts, "row {}".format, "arrays").values
    assert [value is None for value in read] == column.isna().tolist()


def test_a_class_may_be_called_na_where_it_is_listed():
    labels = ["NA", "EU", "NA", "EU", "", "NA"]
    source = open_source({"x": PICTURES, "y": labels, "classes": ["NA", "EU"]})
    assert labelled(source) == {0: "NA", 1: "EU", 2: "NA", 3: "EU", 5: "NA"}
    assert len(source.warnings) == 1
    by_class = open_source({"NA": PICTURES[:2], "EU": PICTURES[2:]})
    assert (by_class.classes, by_class.warnings) == (("EU", "NA"), ())


def test_rows_keep_their_numbers_in_parts_and_many_are_counted(tmp_path):
    labels = np.where(np.arange(6) < 3, NAN, [0, 1, 0, 1, 0, 1])
    np.savez(tmp_path / "set.npz", x_train=PICTURES, y_train=labels, x_val=PICTURES, y_val=labels)
    source = open_source(tmp_path / "set.npz")
    assert source.warnings == (
        "6 of 12 pictures have no label: left out (rows 0, 1, 2 of train; "
        "rows 0, 1 of validation, …)",
    )
    assert [item.name for item in source.items][:2] == ["train/000003", "train/000004"]
    assert source.skipped[3].file == "row 0 of validation"


def test_parquet_knows_the_same_labels_as_missing(tmp_path, encoded):
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    images = [encoded(n) for n in range(6)]
    for labels, classes in [
        ([1.0, NAN, 2.0, 1.0, None, 2.0], ("1", "2")),
        (["cat ", "NA", "dog", "cat", "", " dog"], ("cat", "dog")),
        ([["a"], [], ["b"], ["a"], None, ["b"]], ("a", "b")),
        ([True, None, False, True, None, False], ("False", "True")),
    ]:
        pq.write_table(pa.table({"image": images, "label": labels}), tmp_path / "set.parquet")
        source = open_source(tmp_path / "set.parquet")
        assert source.classes == classes
        assert [s.file for s in source.skipped] == ["set/000001", "set/000004"]
        assert "(rows set/000001, set/000004)" in source.warnings[-1]
    several = pa.table({"image": images[:2], "label": [["a"], ["a", "b"]]})
    pq.write_table(several, tmp_path / "set.parquet")
    with pytest.raises(DataError, match=r"set/000001 has 2 labels \(a, b\)"):
        open_source(tmp_path / "set.parquet")


ONE_HOT = np.eye(3, dtype=int)[[2, 0, 1, 2, 0, 1]]


@pytest.mark.parametrize(
    "table",
    [
        ONE_HOT,
        ONE_HOT.astype(float),
        ONE_HOT.astype(bool),
        ONE_HOT.tolist(),
        list(ONE_HOT),
        torch.from_numpy(ONE_HOT),
        np.ma.array(ONE_HOT),
    ],
)
def test_a_one_hot_table_is_read_as_its_argmax(table):
    source = open_source((PICTURES, table))
    assert source.classes == ("0", "1", "2")
    assert source.labels.tolist() == ONE_HOT.argmax(1).tolist()
    named = open_source({"x": PICTURES, "y": table, "classes": ["red", "green", "blue"]})
    assert named.classes == ("red", "green", "blue")
    assert named.labels.tolist() == ONE_HOT.argmax(1).tolist()


def test_the_columns_of_a_frame_name_the_classes_of_a_one_hot_table():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(ONE_HOT, columns=["red", "green", "blue"])
    source = open_source((PICTURES, frame))
    assert source.classes == ("red", "green", "blue")
    assert labelled(source) == frame.idxmax(axis=1).to_dict()
    frame.loc[1] = 0
    assert labelled(open_source((PICTURES, frame))).keys() == {0, 2, 3, 4, 5}
    frame.loc[4, "green"] = 1
    with pytest.raises(DataError, match=r"row 4 has 2 labels \(red, green\)") as caught:
        open_source((PICTURES, frame))
    assert "several labels is not there yet" in caught.value.hint
    other = frame.loc[[0, 2], ["blue", "red", "green"]]
    parts = {"train": (PICTURES[[0, 2]], frame.loc[[0, 2]]), "test": (PICTURES[:2], other)}
    assert open_source(parts).labels.tolist() == [2, 1, 2, 1]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([1.5, 2, 1, 2, 1, 2], "row 0 has the label 1.5, which names no class"),
        (np.array([1, 2, 1, 2.25, 1, 2]), "row 3 has the label 2.25"),
        ([1, 2, math.inf, 1, 1, 2], "row 2 has the label inf"),
        ([["a"], ["b", "c"], ["a"], ["a"], ["a"], ["a"]], r"row 1 has 2 labels \(b, c\)"),
        ([[3, 5]] * 6, r"row 0 has 2 labels \(3, 5\)"),
        (np.full((6, 3), 3), r"row 0 has 3 labels \(3, 3, 3\)"),
        (np.full((6, 3), 1 / 3), "row 0 holds 0.333333; a one-hot row holds one 1 and else 0"),
        ([1, "a", 2, 1, 1, 1], "row 0 has the number 1 as its label, row 1 the text `a`"),
        ([object()] * 6, "row 0 has a object as its label"),
        ([None] * 6, "none of 6 pictures has a label"),
        (["Red", "red"] * 3, "`Red` and `red` of arrays differ in case or white space only"),
        (["fire  truck", "fire truck"] * 3, "differ in case or white space only"),
        ({0: 1}, "come as a dict"),
    ],
)
def test_labels_that_name_no_class_are_refused_by_row(labels, message):
    with pytest.raises(DataError, match=message) as caught:
        open_source((PICTURES, labels))
    assert "\n" not in caught.value.message
    assert caught.value.hint


def test_white_space_around_a_label_is_no_part_of_it():
    source = open_source((PICTURES, ["red", "red ", "\tblue", "blue", "cafe\u0301", "café"]))
    assert (source.classes, source.warnings) == (("blue", "café", "red"), ())


def test_parts_that_spell_a_class_in_two_ways_are_joined_and_said():
    parts = {"val": (PICTURES, ["red", "BLUE"] * 3), "train": (PICTURES, ["Red", "blue"] * 3)}
    source = open_source(parts)
    assert source.classes == ("Red", "blue")
    assert source.labels.tolist() == [0, 1] * 6
    assert source.warnings == (
        "the class `BLUE` is taken for `blue`",
        "the class `red` is taken for `Red`",
    )
    listed = {"x": PICTURES, "y": ["Red", "red"] * 3, "classes": ["red", "Red"]}
    assert open_source(listed).labels.tolist() == [1, 0] * 3


cells = st.one_of(st.none(), st.just(NAN), st.integers(-5, 5), st.booleans())


@given(st.lists(cells, min_size=1))
def test_numbers_come_back_as_they_were(values):
    read = read_labels(values, "row {}".format, "arrays").values
    for value, label in zip(values, read, strict=True):
        missing = value is None or value != value
        assert label is None if missing else (label == value and type(label) is int)


@given(st.lists(st.text(max_size=6), min_size=1))
def test_any_text_is_a_label_as_it_prints_or_missing(texts):
    read = read_labels(texts, "row {}".format, "arrays")
    for text, label in zip(texts, read.values, strict=True):
        assert label in (printable(text.strip()), None)
        assert label is not None or not text.strip() or text.strip() in read.texts
