"""Folders as people have them: each is read as it is meant, or the question says how to answer."""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter

import numpy as np
import pytest

from convlens.data import Labelling, divide, learnable, load, open_source
from convlens.data.sources.doubts import is_beside
from convlens.errors import DataError, SettingsError


def told(source):
    """Pictures by class and part."""
    return dict(Counter((source.classes[item.label], item.part) for item in source.items))


def both(folder, *parts, count=2):
    return [f"{folder}{p}/{c}/{n}.png" for p in parts for c in ("cat", "dog") for n in range(count)]


@pytest.mark.parametrize(
    ("train", "other", "part"),
    [
        ("training_set", "test_set", "test"),
        ("seg_train", "seg_test", "test"),
        ("train_images", "val_images", "validation"),
        ("TRAIN", "DEV", "validation"),
        ("Train", "Holdout", "test"),
        ("trainset", "testset", "test"),
        ("TrainingData", "ValidationData", "validation"),
        ("my-train-v2", "my-test-v2", "test"),
        ("train2017", "val2017", "validation"),
        ("train_val", "test", "test"),
    ],
)
def test_words_of_parts_in_names_of_folders(tree, train, other, part):
    source = open_source(tree(*both("", train, other)))
    assert source.classes == ("cat", "dog")
    assert {item.part for item in source.items} == {"train", part}
    assert all((item.part == "train") == item.name.startswith(train) for item in source.items)


def test_folders_in_folders_of_parts_that_are_called_alike(tree):
    source = open_source(tree(*both("", "seg_train/seg_train", "seg_test/seg_test"),
                              "seg_pred/seg_pred/1.png"))  # fmt: skip
    assert told(source) == {(c, p): 2 for c in ("cat", "dog") for p in ("train", "test")}
    assert source.warnings == ("`seg_pred`: 1 picture without labels left out",)


@pytest.mark.parametrize("folder", ["test", "val", "test1/images", "test/test", "test/unknown"])
def test_a_part_without_labels_is_left_out(tree, folder):
    source = open_source(tree(*both("", "train"), f"{folder}/1.png", f"{folder}/2.png"))
    assert told(source) == {("cat", "train"): 2, ("dog", "train"): 2}
    assert len(source.warnings) == 1
    assert "2 pictures left out" in source.warnings[0]


@pytest.mark.parametrize(
    ("paths", "message", "hint"),
    [
        ([*both("", "2023", "2024")], "all hold `cat`, `dog`", "level 2: `cat`, `dog`"),
        (["a/airfield/1.png", "a/alley/1.png", "b/bridge/1.png"], "either may be", "--class-level"),
        ([*both("", "train"), *both("", "extra")], "`train` in photos may be a part", "-level 1"),
        (["cat/1.png", "dog/1.png", "test/1.png"], "`test` in photos may be a part", "classes=-te"),
        (["train/1.png", "bus/1.png", "test/2.png"], "`test` in photos may be", "--class-level 1"),
        (["train/1.png", "test/1.png"], "lie in no class folder", "labels.csv"),
        (["train/1.png"], "lie in no class folder", "labels.csv"),
        (
            ["train_a/cat/1.png", "train_b/cat/1.png", "test/cat/1.png"],
            "both the part train",
            "one",
        ),
        (
            ["x/train/cat/1.png", "x/train/dog/1.png", "y/test/cat/1.png"],
            "holds? no pictures but",
            "",
        ),
        (["cat/train/1.png", "cat/test/2.png", "dog/1.png"], "`dog` in photos has no parts", "eve"),
    ],
)
def test_what_names_do_not_tell_is_asked(tree, paths, message, hint):
    with pytest.raises(DataError, match=message) as caught:
        open_source(tree(*paths))
    assert hint in caught.value.hint


def test_the_answer_is_taken(tree):
    folder = tree(*both("", "2023", "2024"))
    assert open_source(folder, Labelling(class_level=2)).classes == ("cat", "dog")
    assert open_source(folder, Labelling(class_level=-1)).classes == ("cat", "dog")
    assert open_source(folder, Labelling(class_level=1)).classes == ("2023", "2024")
    with pytest.raises(DataError, match="level 3") as caught:
        open_source(folder, Labelling(class_level=3))
    assert caught.value.hint == "level 1: `2023`, `2024`; level 2: `cat`, `dog`"
    parts = open_source(tree(*both("x/", "train", "test"), root="p"), Labelling(class_level=3))
    assert told(parts) == {(c, p): 2 for c in ("cat", "dog") for p in ("train", "test")}


