from __future__ import annotations

import json
import tarfile
import zipfile

import pytest

from convlens.data import divide, load, open_source
from convlens.data.sources.table import read_table
from convlens.errors import DataError

FLAT = ("1.png", "2.png", "3.png", "4.png")


def told(source) -> dict[str, str]:
    return {item.name: source.classes[item.label] for item in source.items}


def reasons(source) -> dict[str, str]:
    return {skipped.file: skipped.reason for skipped in source.skipped}


LABELS = {"1.png": "cat", "2.png": "dog", "3.png": "cat", "4.png": "dog"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("labels.csv", "file,label\n1.png,cat\n2.png,dog\n3.png,cat\n4.png,dog\n"),
        ("labels.csv", "\ufeffFile Name;Class\r\n1.png;cat\r\n2.png;dog\r\n3.png;cat\r\n4.png;dog"),
        ("labels.tsv", "image\tx\tcategory\n1.png\t\tcat\n2\t\tdog\n3\t\tcat\n4.png\t9\tdog\n"),
        ("train.csv", "id,target\n1,cat\n2,dog\n3,cat\n4,dog\n"),
        ("any.CSV", "1.png,cat\n2.png,dog\n3.png,cat\n4.png,dog\n"),
        ("metadata.csv", 'file_name,label\n"1.png",cat\n./2.png,dog\n3.png,cat\n4.png,dog\n\n'),
        ("labels.jsonl", "\n".join(json.dumps({"file": f, "label": c}) for f, c in LABELS.items())),
    ],
)
def test_a_table_tells_the_classes_of_a_flat_folder(tree, name, text):
    folder = tree(*FLAT)
    (folder / name).write_text(text, encoding="utf-8", newline="")
    source = open_source(folder)
    assert told(source) == LABELS
    assert (source.classes, source.skipped, source.warnings) == (("cat", "dog"), (), ())
    assert told(open_source(folder / name)) == LABELS


def test_numbers_are_sorted_by_value(tree):
    folder = tree(*FLAT)
    (folder / "labels.jsonl").write_text(
        "\n".join(
            json.dumps({"file": f, "label": n}) for f, n in zip(FLAT, (10, 9, 2, 2), strict=True)
        )
    )
    assert open_source(folder).classes == ("2", "9", "10")


def test_parts_come_from_a_column_or_from_folders(tree):
    folder = tree(*FLAT)
    rows = ["file,label,split", "1.png,cat,train", "2.png,dog,Train", "3.png,cat,dev"]
    (folder / "labels.csv").write_text("\n".join([*rows, "4.png,dog,test"]))
    parts = [item.part for item in open_source(folder).items]
    assert parts == ["train", "train", "validation", "test"]
    hub = tree("train/1.png", "train/2.png", "test/1.png", "test/2.png", root="hub")
    for part in ("train", "test"):
        text = f"file_name,label\n1.png,{part[:2]}\n2.png,dog\n"
        (hub / part / "metadata.csv").write_text(text)
    source = open_source(hub)
    assert told(source) == {
        "train/1.png": "tr",
        "train/2.png": "dog",
        "test/1.png": "te",
        "test/2.png": "dog",
    }
    assert [item.part for item in source.items] == ["test", "test", "train", "train"]
    assert source.classes == ("dog", "te", "tr")  # of both parts: no index is shifted


@pytest.mark.parametrize("pack", ["zip", "tar", "tar.gz"])
def test_tables_in_archives(tree, tmp_path, pack):
    folder = tree(*(f"set/pictures/{name}" for name in FLAT))
    (folder / "set/labels.csv").write_text(
        "file,label\n" + "".join(f"{file},{label}\n" for file, label in LABELS.items())
    )
    path = tmp_path / f"set.{pack}"
    if pack == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            for file in sorted(folder.rglob("*.*")):
                packed.write(file, file.relative_to(folder))
    else:
        with tarfile.open(path, f"w:{pack.partition('.')[2]}") as packed:
            packed.add(folder / "set", "set")
    source = open_source(path)
    assert told(source) == {f"pictures/{file}": label for file, label in LABELS.items()}
    dataset = load(source, divide(source, seed=0, test=0), width=4, height=4, channels=3)
    assert len(dataset.train) + len(dataset.validation) == 4


