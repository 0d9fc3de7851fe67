from __future__ import annotations

import json
import sys

import pytest

from convlens.data import Labelling, divide, load, open_source
from convlens.errors import DataError

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

LABELS = [0, 1, 0, 1, 0, 1]


def write(path, images, labels, names=None, image="image", label="label"):
    table = pa.table({image: images, label: labels})
    if names:
        told = {"info": {"features": {label: {"names": names, "_type": "ClassLabel"}}}}
        table = table.replace_schema_metadata({"huggingface": json.dumps(told)})
    path.parent.mkdir(exist_ok=True, parents=True)
    pq.write_table(table, path)


def structs(encoded, count=6):
    return [{"bytes": encoded(n), "path": f"{n}.png"} for n in range(count)]


def test_shards_as_the_hub_keeps_them(tmp_path, encoded):
    names = ["zebra", "ape", "cat"]
    data = tmp_path / "data"
    write(data / "train-00000-of-00002.parquet", structs(encoded), LABELS, names)
    write(data / "train-00001-of-00002.parquet", structs(encoded), LABELS, names)
    write(data / "test-00000-of-00001.parquet", structs(encoded), LABELS, names)
    source = open_source(tmp_path)
    assert source.classes == ("zebra", "ape", "cat")
    assert [item.part for item in source.items].count("train") == 12
    assert source.labels.tolist() == LABELS * 3
    dataset = load(source, divide(source, seed=0), width=8, height=6, channels=3)
    assert (len(dataset.test), dataset.skipped) == (6, ())


@pytest.mark.parametrize("labels", [LABELS, ["b", "a"] * 3])
@pytest.mark.parametrize("plain", [True, False])
def test_one_file(tmp_path, encoded, labels, plain):
    images = [s["bytes"] for s in structs(encoded)] if plain else structs(encoded)
    write(tmp_path / "set.parquet", images, labels, image="img", label="fine_label")
    source = open_source(tmp_path / "set.parquet")
    assert [source.classes[n] for n in source.labels] == [str(label) for label in labels]
    assert {item.part for item in source.items} == {None}


def test_rows_without_picture_or_label_are_skipped_by_name(tmp_path, encoded):
    images = [*structs(encoded, 4), {"bytes": None, "path": "x.png"}]
    write(tmp_path / "set.parquet", images, [0, 1, None, -1, 1], ["a", "b"])
    source = open_source(tmp_path / "set.parquet")
    assert [(s.file, s.reason) for s in source.skipped] == [
        ("set/000002", "has no label"),
        ("set/000003", "has no label"),
        ("set/000004", "holds no picture"),
    ]


def test_what_is_missing_is_said(tmp_path, encoded, monkeypatch):
    path = tmp_path / "set.parquet"
    write(path, structs(encoded), LABELS, label="what")
    with pytest.raises(DataError, match="no label column; its columns: `image`, `what`"):
        open_source(path)
    write(path, [1] * 6, LABELS)
    with pytest.raises(DataError, match="no image column"):
        open_source(path)
    path.write_bytes(b"PAR1 hello PAR1")
    with pytest.raises(DataError, match=r"set\.parquet is not a Parquet file, or damaged"):
        open_source(path)
    write(path, structs(encoded), LABELS)
    monkeypatch.setattr("convlens.data.sources.parquet.physical_memory", lambda: 1000)
    with pytest.raises(DataError, match="do not fit into memory"):
        open_source(path)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(DataError, match="needs pyarrow") as caught:
        open_source(path)
    assert "convlens[parquet]" in caught.value.hint


def test_files_of_which_only_some_are_parts_are_asked_about(tmp_path, encoded):
    for name in ("train-0", "test-0", "more"):
        write(tmp_path / f"{name}.parquet", structs(encoded), LABELS, ["a", "b"])
    with pytest.raises(DataError, match=r"more\.parquet in .* is named after no part"):
        open_source(tmp_path)
    (tmp_path / "more.parquet").unlink()
    assert {item.part for item in open_source(tmp_path).items} == {"train", "test"}


def test_files_that_number_their_classes_otherwise_are_refused(tmp_path, encoded):
    write(tmp_path / "train-0.parquet", structs(encoded), LABELS, ["a", "b"])
    write(tmp_path / "test-0.parquet", structs(encoded), LABELS, ["b", "a"])
    with pytest.raises(DataError, match="names other classes than the files before"):
        open_source(tmp_path)


def test_columns_may_be_said(tmp_path, encoded):
    path = tmp_path / "set.parquet"
    write(path, structs(encoded), LABELS, label="animal")
    with pytest.raises(DataError, match="no label column"):
        open_source(path)
    assert open_source(path, Labelling(columns={"label": "animal"})).classes == ("0", "1")
    with pytest.raises(DataError, match="no image column `x`"):
        open_source(path, Labelling(columns={"file": "x", "label": "animal"}))