def test_parts_in_the_folders_of_classes(tree):
    paths = [f"{c}/{p}/{n}.png" for c in ("cat", "dog") for p in ("train", "test") for n in "12"]
    source = open_source(tree(*paths, "cat/notes/1.png"))
    assert told(source) == {(c, p): 2 for c in ("cat", "dog") for p in ("train", "test")}
    assert source.warnings == ("1 picture in no part like train or test: left out",)


@pytest.mark.parametrize("inner", ["images", "{c}", "video_{n}", "Patient {n}"])
def test_folders_of_classes_with_folders_that_tell_nothing(tree, inner):
    paths = [f"{c}/{inner.format(c=c, n=n)}/{n}.png" for c in ("cat", "dog") for n in range(3)]
    source = open_source(tree(*paths))
    assert source.classes == ("cat", "dog")
    assert ("{n}" in inner) == any("--class-level 2" in line for line in source.warnings)


@pytest.mark.parametrize(
    "junk",
    ["@eaDir/1.png/SYNOPHOTO_THUMB_S.png", ".@__thumb/1.png", "#recycle/1.png", "lost+found/1.png",
     "$RECYCLE.BIN/1.png", "System Volume Information/1.png", "__pycache__/1.png", "@Recycle/1.png",
     "__MACOSX/1.png", "#snapshot/a/1.png", "FOUND.000/1.png", "1.png@SynoEAStream"],
)  # fmt: skip
def test_what_systems_leave_behind(tree, junk):
    source = open_source(tree("cat/1.png", "dog/1.png", junk, f"cat/{junk}"))
    assert (told(source), source.warnings) == ({("cat", None): 1, ("dog", None): 1}, ())


@pytest.mark.parametrize("beside", ["LICENSE", "readme", "preview.png", "Thumbs.db"])
def test_what_lies_beside_the_one_folder_around_all(tree, beside):
    folder = tree("PetImages/cat/1.png", "PetImages/cat/2.png", "PetImages/dog/1.png",
                  "PetImages/dog/2.png")  # fmt: skip
    (folder / beside).write_bytes((folder / "PetImages/cat/1.png").read_bytes())
    source = open_source(folder)
    assert source.classes == ("cat", "dog")
    assert len(source.warnings) == (beside == "preview.png")


def test_spellings_of_one_class_in_two_parts_are_joined(tree):
    paths = ["train/red/1.png", "train/green/1.png", "val/Red/2.png", "val/green /2.png"]
    source = open_source(tree(*paths))
    assert told(source) == {(c, p): 1 for c in ("red", "green") for p in ("train", "validation")}
    assert set(source.warnings) == {
        "the class `green ` is taken for `green`: 1 picture",
        "the class `Red` is taken for `red`: 1 picture",
    }


def test_spellings_of_one_class_in_one_part_are_asked_about(tree):
    folder = tree("red/1.png", "Red/2.png", "blue/3.png")
    with pytest.raises(DataError, match="`Red` and `red` of photos differ in case") as caught:
        open_source(folder)
    assert "--classes 'Red=Red|red,*' joins them" in caught.value.hint
    joined = open_source(folder, Labelling(classes=("Red=Red|red", "*")))
    assert told(joined) == {("Red", None): 2, ("blue", None): 1}
    apart = open_source(folder, Labelling(classes=("Red", "red", "*")))
    assert apart.classes == ("Red", "red", "blue")
    assert open_source(tree("a/1.png", "A/2.png", root="letters")).classes == ("A", "a")


@pytest.mark.parametrize("name", ["aaa", "zzz"])
def test_a_class_without_training_pictures_is_left_out(tree, name):
    source = open_source(tree(*both("", "train", "val"), f"val/{name}/1.png"))
    assert name in source.classes
    learned = learnable(source)
    assert learned.classes == ("cat", "dog")
    assert told(learned) == {(c, p): 2 for c in ("cat", "dog") for p in ("train", "validation")}
    assert learned.warnings == (
        f"the class `{name}` has no training picture: 1 of other parts left out",
    )
    assert learnable(learned) is learned


def csv(folder, name, *rows):
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(rows), encoding="utf-8")


