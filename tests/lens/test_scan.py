"""The sliding network, held to crops classified one by one."""

import dataclasses
import json

import numpy as np
import pytest
from PIL import Image

import convlens as cl
from convlens import DataError, SettingsError
from convlens.cli.main import run
from convlens.data.whole import decode_whole
from convlens.lens import scanning
from convlens.lens.overlay import draw_scan
from convlens.lens.scanning import scan, tiles
from convlens.lens.sliding import sliding
from tests.lens import making
from tests.same import PROBABILITY, same_probabilities

SIDE = 12


def classifier_of(net, side=(SIDE, SIDE), channels=3):
    """A classifier with random weights, batch-norms included."""
    return making.classifier_of(net, (*side, channels))


def big(width=41, height=33, channels=3, seed=0):
    shape = (height, width, channels)
    return np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)


def crops(found, classifier):
    """Every window cut out and classified by itself: (classes, rows, columns)."""
    rows, columns = found.shape
    result = np.empty(found.probabilities.shape)
    for row in range(rows):
        for column in range(columns):
            left, top, right, bottom = (round(side) for side in found.box(row, column))
            alone = classifier.probabilities(found.pixels[None, top:bottom, left:right])
            result[:, row, column] = alone[0]
    return result


UNPADDED = [
    "CONV 4@3x3 valid - RELU - POOL 2x2 - FC",
    "CONV 6@3x3 valid - BN - TANH - CONV 8@3x3 valid - GLOBALPOOL avg - FC 5 - RELU - FC",
    "CONV 4@4x4/2 pad 0 - LRN - SILU - POOL 2x2/1 avg - GLOBALPOOL max - FC",
    "POOL 3x3/2 floor - CONV 8@3x3 valid - MAXOUT 2 - POOL 2x2/1 l2 - DROPOUT - FC - SOFTMAX",
    "CONV 4@3x3 valid dilate 2 - RES[CONV 4@1x1 - RELU - CONV 4@1x1] - FC 6 - SIGMOID - FC - SVM",
    "CAT[CONV 3@3x3/3 pad 0 | POOL 3x3/3] - CONV 6@2x2 valid groups 2 - FC 4",
    "FC 8 - RELU - FC",
    "CONV 4@3x3 valid - CONV 4@10x10 valid",
]


@pytest.mark.parametrize("net", UNPADDED)
def test_without_padding_every_window_is_what_its_crop_is(net):
    classifier = classifier_of(net)
    found = scan(classifier, big())
    assert found.shape[0] > 1
    assert found.shape[1] > 1
    same_probabilities(found.probabilities, crops(found, classifier))
    assert found.deviation < PROBABILITY
    assert not found.padded
    assert found.probabilities.std(axis=(1, 2)).max() > 10 * PROBABILITY  # windows do differ


