"""Depth of grey from end to end: learned, and the same pixels in prediction as in training."""

import csv
import io
import json
import sys

import numpy as np
import pytest
from PIL import Image
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

import convlens as cl
from convlens.data.content import as_numbers, content_hashes
from convlens.modelfile import KEY
from convlens.training.loop import Run

NET = "INPUT - CONV 6 - BN - RELU - POOL 2x2 floor - FC"
SIDE, COUNT = 12, 24


def sixteen_bits(values):
    return Image.fromarray(values.astype(np.uint16))


def big_endian(values):
    return Image.frombytes("I;16B", values.shape[::-1], values.astype(">u2").tobytes())


def floats(values):
    return Image.fromarray(values.astype(np.float32))


def whole(values):
    return Image.fromarray(values.astype(np.int32))


KINDS = {
    "8 of 16 bits": (sixteen_bits, (40, 120), "png", "reach 255 at most"),
    "10 bits": (sixteen_bits, (150, 500), "png", "greys from 0 to 1,023 (10 bits) become 0 to 255"),
    "12 bits": (sixteen_bits, (600, 2000), "png", "0 to 4,095 (12 bits)"),
    "16 bits": (sixteen_bits, (9000, 32000), "png", "0 to 65,535 (16 bits)"),
    "big endian": (big_endian, (600, 2000), "tif", "0 to 4,095 (12 bits)"),
    "dark floats": (floats, (0.003, 0.01), "tif", "greys from 0 to 0.02 become"),
    "floats": (floats, (0.15, 0.5), "tif", "greys from 0 to 1 become"),
    "CT": (whole, (-500, 1500), "tif", "greys from -1,024 to 3,072 become"),
}
"""How values are kept, what a dim picture's lie between (a bright one's are twice as high), and
what is said of them."""


def folder_of(root, kind, count=COUNT):
    """``dim`` and ``bright``, told apart by their brightness alone."""
    make, (low, high), ending, _ = KINDS[kind]
    random = np.random.default_rng(0)
    for label, times in (("dim", 1), ("bright", 2)):
        (root / label).mkdir(parents=True)
        for number in range(count):
            values = random.uniform(low, high, (SIDE, SIDE)) * times
            make(values).save(root / label / f"{number}.{ending}")
    return root


def icon(label, random):
    """A white disc, or a white ring, on nothing."""
    y, x = np.mgrid[:SIDE, :SIDE]
    away = np.hypot(y - random.uniform(4, 7), x - random.uniform(4, 7))
    shown = (away < 4) & ((away > 2) | (label == "disc"))
    return Image.fromarray(np.dstack([np.full((SIDE, SIDE, 3), 255), 255 * shown]).astype(np.uint8))


def folder_of_icons(root):
    random = np.random.default_rng(0)
    for label in ("disc", "ring"):
        (root / label).mkdir(parents=True)
        for number in range(COUNT):
            icon(label, random).save(root / label / f"{number}.png")
    return root


def trained(convlens, data, *arguments, epochs=20):
    status, out, err = convlens(
        "train", data, "--net", NET, "--epochs", epochs, "--json", "--out", "m.safetensors",
        *arguments,
    )  # fmt: skip
    assert status == 0, err
    return json.loads(out), err


def seen(classifier, files):
    """How many pictures that the model was trained on or chosen by ``files`` come out as."""
    pixels = np.stack([classifier.pixels(file) for file in files])
    own = as_numbers(content_hashes(pixels, np.arange(len(pixels))))
    known = np.concatenate([as_numbers(one) for one in classifier.model.seen.values()])
    return len(np.intersect1d(own, known))


def judged(convlens, data):
    """Accuracy over all files by ``predict``, whose classes are the names of their folders."""
    status, out, err = convlens("predict", "m.safetensors", data, "--csv")
    assert status == 0, err
    rows = list(csv.DictReader(io.StringIO(out)))
    assert len(rows) == 2 * COUNT
    return np.mean([row["class"] in row["image"].replace("\\", "/").split("/") for row in rows])


def check_learned(convlens, data, result):
    """What was learned holds for predictions, which see the very pixels of the training."""
    assert result["test_accuracy"] > 0.9
    assert judged(convlens, data) > 0.9
    files = sorted(path for path in data.rglob("*") if path.is_file())
    classifier = cl.load("m.safetensors")
    held = sum(len(one) for one in classifier.model.seen.values())
    assert seen(classifier, files) == held


@pytest.mark.parametrize("kind", KINDS)
def test_brightness_is_learned_at_any_depth(convlens, tmp_path, kind):
    data = folder_of(tmp_path / "data", kind)
    result, err = trained(convlens, data)
    assert "note: greys" in err
    assert KINDS[kind][3] in err
    check_learned(convlens, data, result)
    status, out, err = convlens("evaluate", "m.safetensors", data, "--json")
    assert status == 0, err
    assert json.loads(out)["accuracy"] > 0.9
    assert "the part that was held back" in err


def test_white_icons_are_learned(convlens, tmp_path):
    data = folder_of_icons(tmp_path / "data")
    result, err = trained(convlens, data)
    assert "note: transparent pictures are laid over black" in err
    check_learned(convlens, data, result)