def test_a_table_for_each_part(tree):
    folder = tree(*(f"images/{n}.png" for n in "1234"))
    csv(folder, "train.csv", "file,label", "images/1.png,cat", "images/2.png,dog")
    csv(folder, "test_labels.csv", "file,label", "images/3.png,cat", "images/4.png,dog")
    assert told(open_source(folder)) == {
        (c, p): 1 for c in ("cat", "dog") for p in ("train", "test")
    }


def test_a_table_in_the_folder_of_each_part(tree):
    folder = tree(*(f"{p}/{n}.png" for p in ("train", "valid") for n in "12"))
    for part in ("train", "valid"):
        csv(folder, f"{part}/_classes.csv", "filename, red, green", "1.png, 1, 0", "2.png, 0, 1")
    source = open_source(folder)
    assert told(source) == {(c, p): 1 for c in ("red", "green") for p in ("train", "validation")}
    csv(folder, "train/_classes.csv", "filename, red, green", "1.png, 1, 1", "2.png, 0, 1")
    with pytest.raises(DataError, match=r"line 2: has 2 labels \(`red`, `green`\)"):
        open_source(folder)


def test_predictions_are_never_truth(tree):
    folder = tree("train/1.png", "train/2.png", "test/3.png")
    csv(folder, "train.csv", "id,label", "1.png,cat", "2.png,dog")
    csv(folder, "sample_submission.csv", "id,label", "3.png,cat")
    csv(folder, "mine.csv", "image,class,probability,cat,dog", "3.png,dog,0.9,0.1,0.9")
    source = open_source(folder)
    assert told(source) == {("cat", "train"): 1, ("dog", "train"): 1}
    assert "`mine.csv`, `sample_submission.csv` are not used" in source.warnings[0]
    for name in ("sample_submission.csv", "mine.csv"):
        with pytest.raises(DataError, match="holds predictions by its") as caught:
            open_source(folder / name)
        assert "--columns" in caught.value.hint


def test_tables_that_disagree_are_refused_by_name_and_line(tree):
    folder = tree("1.png", "2.png")
    csv(folder, "labels.csv", "file,label", "1.png,cat", "2.png,dog")
    csv(folder, "old.csv", "file,label", "2.png,dog", "1.png,dog")
    with pytest.raises(DataError, match=r"labels\.csv and old.csv disagree: line 2 and line 3 say"):
        open_source(folder)
    csv(folder, "old.csv", "file,label", "2.png,dog", "1.png,cat")
    with pytest.raises(DataError, match="all tell labels") as caught:
        open_source(folder)
    assert "…/labels.csv" in caught.value.hint
    csv(folder, "old.csv", "file,label", "7.png,dog", "8.png,cat")  # of no picture here
    assert told(open_source(folder)) == {("cat", None): 1, ("dog", None): 1}


def test_tables_and_folders_that_disagree_are_refused(tree):
    folder = tree("x/1.png", "x/2.png", "y/1.png", "y/2.png")
    csv(folder, "labels.csv", "file,label", "x/1.png,cat", "x/2.png,dog")
    with pytest.raises(DataError, match=r"labels\.csv and the folders disagree: line 3") as caught:
        open_source(folder)
    assert "--class-level" in caught.value.hint
    assert open_source(folder / "labels.csv").classes == ("cat", "dog")
    assert open_source(folder, Labelling(class_level=1)).classes == ("x", "y")
    csv(folder, "labels.csv", "file,label", "x/1.png,7", "y/1.png,8")
    assert open_source(folder).classes == ("x", "y")
    csv(folder, "metadata.csv", "file,label", "x/1.png,7", "y/1.png,7")
    with pytest.raises(DataError, match=r"metadata\.csv and the folders disagree: line 3"):
        open_source(folder)


def test_tables_beside_class_folders_may_tell_the_parts(tree):
    folder = tree("cat/1.png", "cat/2.png", "dog/1.png", "dog/2.png")
    csv(folder, "train.csv", "file", "cat/1.png", "dog/1.png")
    csv(folder, "test.csv", "file", "cat/2.png", "dog/2.png")
    source = open_source(folder)
    assert told(source) == {(c, p): 1 for c in ("cat", "dog") for p in ("train", "test")}
    assert source.warnings == ("the parts are those that `test.csv`, `train.csv` tell",)
    csv(folder, "test.csv", "file", "cat/2.png")
    with pytest.raises(DataError, match=r"gives some pictures a part and others none \(dog/2"):
        open_source(folder)