def test_windows_and_input_need_not_be_square():
    classifier = classifier_of("CONV 4@3x2/2 pad 0 floor - RELU - FC", side=(11, 8), channels=1)
    found = scan(classifier, big(40, 21, 1))
    assert found.shape == ((21 - 8) // 2 + 1, (40 - 11) // 2 + 1)
    same_probabilities(found.probabilities, crops(found, classifier))
    assert found.box(0, 0)[2:] == (found.first[0] + 11, found.first[1] + 8)


def test_a_picture_of_the_window_s_size_is_one_window():
    for net in ("CONV 4 - RELU - POOL - FC", "CONV 4@3x3/2 - BN - RELU - CONV 4 - GLOBALPOOL - FC"):
        classifier = classifier_of(net)
        pixels = big(SIDE, SIDE)
        found = scan(classifier, pixels)
        assert found.shape == (1, 1)
        alone = classifier.probabilities(pixels[None])[0]
        same_probabilities(found.probabilities[:, 0, 0], alone)


@pytest.mark.parametrize(
    "net",
    [
        "CONV 4 - RELU - POOL - CONV 6@5x5 - RELU - FC",
        "CONV 4@3x3/2 - RES[CONV 4 - RELU - CONV 4] - POOL 2x2 floor - FC",
        "CONV 4 - POOL 3x3/2 same - CAT[CONV 3 | CONV 2@1x1] - GLOBALPOOL - FC",
    ],
)
def test_with_padding_the_deviation_is_that_of_the_crops(net, monkeypatch):
    classifier = classifier_of(net)
    found = scan(classifier, big())
    exact = crops(found, classifier)
    assert found.padded
    rows, columns = found.shape
    places = [(r, c) for r in (0, round((rows - 1) / 2), rows - 1) for c in
              (0, round((columns - 1) / 2), columns - 1)]  # fmt: skip
    expected = max(np.abs(found.probabilities[:, r, c] - exact[:, r, c]).max() for r, c in places)
    assert found.deviation == pytest.approx(expected, abs=PROBABILITY)
    assert found.deviation > 10 * PROBABILITY


@pytest.mark.parametrize("net", ["CONV 4@5x5 - RELU - POOL - CONV 6 - FC", UNPADDED[0]])
def test_tiles_together_are_one_pass_over_the_whole(net, monkeypatch):
    classifier = classifier_of(net)
    whole = scan(classifier, big(90, 77))
    sizes = []
    opened = scanning.open_network(classifier)
    slider = sliding(opened.plan, opened.network)
    monkeypatch.setattr(scanning, "TILE_VALUES", 6 * opened.plan.activations)
    slider.network.register_forward_pre_hook(lambda module, given: sizes.append(given[0].shape))
    monkeypatch.setattr(scanning, "sliding", lambda plan, network: slider)
    done = []
    tiled = scan(classifier, big(90, 77), progress=lambda *counts: done.append(counts))
    assert len(sizes) > 4
    area = max(height * width for _, _, height, width in sizes)
    assert area < 90 * 77 / 2
    same_probabilities(tiled.probabilities, whole.probabilities)
    assert done[-1][0] == done[-1][1] == whole.shape[0] * whole.shape[1]
    assert done == sorted(done)


def test_tiles_cover_every_window_once():
    for count, room, margin in ((1, 5, 0), (17, 5, 1), (40, 3, 7), (8, 100, 2)):
        parts = list(tiles(count, room, margin))
        kept = [n for part in parts for n in range(part.begin, part.end)]
        assert kept == list(range(count))
        for part in parts:
            assert part.low == max(part.begin - margin, 0)
            assert part.high == min(part.end + margin, count)


def test_what_cannot_slide_is_named():
    net = "CAT[POOL 4x4/4 - CONV 2@3x3 valid | GLOBALPOOL] - FC"
    with pytest.raises(SettingsError, match="branches of cat1 move in steps of 1 pixels and 4"):
        scan(classifier_of(net), big())


def test_too_small_a_picture_is_told_with_the_scale_that_would_do():
    classifier = classifier_of(UNPADDED[0])
    with pytest.raises(DataError, match="8x30 pixels, smaller than the network's window") as caught:
        scan(classifier, big(8, 30))
    assert "--scale of 1.5 or more" in caught.value.hint
    assert scan(classifier, big(8, 30), scale=1.5).shape[1] == 1
    with pytest.raises(SettingsError, match="the scale is"):
        scan(classifier, big(), scale=float("nan"))


def test_scale_is_the_same_as_scaling_the_picture_first(tmp_path):
    classifier = classifier_of(UNPADDED[0])
    path = tmp_path / "big.png"
    Image.fromarray(big(80, 60)).save(path)
    found = scan(classifier, path, scale=0.5)
    assert found.pixels.shape == (30, 40, 3)
    left, top, right, bottom = found.box(0, 0)
    assert (right - left, bottom - top) == (2 * SIDE, 2 * SIDE)
    assert left == 2 * found.first[0]
    assert top == 2 * found.first[1]


def test_a_photograph_is_turned_upright_and_may_be_wider_than_any_input(tmp_path):
    path = tmp_path / "turned.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(big(30, 20)).save(path, exif=exif, quality=95)
    assert decode_whole(path, 3).shape == (30, 20, 3)
    assert decode_whole(path, 1).shape == (30, 20, 1)
    assert decode_whole(big(5000, 3), 3).shape == (3, 5000, 3)
    with pytest.raises(SettingsError, match="too large"):
        decode_whole(big(30, 20), 3, scale=1000)
    with pytest.raises(DataError, match="cannot be read"):
        decode_whole(tmp_path / "none.jpg", 3)


def test_the_drawing_marks_where_the_class_is():
    """A bright square in the dark, and a network that answers to brightness."""
    classifier = cl.train(
        (np.concatenate([dim(20, 40), dim(20, 220)]), ["dark"] * 20 + ["bright"] * 20),
        "CONV 4@3x3 valid - RELU - GLOBALPOOL - FC",
        epochs=40,
        lr=2,
    )
    sheet = np.full((64, 96), 40, np.uint8)
    sheet[20:44, 50:74] = 220
    found = scan(classifier, sheet)
    bright = classifier.classes.index("bright")
    high, row, column = found.strongest(bright)
    left, top, right, bottom = found.box(row, column)
    assert high > 0.9
    assert left >= 46
    assert right <= 78
    assert top >= 16
    assert bottom <= 48
    drawn = np.asarray(draw_scan(found, bright))[::6, ::6].astype(int)  # 640 // 96 times as large
    plain = np.repeat(sheet[:, :, None], 3, axis=2).astype(int)
    change = np.abs(drawn[:64, :96] - plain).sum(axis=2)
    assert change[28:36, 58:66].mean() > 3 * change[:16, :30].mean()


def dim(count, shade):
    noise = np.random.default_rng(shade).integers(-20, 20, (count, 10, 10))
    return (shade + noise).astype(np.uint8)


@pytest.fixture
def model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    classifier_of(UNPADDED[0]).save("model.safetensors")
    Image.fromarray(big(64, 48)).save("big.png")
    return tmp_path


def test_the_command_draws_and_tells(model, capsys):
    assert run(["scan", "model.safetensors", "big.png"]) == 0
    text = capsys.readouterr().out
    assert "27 x 19 windows of 12x12 pixels of the picture, every 2 across and 2 down" in text
    assert "no padding" in text
    with Image.open("big-scan.png") as drawn:
        assert drawn.size[0] >= 64
    assert run(["scan", "model.safetensors", "big.png"]) == 0
    assert (model / "big-scan-2.png").exists()
    assert run(["scan", "model.safetensors", "big.png", "--out", "big-scan.png"]) == 0
    capsys.readouterr()
    assert run(["scan", "model.safetensors", "big.png", "--class", "class2", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert np.array(document["probabilities"]).shape == (4, 19, 27)
    assert document["exact"] is True
    assert not (model / "big-scan-3.png").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["big.png", "--class", "clas2"], "did you mean class2?"),
        (["big.png", "--out", "big.png"], "exists and is not a scan drawn by ConvLens"),
        (["nothing.png"], "cannot be read"),
        (["small.png"], "smaller than the network's window of 12x12"),
        (["model.safetensors"], "cannot be read: not a picture"),
    ],
)
def test_mistakes_are_told_in_a_line(model, capsys, arguments, said):
    Image.fromarray(big(5, 5)).save("small.png")
    before = (model / "big.png").read_bytes()
    assert run(["scan", "model.safetensors", *arguments]) == 1
    err = capsys.readouterr().err
    assert said in err
    assert "Traceback" not in err
    assert (model / "big.png").read_bytes() == before
    assert not list(model.glob("*scan*"))


def test_a_large_deviation_says_what_to_do():
    net = "CONV 8@5x5 - RELU - CONV 8@5x5 - RELU - FC"
    found = scan(classifier_of(net), big())
    far, near = (dataclasses.replace(found, deviation=off) for off in (0.3, 0.01))
    assert far.padded
    assert "9 windows classified alone differ by 0.3 at most" in far.exactness
    assert "train with `valid` in each CONV" in far.exactness
    assert "\n" not in far.exactness
    assert "differ by 0.01 at most" in near.exactness
    assert "valid" not in near.exactness


def test_small_pictures_are_drawn_larger_and_large_ones_smaller():
    found = scan(classifier_of(UNPADDED[0]), big(64, 48))
    assert draw_scan(found).width == 640
    assert draw_scan(found, longest=130).width == 128
    assert draw_scan(scan(classifier_of(UNPADDED[0]), big(400, 20)), longest=200).width == 200
