import io

import numpy as np
import pytest
import torch
from PIL import Image

import convlens as cl
from convlens import calibration
from convlens.calibration import fit_temperature, log_loss, softmax
from convlens.data import decode
from convlens.network.build import Network
from tests.same import PROBABILITY, same_values
from tests.test_modelfile import model


@pytest.fixture
def classifier():
    return cl.Classifier(model())


def test_scores_are_those_of_the_plain_torch_network(classifier):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 1)).astype(np.uint8)
    network = Network(classifier.model.plan()).eval()
    network.load_state_dict(
        {k: torch.from_numpy(v.copy()) for k, v in classifier.weights.items()}, strict=False
    )
    x = (torch.from_numpy(pixels).permute(0, 3, 1, 2) / 255 - 0.25) / 0.5
    with torch.no_grad():
        expected = network(x).numpy()
    same_values(classifier.scores(pixels), expected)
    raised = np.exp((expected - expected.max(1, keepdims=True)) / 0.75)
    np.testing.assert_allclose(
        classifier.probabilities(pixels),
        raised / raised.sum(1, keepdims=True),
        rtol=1e-3,
        atol=1e-9,
    )
    assert classifier.scores(pixels[:0]).shape == (0, 3)


def test_a_picture_may_come_as_a_path_bytes_image_or_array(classifier, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8)).astype(np.uint8)
    path = tmp_path / "p.png"
    Image.fromarray(pixels).save(path)
    with Image.open(path) as image:
        image.load()
    forms = [path, str(path), path.read_bytes(), image, pixels, pixels[..., None]]
    found = [classifier.predict(form) for form in forms]
    assert all(one == found[0] for one in found)
    for one, together in zip(found, classifier.predict_each(forms, batch=4), strict=True):
        assert dict(together.probabilities) == pytest.approx(
            dict(one.probabilities), abs=PROBABILITY
        )
    assert sum(found[0].probabilities.values()) == pytest.approx(1)
    assert list(found[0].probabilities.values()) == sorted(
        found[0].probabilities.values(), reverse=True
    )
    assert found[0].class_name == next(iter(found[0].top(1)))


def test_what_is_not_a_picture_is_refused_by_name(classifier, tmp_path):
    (tmp_path / "text.jpg").write_text("hello")
    with pytest.raises(cl.DataError, match=r"text\.jpg"):
        classifier.predict(tmp_path / "text.jpg")


def test_saved_and_loaded_it_is_the_same(classifier, tmp_path):
    classifier.save(tmp_path / "m.safetensors")
    again = cl.load(tmp_path / "m.safetensors")
    pixels = np.full((1, 8, 8, 1), 90, np.uint8)
    np.testing.assert_array_equal(again.scores(pixels), classifier.scores(pixels))


def test_representations_read_well(classifier):
    assert repr(classifier).startswith("<Classifier of 3 classes (a, b, ü<b>): INPUT 8x8x1 - CONV")
    shown = repr(classifier.predict(np.zeros((8, 8), np.uint8)))
    assert shown.startswith("Prediction(")
    assert shown.count("%") == 3


def test_temperature_is_where_the_log_loss_is_least():
    random = np.random.default_rng(0)
    scores = random.normal(size=(400, 5)) * 6  # far too sure of itself
    true = softmax(scores, 3.0)
    labels = np.array([random.choice(5, p=p) for p in true])
    found = fit_temperature(scores, labels)
    assert found == pytest.approx(3.0, rel=0.2)
    least = log_loss(scores, labels, found)
    assert all(log_loss(scores, labels, found * f) >= least for f in (0.8, 0.9, 1.1, 1.2))
    assert fit_temperature(scores[:0], labels[:0]) == 1.0


def test_the_log_loss_of_blocks_is_that_of_all_at_once(monkeypatch):
    random = np.random.default_rng(0)
    scores = random.normal(size=(400, 5)).astype(np.float32) * 6
    labels = random.integers(0, 5, 400)
    expected = log_loss(scores, labels, 1.7, 0.1), fit_temperature(scores, labels)
    monkeypatch.setattr(calibration, "BLOCK_VALUES", 35)
    assert (log_loss(scores, labels, 1.7, 0.1), fit_temperature(scores, labels)) == expected