def test_folders_in_numbers_beside_a_table_that_lists_them(tree):
    folder = tree(*(f"images_part_{n % 2 + 1}/{n}.png" for n in range(8)))
    csv(
        folder,
        "HAM_metadata.csv",
        "image_id,dx,age",
        *(f"{n},{'ab'[n % 3 % 2]},{n}" for n in range(8)),
    )
    with pytest.raises(DataError, match="which of its columns is the label") as caught:
        open_source(folder)
    assert "--columns" in caught.value.hint
    source = open_source(folder, Labelling(columns={"label": "dx"}))
    assert source.classes == ("a", "b")
    with pytest.raises(DataError, match="has no column `sex`; its columns: `image_id`, `dx`"):
        open_source(folder, Labelling(columns={"label": "sex"}))


def test_a_row_never_takes_another_folders_file(tree):
    folder = tree("train/1.png", "train/2.png", "test/lost.png", "test/1.png")
    csv(folder, "train.csv", "path,label", "train/1.png,cat", "2.png,dog", "train/lost.png,cat")
    source = open_source(folder)
    assert {item.name: source.classes[item.label] for item in source.items} == {
        "train/1.png": "cat", "train/2.png": "dog",
    }  # fmt: skip
    assert [one.file for one in source.skipped] == ["train/lost.png"]
    csv(folder, "train.csv", "path,label", "1.png,cat", "2.png,dog", "lost.png,cat")
    assert len(open_source(folder)) == 2  # a bare name of train is looked for in train


@pytest.mark.parametrize(
    "spelled",
    ["{root}/images/{n}.png", "images\\{n}.png", "photos/images/{n}.png",
     "../photos/images/{n}.png",
     "/data/old/photos/images/{n}.png", "C:\\old\\photos\\images\\{n}.png", "{n}", "{n}.PNG",
     "file://{root}/images/{n}.png", "./images//{n}.png", "IMAGES/{n}.png"],
)  # fmt: skip
def test_paths_are_understood(tree, spelled):
    folder = tree("images/1.png", "images/2.png", "other/3.png")
    rows = [f"{spelled.format(root=folder, n=n)},{c}" for n, c in ((1, "cat"), (2, "dog"))]
    csv(folder, "labels.csv", "file,label", *rows)
    source = open_source(folder / "labels.csv")
    assert told(source) == {("cat", None): 1, ("dog", None): 1}
    assert source.skipped == ()


@pytest.mark.parametrize(
    "spelled", ["other/2.png", "/x/other/2.png", "images/x/2.png", "a/b/2.png"]
)
def test_a_class_that_is_lost_with_its_files_is_an_error(tree, spelled):
    folder = tree("images/1.png", "images/2.png", "images/3.png")
    csv(
        folder, "labels.csv", "file,label", "images/1.png,cat", "images/3.png,owl", f"{spelled},dog"
    )
    with pytest.raises(DataError, match="no picture of the class `dog` is found: line 4") as caught:
        open_source(folder)
    assert "--classes='-dog'" in caught.value.hint
    assert open_source(folder, Labelling(classes=("cat", "owl"))).classes == ("cat", "owl")


def test_missing_labels_are_skipped_by_row_and_told(tree):
    folder = tree(*(f"{n}.png" for n in range(1, 9)))
    labels = ["cat", "NaN", "", "dog", "null", "NA", "cat", "dog"]
    csv(folder, "labels.csv", "file,label", *(f"{n}.png,{c}" for n, c in enumerate(labels, 1)))
    source = open_source(folder)
    assert told(source) == {("cat", None): 2, ("dog", None): 2}
    assert source.warnings == (
        "4 pictures have no label: left out (line 3, line 4, line 6, …)",
        "`NA`, `NaN`, `null` among the labels is read as no label, as pandas does; named in "
        "--classes it is a class",
    )
    named = open_source(folder, Labelling(classes=("NA", "cat", "*")))
    assert told(named) == {("NA", None): 1, ("cat", None): 2, ("dog", None): 2}
    assert {one.file for one in source.skipped} == {"2.png", "3.png", "5.png", "6.png"}


def test_numbers_that_a_missing_one_made_floats_are_numbers(tree):
    folder = tree("1.png", "2.png", "3.png")
    csv(folder, "labels.csv", "file,label", "1.png,1.0", "2.png,", "3.png,2.0")
    assert open_source(folder).classes == ("1", "2")


