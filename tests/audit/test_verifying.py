"""What only our scaling, or our background, made equal or blank is never called a copy or blank."""

import numpy as np
import pytest
from PIL import Image

from convlens.audit import audit
from convlens.audit.report import report
from convlens.cli.check import check
from convlens.data import Tones, open_source, survey

SIDE = 40


def texture(random, low, high, size=(SIDE, SIDE)):
    """Soft shapes between two values, as floats."""
    coarse = Image.fromarray(random.random((6, 6), np.float32))
    smooth = np.asarray(coarse.resize(size, Image.Resampling.BICUBIC), np.float64)
    smooth = (smooth - smooth.min()) / np.ptp(smooth)
    return low + smooth * (high - low)


def resized(values, size, dtype):
    image = Image.fromarray(values.astype(np.float32))
    return np.asarray(image.resize(size, Image.Resampling.BICUBIC)).astype(dtype)


DEEP = {"sixteen bits": (np.uint16, 65535, "png"), "floats": (np.float32, 1.0, "tif")}


@pytest.fixture(params=DEEP)
def nearly_black(request, tmp_path):
    """A few bright pictures, and many so dark that they become 0 in the range of all."""
    dtype, top, ending = DEEP[request.param]
    random = np.random.default_rng(0)
    for label in "ab":
        (tmp_path / label).mkdir()
        for number in range(12):
            share = 1 if number < 4 else 0.0015
            values = texture(random, 0.05 * top * share, top * share)
            Image.fromarray(values.astype(dtype)).save(tmp_path / label / f"{number:02}.{ending}")

    def add(name, values):
        Image.fromarray(values.astype(dtype)).save(tmp_path / f"{name}.{ending}")

    def read(name):
        return np.asarray(Image.open(tmp_path / f"{name}.{ending}"))

    return tmp_path, add, read, dtype


def found_in(folder):
    return audit(open_source(folder), labels=False, cache=False)


def names(finding):
    if finding is None:
        return set()
    return {frozenset(p.file.split(".")[0] for p in case.pictures) for case in finding.cases}


def test_dark_pictures_are_neither_copies_nor_blank(nearly_black):
    folder, _, _, _ = nearly_black
    found = found_in(folder)
    dark = survey(open_source(folder)).tones
    assert dark.range[1] >= 1
    for kind in ("copies", "copies-across-classes", "copies-across-parts", "blank"):
        assert found.of(kind) is None


def test_true_copies_and_true_blanks_are_found_all_the_same(nearly_black):
    folder, add, read, dtype = nearly_black
    add("b/same", read("a/07"))
    add("a/bright", read("a/01"))
    add("a/grown", resized(read("a/02"), (60, 60), dtype))
    add("b/empty", np.full((SIDE, SIDE), read("b/00").max() / 2))
    found = found_in(folder)
    assert names(found.of("copies-across-classes")) == {frozenset({"a/07", "b/same"})}
    across = found.of("copies-across-classes").cases[0]
    assert across.reason == "equal to the pixel, of different classes"
    assert names(found.of("copies")) == {
        frozenset({"a/01", "a/bright"}),
        frozenset({"a/02", "a/grown"}),
    }
    reasons = {case.reason for case in found.of("copies").cases}
    assert reasons == {"equal to the pixel", "nearly equal"}
    assert names(found.of("blank")) == {frozenset({"b/empty"})}


def test_twice_as_bright_is_no_copy(nearly_black):
    folder, add, read, _ = nearly_black
    add("b/twice", np.asarray(read("a/08"), np.float64) * 2)
    found = found_in(folder)
    assert found.of("copies") is None
    assert found.of("copies-across-classes") is None


def test_less_than_a_level_apart_is_not_equal_to_the_pixel(nearly_black):
    folder, add, read, dtype = nearly_black
    values = read("a/00").astype(np.float64)
    values[3, 3] -= 2 if dtype == np.uint16 else 1e-4
    add("a/almost", values)
    cases = found_in(folder).of("copies").cases
    assert [case.reason for case in cases] == ["nearly equal"]
    assert cases[0].score > 0


def icon(random, level):
    shape = texture(random, 0, 1) > 0.5
    return np.dstack([np.full((SIDE, SIDE, 3), level), 255 * shape]).astype(np.uint8)


def folder_of_icons(root, levels, count=10):
    random = np.random.default_rng(0)
    for label, level in zip("ab", levels, strict=True):
        (root / label).mkdir(parents=True)
        for number in range(count):
            Image.fromarray(icon(random, level)).save(root / label / f"{number:02}.png")
    return root


def test_white_icons_are_neither_copies_nor_blank(tmp_path):
    found = found_in(folder_of_icons(tmp_path, (255, 255)))
    assert found.tones == Tones(None, "black")
    for kind in ("copies", "copies-across-classes", "blank"):
        assert found.of(kind) is None


def test_few_white_icons_that_vanish_on_white_are_not_to_be_deleted(tmp_path):
    folder_of_icons(tmp_path, (0, 0), count=20)
    random = np.random.default_rng(7)
    for label in "ab":
        Image.fromarray(icon(random, 255)).save(tmp_path / label / "white.png")
    Image.new("RGB", (SIDE, SIDE), "white").save(tmp_path / "a" / "paper.png")
    found = found_in(tmp_path)
    assert found.tones == Tones()
    for kind in ("copies", "copies-across-classes"):
        assert found.of(kind) is None
    assert names(found.of("blank")) == {frozenset({"a/paper"})}


def test_copies_of_icons_are_found(tmp_path):
    folder_of_icons(tmp_path, (255, 255))
    same = Image.open(tmp_path / "a" / "03.png")
    same.save(tmp_path / "b" / "same.png", compress_level=1)
    same.resize((60, 60), Image.Resampling.BICUBIC).save(tmp_path / "a" / "grown.png")
    Image.new("RGBA", (SIDE, SIDE), (255, 255, 255, 0)).save(tmp_path / "b" / "empty.png")
    found = found_in(tmp_path)
    assert names(found.of("copies-across-classes")) == {frozenset({"a/03", "a/grown", "b/same"})}
    assert names(found.of("blank")) == {frozenset({"b/empty"})}


def test_arrays_are_looked_at_as_files_are():
    random = np.random.default_rng(0)
    x = np.stack([texture(random, 0, 90 if n > 3 else 60000) for n in range(24)]).astype(np.uint16)
    x[9] = x[8]
    found = found_in((x, np.arange(24) // 12))
    assert names(found.of("copies")) == {frozenset({"000008", "000009"})}
    assert found.of("blank") is None
    assert found.of("copies-across-classes") is None


def test_the_range_is_told_and_the_page_s_thumbnails_take_it(nearly_black, capsys):
    folder, add, read, dtype = nearly_black
    add("b/same", read("a/07"))
    found = found_in(folder)
    told = "greys from 0 to 65,535 (16 bits)" if dtype == np.uint16 else "greys from 0 to 1 become"
    assert found.to_json()["tones"]["greys"] == list(found.tones.range)
    assert told in report(found, open_source(folder))
    assert check.main([str(folder), "--no-labels", "--no-cache", "--quiet"],
                      standalone_mode=False) == 0  # fmt: skip
    assert told in " ".join(capsys.readouterr().out.split())