def test_no_mistake_among_few_pictures_does_not_make_it_certain():
    labels = np.arange(40) % 4
    scores = np.eye(4)[labels] * 5
    probabilities = softmax(scores, fit_temperature(scores, labels))
    assert 0.95 < probabilities.max(axis=1).min() < 0.99


def encoded_as(pixels, kind):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


def test_a_picture_may_come_opened_in_memory_or_as_a_tensor(classifier, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3)).astype(np.uint8)
    content = encoded_as(pixels, "PNG")
    (tmp_path / "p.png").write_bytes(content)
    tensor = torch.from_numpy(pixels).permute(2, 0, 1)
    written = io.BytesIO()
    written.write(content)
    with (tmp_path / "p.png").open("rb") as file:
        forms = [content, bytearray(content), memoryview(content), written, file, tensor,
                 (tensor / 255).requires_grad_(), tensor[..., None][..., 0].numpy()]  # fmt: skip
        found = [classifier.predict(form) for form in forms]
        assert all(one == found[0] for one in found)
        assert [p.class_name for p in classifier.predict_each(forms)] == [
            one.class_name for one in found
        ]
        decoded = [decode(form, width=8, height=8, channels=3) for form in forms]
        assert all(np.array_equal(one, pixels) for one in decoded)
    halves = (tensor / 255).bfloat16()
    assert np.abs(decode(halves, width=8, height=8, channels=3).astype(int) - pixels).max() <= 1
    clear = torch.cat([tensor, torch.full((1, 8, 8), 255, dtype=torch.uint8)])
    assert np.array_equal(decode(clear, width=8, height=8, channels=3), pixels)


def test_a_file_that_is_opened_as_text_is_refused_with_the_remedy(classifier, tmp_path):
    (tmp_path / "p.png").write_text("x")
    with (tmp_path / "p.png").open() as file:
        with pytest.raises(cl.DataError, match=r"p\.png cannot be read: .* as text") as caught:
            classifier.predict(file)
        assert '"rb"' in caught.value.hint
    closed = io.BytesIO(b"x")
    closed.close()
    with pytest.raises(cl.DataError, match="closed file"):
        classifier.predict(closed)
    with pytest.raises(cl.DataError, match="as text"):
        classifier.predict(io.StringIO("x"))


def strange_pictures(tmp_path):
    good = [np.full((8, 8), level, np.uint8) for level in (0, 90, 180)]
    return [good[0], tmp_path / "gone.png", good[1], b"hello", good[2], {"no": "picture"}]


@pytest.mark.parametrize("batch", [1, 2, 4, 256])
def test_pictures_that_fail_come_back_in_their_places_or_not_at_all(classifier, batch, tmp_path):
    pictures = strange_pictures(tmp_path)
    alone = [classifier.predict(pictures[place]).class_name for place in (0, 2, 4)]
    returned = list(classifier.predict_each(pictures, batch, errors="return"))
    assert [type(one) for one in returned] == [cl.Prediction, cl.DataError] * 3
    assert [one.class_name for one in returned[::2]] == alone
    gone, hello, no = (error.message for error in returned[1::2])
    assert gone == f"{tmp_path / 'gone.png'} cannot be read: no such file or directory"
    assert hello.startswith("pictures[3] cannot be read: not a picture")
    assert no.startswith("pictures[5] cannot be read: a picture is a path")
    skipped = list(classifier.predict_each(iter(pictures), batch, errors="skip"))
    assert [one.class_name for one in skipped] == alone
    with pytest.raises(cl.DataError, match=r"gone\.png"):
        list(classifier.predict_each(pictures, batch))
    assert list(classifier.predict_each([], errors="return")) == []


def test_what_predict_each_does_not_take_is_said_at_once(classifier):
    for single in ("a.png", b"x", io.BytesIO(), Image.new("L", (2, 2)), 7, None):
        with pytest.raises(cl.DataError, match="takes several pictures"):
            classifier.predict_each(single)
    with pytest.raises(cl.SettingsError, match="errors is 'ignore'"):
        classifier.predict_each([], errors="ignore")
    with pytest.raises(cl.SettingsError, match="batch is 0"):
        classifier.predict_each([], 0)