@pytest.mark.parametrize("lists", [["cat"], '["cat"]', "['cat']", ["cat", None], [["cat"]], "cat "])
def test_a_list_of_one_is_its_element(tree, lists):
    folder = tree("1.png", "2.png")
    rows = [{"file": "1.png", "label": lists}, {"file": "2.png", "label": "dog"}]
    csv(folder, "labels.jsonl", *map(json.dumps, rows))
    assert open_source(folder).classes == ("cat", "dog")


@pytest.mark.parametrize(
    "several", [["cat", "dog"], '["cat", "dog"]', "cat|dog", "dog; cat", "cat, dog"]
)
def test_several_labels_are_refused_by_row(tree, several):
    folder = tree("1.png", "2.png", "3.png")
    labels = ["cat", "dog", several]
    rows = [json.dumps({"file": f"{n}.png", "label": c}) for n, c in enumerate(labels, 1)]
    csv(folder, "labels.jsonl", *rows)
    with pytest.raises(DataError, match=r"labels.jsonl, line 3: has 2 labels") as caught:
        open_source(folder)
    assert "one label for each picture" in caught.value.hint


@pytest.mark.parametrize(
    "rows",
    [
        [",file,label", "0,1.png,cat", "1,2.png,dog"],
        ["sep=;", "file;label", "1.png;cat", "2.png;dog"],
        ["Unnamed: 0,ImageID,x,ClassId", "0,1,7,cat", "1,2,8,dog"],
        ["id,breed", "1,cat", "2,dog", "3,cat", "4,dog"],
        ["image_id,cat,dog", "1,1,0", "2,0,1"],
        ["", "filename|label", "1.png|cat", "2.png|dog"],
    ],
)
def test_tables_as_programs_write_them(tree, rows):
    folder = tree("1.png", "2.png", "3.png", "4.png")
    csv(folder, "labels.csv", *rows)
    assert open_source(folder).classes == ("cat", "dog")
    csv(folder, "labels.csv", "")
    (folder / "labels.csv").write_bytes("\n".join(rows).encode("utf-16"))
    assert open_source(folder).classes == ("cat", "dog")


def test_two_columns_of_one_name_are_refused(tree):
    folder = tree("1.png", "2.png")
    csv(folder, "labels.csv", "file,label,Label", "1.png,cat,x", "2.png,dog,y")
    with pytest.raises(DataError, match="two columns `Label`"):
        open_source(folder)


def zipped(path, names, encoded, encoding):
    """Write a zip as an archiver does that knows no Unicode, or as ours where it is UTF-8."""
    raw = [name.encode(encoding) for name in names]
    plain = [f"{n:03d}".ljust(len(one), "x") for n, one in enumerate(raw)]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for number, name in enumerate(names if encoding == "utf-8" else plain):
            packed.writestr(name, encoded(number))
    content = buffer.getvalue()
    if encoding != "utf-8":
        for one, other in zip(plain, raw, strict=True):
            content = content.replace(one.encode(), other)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("encoding", "labels"),
    [
        ("gbk", ("苹果", "香蕉")),
        ("gb18030", ("鱻", "猫咪")),
        ("cp932", ("りんご", "ばなな")),
        ("cp437", ("café", "naïve")),
        ("utf-8", ("苹果", "été")),
    ],
)
def test_names_in_zips_that_are_not_unicode(tmp_path, encoded, encoding, labels):
    names = [f"{label}/{n}.png" for label in labels for n in range(2)]
    source = open_source(zipped(tmp_path / "a.zip", names, encoded, encoding))
    assert source.classes == tuple(sorted(labels))
    assert any("not in Unicode" in line for line in source.warnings) == (encoding != "utf-8")


@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_in_a_zip(tmp_path, encoded, packing):
    inner = tmp_path / "inner.zip"
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as packed:
        for label in ("cat", "dog"):
            for number in range(8):
                packed.writestr(f"{label}/{number}.png", encoded(number))
    with zipfile.ZipFile(tmp_path / "outer.zip", "w", packing) as outer:
        outer.write(inner, "train.zip")
        outer.write(inner, "test.zip")
        outer.writestr("deep/notes.txt", "hello")
        outer.writestr("bad.zip", b"PK\x03\x04 no")
    source = open_source(tmp_path / "outer.zip")
    assert told(source) == {(c, p): 8 for c in ("cat", "dog") for p in ("train", "test")}
    assert [(one.file, one.reason) for one in source.skipped] == [("bad.zip", "a damaged zip")]
    dataset = load(source, divide(source, seed=0), width=4, height=4, channels=3)
    assert (dataset.test is not None, len(dataset.skipped)) == (True, 1)
    assert len(dataset.train) + len(dataset.validation) == len(dataset.test) == 16


