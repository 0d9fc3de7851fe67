from __future__ import annotations

from pathlib import Path

import pytest

from convlens.errors import NotationError, SettingsError
from convlens.notation import Architecture, find, resolve
from convlens.notation import layers as kinds
from convlens.notation.zoo import ZOO, Entry


@pytest.mark.parametrize("entry", ZOO, ids=lambda entry: entry.name)
def test_every_network_fits_and_has_its_published_parameters(entry: Entry):
    plan = entry.architecture.plan(entry.input, entry.classes)
    if entry.published is not None:
        measured = sum(
            2 * row.input.depth for _, row in plan.walk() if isinstance(row.layer, kinds.BatchNorm)
        )
        extra = measured if entry.counts_statistics else 0
        assert plan.parameters + extra == entry.published


def test_some_totals_counted_by_hand():
    totals = {"introduction": 41_418, "lenet5": 61_706, "convnetjs-mnist": 5_994}
    for name, total in totals.items():
        entry = find(name)
        assert entry.architecture.plan(entry.input, entry.classes).parameters == total


def test_names_are_found_in_any_case():
    assert find(" LeNet5 ").name == "lenet5"
    assert len({entry.name for entry in ZOO}) == len(ZOO)


def test_a_near_miss_is_named():
    with pytest.raises(SettingsError) as caught:
        find("lenet")
    assert "did you mean lenet5?" in str(caught.value)
    with pytest.raises(SettingsError) as caught:
        find("zzz")
    assert "convlens zoo" in str(caught.value)
    assert "did you mean" not in str(caught.value)


def test_resolve_takes_names_files_and_notation(tmp_path: Path):
    path = tmp_path / "mine.txt"
    path.write_text("INPUT\nCONV 8 # mine\nFC\n")
    assert resolve("ResNet8") == find("resnet8").architecture
    assert resolve(str(path)).source == "INPUT\nCONV 8 # mine\nFC\n"
    assert resolve("CONV 8 - FC") == resolve(str(path)) == resolve(path)


def test_a_path_is_always_a_file(tmp_path: Path):
    with pytest.raises(SettingsError, match="no file"):
        resolve(tmp_path / "lenet5")
    with pytest.raises(SettingsError, match="no file"):
        resolve(Path("lenet5"))


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("lenet", "did you mean lenet5"),
        ("resnet-8", "did you mean resnet8"),
        ("nets/mine.txt", "no file"),
        ("./nothing/", "no file"),
        ("zoo", "`convlens zoo` lists"),
        ("hello", "`convlens zoo` lists"),
    ],
)
def test_resolve_says_what_it_missed(said: str, message: str):
    with pytest.raises(SettingsError) as caught:
        resolve(said)
    assert message in str(caught.value)


def test_resolve_leaves_errors_of_notation_as_they_are():
    for said in ("CNOV", "CONV 16@5x5/0", "x" * 5000, "CONV\0", "CONV - \n nope"):
        with pytest.raises(NotationError):
            resolve(said)
    assert resolve("CONV 16@5x5/2") == Architecture("CONV 16@5x5/2")


def test_resolve_refuses_files_that_are_no_text(tmp_path: Path):
    (tmp_path / "picture.txt").write_bytes(b"\x89PNG\xff\xfe")
    with pytest.raises(SettingsError, match="not a text file"):
        resolve(str(tmp_path / "picture.txt"))
    (tmp_path / "long.txt").write_bytes(b" " * 3_000_000)
    with pytest.raises(SettingsError, match="too long"):
        resolve(str(tmp_path / "long.txt"))