def test_arrays_of_sixteen_bits_are_learned(convlens, tmp_path):
    random = np.random.default_rng(0)
    labels = np.arange(80) % 2
    x = random.integers(600, 2000, (80, SIDE, SIDE)) * (1 + labels[:, None, None])
    np.savez(tmp_path / "data.npz", x=x.astype(np.uint16), y=labels)
    result, err = trained(convlens, "data.npz")
    assert "note: greys from 0 to 4,095 (12 bits)" in err
    assert result["test_accuracy"] > 0.9
    classifier = cl.load("m.safetensors")
    found = [classifier.predict(one).class_name for one in x.astype(np.uint16)]
    assert np.mean([name == str(label) for name, label in zip(found, labels, strict=True)]) > 0.9
    held = sum(len(one) for one in classifier.model.seen.values())
    assert seen(classifier, list(x.astype(np.uint16))) == held
    same = Image.fromarray(x[0].astype(np.uint16))
    assert np.array_equal(classifier.pixels(same), classifier.pixels(x[0]))


def test_a_model_that_tells_no_tones_keeps_its_pixels(convlens, tmp_path):
    """Files of format 2: 16 bits by 255 / 65535, floats picture by picture, over white."""
    data = folder_of(tmp_path / "data", "12 bits", count=8)
    trained(convlens, data, epochs=1)
    with safe_open("m.safetensors", framework="numpy") as file:
        document = json.loads(file.metadata()[KEY])
    assert document["preprocessing"]["greys"] == [0, 4095]
    document["format"] = 2
    del document["preprocessing"]["greys"], document["preprocessing"]["background"]
    save_file(load_file("m.safetensors"), "old.safetensors", metadata={KEY: json.dumps(document)})
    old = cl.load("old.safetensors")
    values = np.random.default_rng(1).integers(0, 65536, (SIDE, SIDE), dtype=np.uint16)
    assert np.array_equal(old.pixels(sixteen_bits(values))[..., 0], np.rint(values * (255 / 65535)))
    fractions = (values / 65535 * 3 - 1).astype(np.float32)
    low, high = float(fractions.min()), float(fractions.max())
    expected = (fractions.astype(np.float64) - low) / (high - low) * 255
    assert np.abs(old.pixels(floats(fractions))[..., 0] - expected).max() <= 0.5 + 1e-6
    clear = Image.new("RGBA", (SIDE, SIDE), (0, 0, 0, 0))
    assert (old.pixels(clear) == 255).all()
    old.save("again.safetensors")
    again = cl.load("again.safetensors")
    assert again.preprocessing == old.preprocessing
    status, _, err = convlens(
        "train", data, "--from", "old.safetensors", "--epochs", 1, "--out", "new.safetensors"
    )
    assert status == 0, err
    assert "greys" not in err
    assert cl.load("new.safetensors").preprocessing == old.preprocessing


def test_going_on_from_a_model_takes_over_its_range(convlens, tmp_path):
    trained(convlens, folder_of(tmp_path / "first", "12 bits"), epochs=1)
    brighter = folder_of(tmp_path / "second", "16 bits")
    arguments = ["--from", "m.safetensors", "--epochs", 1, "--out", "new.safetensors"]
    status, _, err = convlens("train", brighter, *arguments)
    assert status == 0, err
    assert "note: greys from 0 to 4,095 (12 bits)" in err
    assert "note: 48 of 48 deep pictures reach beyond: clipped" in err
    assert cl.load("new.safetensors").preprocessing == cl.load("m.safetensors").preprocessing


def test_a_model_of_eight_bits_goes_on_with_the_range_of_deeper_pictures(
    convlens, tmp_path, shades
):
    arguments = ["--size", f"{SIDE}x{SIDE}"]
    trained(convlens, shades, *arguments, epochs=1)
    assert cl.load("m.safetensors").preprocessing.tones.greys is None
    data = folder_of(tmp_path / "data", "12 bits")
    arguments = ["--from", "m.safetensors", "--epochs", 1, "--out", "new.safetensors"]
    assert convlens("train", data, *arguments)[0] == 0
    assert cl.load("new.safetensors").preprocessing.tones.range == (0, 4095)


def test_a_run_that_goes_on_keeps_its_range(convlens, tmp_path, monkeypatch):
    data = folder_of(tmp_path / "data", "12 bits")
    arguments = ["train", data, "--net", NET, "--epochs", 4, "--out", "m.safetensors"]
    assert convlens(*arguments)[0] == 0
    whole = cl.load("m.safetensors")
    (tmp_path / "m.safetensors").unlink()
    step = Run._step

    def interrupting(self):
        done = step(self)
        self.stop = lambda: done.step == 1
        return done

    with monkeypatch.context() as patch:
        patch.setattr(Run, "_step", interrupting)
        assert convlens(*arguments, "--fresh")[0] == 130

    def nobody(*_, **__):
        raise AssertionError("looked at again")

    monkeypatch.setattr(sys.modules["convlens.pipeline.prepare"], "survey", nobody)
    status, _, err = convlens(*arguments)
    assert status == 0, err
    again = cl.load("m.safetensors")
    assert again.preprocessing == whole.preprocessing
    assert all(np.array_equal(again.weights[k], v) for k, v in whole.weights.items())