def test_three_zips_in_each_other_end(tmp_path, encoded):
    content = encoded(0)
    for _ in range(3):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as packed:
            packed.writestr("a.zip", content)
        content = buffer.getvalue()
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(DataError, match="no pictures"):
        open_source(tmp_path / "a.zip")


def test_labels_in_names_are_found_by_a_pattern(tree):
    paths = [f"train/{c}.{n}.jpg" for c in ("cat", "dog") for n in range(4)]
    folder = tree(*paths, "train/other.jpg")
    with pytest.raises(DataError, match="lie in no class folder"):
        open_source(folder)
    source = open_source(folder, Labelling(label_by=r"([a-z]+)\.\d+"))
    assert told(source) == {("cat", None): 4, ("dog", None): 4}
    assert source.warnings == (
        "1 picture of photos, such as train/other.jpg, are not matched by label-by: left out",
    )
    with_parts = tree(*paths, *(p.replace("train", "test") for p in paths), root="parts")
    source = open_source(with_parts, Labelling(label_by=r"([a-z]+)\.\d+"))
    assert told(source) == {(c, p): 4 for c in ("cat", "dog") for p in ("train", "test")}
    with pytest.raises(DataError, match="no class folder") as caught:
        open_source(with_parts)
    assert "finds `cat`, `dog`" in caught.value.hint


@pytest.mark.parametrize(
    ("pattern", "message"),
    [("(x+)y", "finds nothing"), ("(.)\\.png", "finds something else"), ("p", "finds `p` in every"),
     ("(", "is not a regular expression")],
)  # fmt: skip
def test_patterns_that_tell_no_classes(tree, pattern, message):
    folder = tree("a/1.png", "a/2.png", "b/3.png")
    with pytest.raises(SettingsError, match=message):
        open_source(folder, Labelling(label_by=pattern))


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        (("dog", "cat"), {"dog": 1, "cat": 2}),
        (("-dog",), {"cat": 2, "owl": 1}),
        (("pet=cat|dog",), {"pet": 3, "owl": 1}),
        (("owl", "pet=dog|cat"), {"owl": 1, "pet": 3}),
        (("owl", "*"), {"owl": 1, "cat": 2, "dog": 1}),
        (("*", "cat"), {"dog": 1, "owl": 1, "cat": 2}),
        (("cat=cat|dog", "*"), {"cat": 3, "owl": 1}),
        (("-cat", "bird=owl"), {"bird": 1, "dog": 1}),
    ],
)
def test_classes_are_chosen(tree, entries, expected):
    source = open_source(tree("cat/1.png", "cat/2.png", "dog/1.png", "owl/1.png"),
                         Labelling(classes=entries))  # fmt: skip
    assert source.classes == tuple(expected)
    assert {source.classes[i.label]: 0 for i in source.items} | dict(
        Counter(source.classes[item.label] for item in source.items)
    ) == expected
    assert len(source.warnings) == (sum(expected.values()) < 4)


@pytest.mark.parametrize(
    ("entries", "message", "hint"),
    [
        (("ct",), "names `ct`, which photos does not have", "did you mean `cat`"),
        (("pet=cat|dgo",), "names `dgo`", "dog"),
        (("cat", "pet=cat|dog"), "names `cat` twice", "merges"),
        (("cat=dog", "*"), "makes a class `cat` of others", "cat=cat|dog"),
    ],
)
def test_classes_that_cannot_be_chosen(tree, entries, message, hint):
    with pytest.raises(SettingsError, match=message) as caught:
        open_source(tree("cat/1.png", "dog/1.png"), Labelling(classes=entries))
    assert hint in caught.value.hint


def test_a_share_to_judge_by(tree):
    source = open_source(tree(*(f"{c}/{n}.png" for c in ("cat", "dog") for n in range(20))))
    everything = divide(source, seed=0, test=0)
    assert everything.test is None
    assert len(everything.train) + len(everything.validation) == 40
    assert "no test part" in everything.summary
    half = divide(source, seed=0, test=0.5)
    assert half.test is not None
    assert len(half.test) == 20
    given = open_source(tree(*both("", "train", "test"), root="given"))
    with pytest.raises(SettingsError, match="has a test part of 4 pictures"):
        divide(given, seed=0, test=0)


