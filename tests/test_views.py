import numpy as np
import pytest

import convlens as cl
from convlens.views import Views
from tests.same import same_probabilities
from tests.test_modelfile import model


def seen_through(views, pixels):
    return [(weight, view) for weight, view in views.others(pixels)]


def test_views_are_the_mirror_image_and_shifts_by_a_step():
    pixels = np.random.default_rng(0).integers(0, 256, (2, 6, 8, 3)).astype(np.uint8)
    mirrored, *shifted = [view for _, view in seen_through(Views(True, True), pixels)]
    assert (mirrored == pixels[:, :, ::-1]).all()
    down_right, its_mirror, up_left, _ = shifted
    assert (down_right[:, 1:, 1:] == pixels[:, :-1, :-1]).all()
    assert (up_left[:, :-1, :-1] == pixels[:, 1:, 1:]).all()
    assert (its_mirror == down_right[:, :, ::-1]).all()


@pytest.mark.parametrize(("mirror", "shift", "count"), [(1, 1, 5), (1, 0, 1), (0, 1, 2), (0, 0, 0)])
def test_weights_leave_the_picture_itself_its_share(mirror, shift, count):
    weights = [w for w, _ in seen_through(Views(bool(mirror), bool(shift)), np.zeros((1, 4, 4, 1)))]
    assert len(weights) == count == Views(bool(mirror), bool(shift)).more
    own = 1 - sum(weights)
    assert own == pytest.approx((0.5 if shift else 1) / (2 if mirror else 1))


def test_only_unsure_pictures_are_looked_at_again():
    asked = []

    def scores(pixels):
        asked.append(len(pixels))
        light = pixels[:, 0, 0, 0] / 255
        return np.stack([9 * light, np.zeros_like(light)], 1).astype(np.float32)

    pixels = np.zeros((3, 4, 4, 1), np.uint8)
    pixels[1], pixels[2, :, :2] = 255, 40
    found = Views(mirror=True, shift=False).scores(pixels, scores, temperature=1.0)
    assert asked == [3, 2]  # the second picture is sure of itself
    expected = scores(pixels)
    expected[2] = (expected[2] + scores(pixels[2:, :, ::-1])[0]) / 2
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_a_classifier_sees_what_its_training_varied():
    plain = cl.Classifier(model())
    pixels = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 1)).astype(np.uint8)
    assert plain.predict(pixels[0], views=True) == plain.predict(pixels[0])  # nothing is told of it
    told = plain.with_training(recipe={"flip": True, "shift": 0.0})
    mirrored = plain.scores(np.ascontiguousarray(pixels[:, :, ::-1]))
    expected = (plain.scores(pixels) + mirrored) / 2
    sure = plain.probabilities(pixels).max(1) >= 0.9
    expected[sure] = plain.scores(pixels)[sure]
    raised = np.exp(expected.astype(float) / plain.model.temperature)
    same_probabilities(
        told.probabilities(pixels, views=True), raised / raised.sum(1, keepdims=True)
    )