def test_each_wrong_row_is_told_with_its_line(tree):
    folder = tree(*FLAT, "5.png", "6.png", "7.png")
    rows = [
        "file,label,split",
        "1.png,cat,train",
        "2.png,dog,train",
        "gone.png,cat,train",
        "3.png,,train",
        "4.png,cat,train",
        "4.png,dog,train",
        "../elsewhere/1.png,cat,train",
        "/etc/passwd,cat,train",
        ",cat,train",
        "5.png,cat,third",
        "6.png,cat,train",
        "6.png,cat,train",
    ]
    (folder / "labels.csv").write_text("\n".join(rows))
    source = open_source(folder)
    assert told(source) == {"1.png": "cat", "2.png": "dog", "6.png": "cat"}
    assert reasons(source) == {
        "gone.png": "line 4 of labels.csv names it, but it is not there",
        "3.png": "line 5 of labels.csv gives it no label",
        "4.png": "line 7 of labels.csv says `dog`, line 6 `cat`",
        "../elsewhere/1.png": "line 8 of labels.csv leads out of the folder",
        "/etc/passwd": "line 9 of labels.csv leads out of the folder",
        "line 10 of labels.csv": "names no file",
        "5.png": "line 11 of labels.csv puts it in the unknown part `third`",
    }
    assert source.warnings == (
        "1 picture has no label: left out (line 5)",
        "1 file is not named in labels.csv: left out",
    )


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("labels.csv", b"file,kind\n1.png,cat", "labels.csv has no column for the label; "),
        ("labels.csv", b"what,label\nfirst,cat", "has no column for the file; its columns: `what`"),
        ("labels.csv", b"file,label\n1.png,caf\xe9", r"not in UTF-8 \(line 2: the byte 0xe9\)"),
        (
            "labels.csv",
            b'file,label\n"1.png,cat',
            "labels.csv, line 2: a quote is opened",
        ),
        ("labels.csv", b"file,label\ngone.png,cat", "no row of labels.csv can be used: gone.png"),
        ("labels.jsonl", b'{"file": "1.png"', "labels.jsonl, line 1: not JSON"),
        ("labels.jsonl", b"[1]", "labels.jsonl, line 1: not a JSON object"),
        ("labels.jsonl", b"[" * 100_000, "labels.jsonl, line 1: not JSON"),
        ("labels.csv", b"file,label,part\n1.png,a,train\n2.png,b,", "a part and others none"),
        ("labels.csv", b"", "labels.csv has no rows"),
        ("labels.csv", b"file,label\n", "labels.csv has no rows"),
    ],
)
def test_tables_that_are_none(tree, name, content, message):
    folder = tree(*FLAT)
    (folder / name).write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        open_source(folder)
    assert "\n" not in caught.value.message


def test_endings_are_found_in_any_case(tree):
    folder = tree("a/1.JPG", "a/2.png", "b/1.jpg", "3.PNG", "4.png", "4.PNG")
    rows = ["file,label", "a/1.jpg,cat", "b/1.JPG,dog", "2.PNG,dog", "3.png,cat", "4.Png,cat"]
    (folder / "labels.csv").write_text("\n".join(rows))
    source = open_source(folder / "labels.csv")
    assert told(source) == {"a/1.JPG": "cat", "b/1.jpg": "dog", "a/2.png": "dog", "3.PNG": "cat"}
    assert reasons(source) == {"4.Png": "line 6 of labels.csv names it, but 2 files are called so"}


def test_the_hint_says_what_to_mend(tree):
    folder = tree(*FLAT)
    with pytest.raises(DataError) as untold:
        open_source(folder)
    assert "labels.csv" in untold.value.hint
    (folder / "labels.csv").write_text("file,label\ngone.png,cat")
    with pytest.raises(DataError) as gone:
        open_source(folder)
    assert "folder" in gone.value.hint


def test_class_folders_come_before_a_table_that_lies_beside_them(tree):
    folder = tree("a/1.png", "a/2.png", "b/3.png")
    (folder / "predicted.csv").write_text("image,class\na/1.png,x\nb/3.png,y\n")
    (folder / "notes.csv").write_bytes(b'"\xff')
    source = open_source(folder)
    assert source.classes == ("a", "b")
    assert source.warnings == (
        "predicted.csv is not used, as the class folders tell the classes: give it itself to use "
        "it",
    )
    assert told(open_source(folder / "predicted.csv")) == {"a/1.png": "x", "b/3.png": "y"}


def test_a_name_that_two_files_have_is_not_guessed(tree):
    folder = tree("x/1.png", "y/1.png", "y/2.png", root="many")
    (folder / "labels.csv").write_text("file,label\n1.png,a\nx/1.png,b\n2.png,a\n")
    source = open_source(folder / "labels.csv")
    assert told(source) == {"x/1.png": "b", "y/2.png": "a"}
    assert reasons(source) == {"1.png": "line 2 of labels.csv names it, but 2 files are called so"}


def test_lines_are_counted_as_an_editor_does():
    table = read_table("t.csv", b'file,label\r\n\r\n"a\nb.png",x\r\nc.png,y\r\n')
    assert [(row.number, row.file) for row in table.rows] == [(4, "a\nb.png"), (5, "c.png")]