def test_arrays_have_no_folders_to_tell_their_classes():
    pixels, labels = np.zeros((6, 4, 4), np.uint8), [0, 1] * 3
    with pytest.raises(SettingsError, match="label_by is about folders"):
        open_source((pixels, labels), Labelling(label_by="x"))
    assert open_source((pixels, labels), Labelling(classes=("cat", "dog"))).classes == (
        "cat",
        "dog",
    )
    assert (
        open_source((pixels, labels), Labelling(classes=("1", "0"))).labels.tolist() == [1, 0] * 3
    )


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        (["a/1.png", "b/1.png", "old/a/1.png", "old/b/1.png"], "`old` holds `a`, `b` again"),
        (["a/1.png", "b/1.png", "b/a/1.png"], "`b` holds `a` again"),
        (
            ["train/a/1.png", "train/b/1.png", "train/train/a/1.png", "test/a/1.png"],
            "holds `a` aga",
        ),
        ([f"{x}/{x}/{c}/1.png" for x in ("big", "small") for c in "ab"], "all hold|hold no pict"),
        (["images/1.png", "annotations/trimaps/1.png"], "lies beside classes"),
        (["JPEGImages/1.png", "SegmentationClass/1.png"], "lies beside classes"),
        (["data/a/1.png", "data/b/1.png", "docs/1.png"], "lies beside classes"),
    ],
)
def test_folders_that_are_no_classes_are_asked_about(tree, paths, message):
    with pytest.raises(DataError, match=message) as caught:
        open_source(tree(*paths))
    assert "level" in caught.value.hint


def test_a_mask_may_be_a_class():
    assert not is_beside("mask", ["mask", "no_mask"])
    assert is_beside("masks", ["images", "masks"])


def test_what_is_no_picture_is_not_asked_about(tree):
    folder = tree(*(f"Images/{c}/{n}.png" for c in ("pug", "collie") for n in range(3)))
    for name in ("pug", "collie"):
        (folder / "Annotation" / name).mkdir(parents=True)
        for number in range(3):
            (folder / "Annotation" / name / str(number)).write_text("<annotation/>")
    source = open_source(folder)
    assert told(source) == {("pug", None): 3, ("collie", None): 3}
    assert len(source.skipped) == 6


def test_the_column_of_files_is_the_one_that_names_them(tree):
    folder = tree(*(f"{n}.png" for n in range(1, 5)))
    rows = [f"{5 - n},{n}.png,{'ab'[n % 2]}" for n in range(1, 5)]
    for head in ("id,photo_file,label", "image,path,label", "id,image_url,label"):
        csv(folder, "labels.csv", head, *rows)
        source = open_source(folder)
        found = {item.name: source.classes[item.label] for item in source.items}
        assert found == {f"{n}.png": "ab"[n % 2] for n in range(1, 5)}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["file,weight,label", "1.png,1,5,cat", "2.png,2,5,dog"], "line 2: has 4 cells"),
        (["1.png,17,cat", "2.png,18,dog"], "line 1: has 3 cells"),
        (["file,label", "1.png,1.37", "2.png,2"], "line 2: the label 1.37 is a number"),
        (["file;label", "1.png;1,37", "2.png;2,5"], "line 2: the label 1,37 is a number"),
        (["file,label,split", "train/3.png,cat,test"], "in the part test, and its folder in train"),
    ],
)
def test_rows_that_cannot_be_meant_are_refused_by_line(tree, rows, message):
    folder = tree("1.png", "2.png", "train/3.png")
    csv(folder, "labels.csv", *rows)
    with pytest.raises(DataError, match=message):
        open_source(folder / "labels.csv")


def test_columns_that_are_taken_unnamed_are_told(tree):
    folder = tree(*(f"{n}.png" for n in range(4)))
    csv(folder, "a.csv", "filename,photographer", *(f"{n}.png,{'xy'[n % 2]}" for n in range(4)))
    assert open_source(folder).warnings == ("the labels of a.csv are in `photographer`",)
    csv(folder, "a.csv", "filename,pred", *(f"{n}.png,{'xy'[n % 2]}" for n in range(4)))
    with pytest.raises(DataError, match="no class folder"):
        open_source(folder)
    rows = [f"{n}.png,x{n % 2},{n > 1}" for n in range(4)]
    csv(folder, "a.csv", "Datei,Klasse,is_valid", *rows)
    assert told(open_source(folder)) == {
        (c, p): 1 for c in ("x0", "x1") for p in ("train", "validation")
    }


def test_columns_that_were_said_need_not_be_in_every_table(tree):
    folder = tree("1.png", "2.png")
    csv(folder, "other.csv", "pixel0,pixel1", "1,2")
    csv(folder, "labels.csv", "image_id,dx,set", "1,a,x", "2,b,y")
    chosen = Labelling(columns={"file": "image_id", "label": "dx"})
    assert told(open_source(folder, chosen)) == {("a", None): 1, ("b", None): 1}


def test_what_lies_beside_and_is_not_read_is_told(tree):
    folder = tree("cat/1.png", "dog/1.png")
    (folder / "bird.zip").write_bytes(b"PK")
    assert open_source(folder).warnings == (
        "`bird.zip` beside the pictures is not read: unpack it, or give it",
    )
    bare = tree(root="bare")
    (bare / "train.zip").write_bytes(b"PK")
    with pytest.raises(DataError, match=r"there are no pictures in bare, but `train\.zip`"):
        open_source(bare)


@pytest.mark.parametrize("level", [1, -2])
def test_a_level_of_parts_is_no_level_of_classes(tree, level):
    with pytest.raises(DataError, match="are parts, `test`, `train`, no classes") as caught:
        open_source(tree(*both("", "train", "test")), Labelling(class_level=level))
    assert caught.value.hint == "level 2: `cat`, `dog`"


def test_leaving_out_what_is_not_there_is_told(tree):
    source = open_source(tree("cat/1.png", "dog/1.png"), Labelling(classes=("-owl",)))
    assert (source.classes, source.warnings) == (
        ("cat", "dog"),
        ("`owl`, to be left out, is no class here",),
    )


def test_predictions_stay_predictions_where_columns_are_said(tree):
    folder = tree("train/1.png", "train/2.png", "test/3.png")
    csv(folder, "train.csv", "nr,what", "1,cat", "2,dog")
    csv(folder, "sample_submission.csv", "nr,what", "3,cat")
    chosen = Labelling(columns={"file": "nr", "label": "what"})
    assert told(open_source(folder, chosen)) == {("cat", "train"): 1, ("dog", "train"): 1}
    given = open_source(folder / "sample_submission.csv", chosen)
    assert told(given) == {("cat", None): 1}


def test_the_pattern_that_is_offered_works(tree):
    paths = [f"train/{c}_{n}.jpg" for c in ("american_bulldog", "pug") for n in range(4)]
    folder = tree(*paths, *(f"test1/{n}.jpg" for n in range(4)))
    with pytest.raises(DataError) as caught:
        open_source(folder)
    pattern = caught.value.hint.split("--label-by '")[1].split("' finds `american_bulldog`, `pug`")[
        0
    ]
    source = open_source(folder, Labelling(label_by=pattern))
    assert {name for name, _ in told(source)} == {"american_bulldog", "pug"}


def test_a_table_of_a_part_that_does_not_read_is_told(tree):
    folder = tree("cat/1.png", "dog/1.png")
    (folder / "train.csv").write_bytes(b"file,label\n1.png,caf\xe9")
    (folder / "notes.csv").write_bytes(b"\xff")
    assert open_source(folder).warnings == (
        "train.csv does not read as a table: the part that it may tell is not known",
    )


def test_of_said_columns_a_row_that_is_wrong_is_not_passed_over(tree):
    folder = tree("1.png", "2.png")
    csv(folder, "train.csv", "nr,what", "1,cat")
    csv(folder, "test.csv", "nr,what", "2,cat|dog", "1,cat")
    with pytest.raises(DataError, match=r"test\.csv, line 2: has 2 labels"):
        open_source(folder, Labelling(columns={"file": "nr", "label": "what"}))


def test_a_comma_may_be_part_of_a_label(tree):
    folder = tree("1.png", "2.png", "3.png")
    csv(folder, "labels.csv", "file,label", "1.png,poodle", '2.png,"poodle, toy"', "3.png,pug")
    assert open_source(folder).classes == ("poodle", "poodle, toy", "pug")
