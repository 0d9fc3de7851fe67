import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from convlens.data import Pictures
from convlens.training.recipe import Recipe
from convlens.training.sampler import Normalisation, Sampler

CPU = torch.device("cpu")
PLAIN = Normalisation.of((0.0,), (1.0 / 255,), CPU)  # pixels as they are


def numbered(count, height=6, width=8, channels=1):
    """Pictures in which every cell of every picture has a value of its own, as far as 255 goes."""
    cells = np.arange(count * height * width * channels) % 251
    pixels = cells.astype(np.uint8).reshape(count, height, width, channels)
    return Pictures(pixels, np.arange(count) % 3, tuple(map(str, range(count))))


def sampler(pictures, seed=0, normalise=PLAIN, **recipe):
    return Sampler(pictures, Recipe(**{"shift": 0, "flip": False, **recipe}), seed, normalise)


@settings(max_examples=30, deadline=None)
@given(count=st.integers(4, 60), batch=st.integers(1, 20), epoch=st.integers(0, 5))
def test_an_epoch_shows_every_picture_once_but_for_what_does_not_fill_a_batch(count, batch, epoch):
    pictures = numbered(count)
    source = sampler(pictures, batch=batch)
    seen = [
        label
        for step in range(source.steps_per_epoch)
        for label in source.epoch(epoch).step(step)[1]
    ]
    order = source.epoch(epoch).order
    assert sorted(order.tolist()) == list(range(count))
    assert len(seen) == source.steps_per_epoch * min(batch, count) > count - min(batch, count)


def test_without_variation_pictures_are_their_own_pixels():
    pictures = numbered(10)
    epoch = sampler(pictures, batch=10).epoch(3)
    found, labels = epoch.step(0)
    expected = torch.from_numpy(pictures.pixels[epoch.order.numpy()]).permute(0, 3, 1, 2).float()
    assert torch.equal(found, expected)
    assert torch.equal(labels, torch.from_numpy(pictures.labels)[epoch.order])


def test_shifted_views_are_windows_of_the_mirrored_picture_all_of_them_alike_often():
    pictures = numbered(400)
    epoch = sampler(pictures, batch=400, shift=0.25).epoch(0)
    found, _ = epoch.step(0)
    padded = np.pad(pictures.pixels[..., 0], ((0, 0), (2, 2), (2, 2)), mode="symmetric")
    places = []
    for picture, view in zip(epoch.order.tolist(), found[:, 0].numpy(), strict=True):
        matching = [
            (i, j)
            for i in range(5)
            for j in range(5)
            if np.array_equal(view, padded[picture, i : i + 6, j : j + 8])
        ]
        assert matching, "a view that is no window"
        places.append(matching[0])
    counts = np.bincount([5 * i + j for i, j in places], minlength=25)
    assert counts.min() >= 4  # 16 each on average
    assert counts.max() <= 36


def test_flips_alternate_from_epoch_to_epoch():
    pictures = numbered(50)
    source = sampler(pictures, batch=50, flip=True)
    original = torch.from_numpy(pictures.pixels[..., 0]).float()
    mirrored = []
    for number in (0, 1, 2):
        epoch = source.epoch(number)
        found = torch.empty(50, 6, 8)
        found[epoch.order] = epoch.step(0)[0][:, 0]
        as_is = (found == original).all((1, 2))
        flipped = (found == original.flip(2)).all((1, 2))
        assert torch.equal(as_is, ~flipped)
        mirrored.append(flipped)
    assert 10 < int(mirrored[0].sum()) < 40
    assert torch.equal(mirrored[0], ~mirrored[1])
    assert torch.equal(mirrored[0], mirrored[2])


def test_zoomed_views_show_a_part_enlarged():
    ramp = np.broadcast_to(np.arange(100, dtype=np.uint8)[None, None, :, None], (64, 20, 100, 1))
    pictures = Pictures(np.ascontiguousarray(ramp), np.zeros(64, np.int64), ("",) * 64)
    found, _ = sampler(pictures, batch=64, zoom=0.5).epoch(0).step(0)
    widths = found[:, 0, 0, -1] - found[:, 0, 0, 0]
    assert float(widths.max()) <= 99
    assert float(widths.min()) >= 48  # half of it at the least
    assert bool((found[:, 0, 0].diff(dim=1) >= 0).all())


@pytest.mark.parametrize("position", [0, 3])
def test_steps_are_a_function_of_seed_epoch_and_position(position):
    pictures = numbered(40)
    make = lambda seed: sampler(pictures, seed, batch=8, shift=0.2, flip=True, zoom=0.3)  # noqa: E731
    first, labels = make(5).epoch(2).step(position)
    fresh = make(5)
    fresh.epoch(0).step(1)
    again, labels_again = fresh.epoch(2).step(position)
    assert torch.equal(first, again)
    assert torch.equal(labels, labels_again)
    assert not torch.equal(first, make(6).epoch(2).step(position)[0])
    assert not torch.equal(first, make(5).epoch(3).step(position)[0])


def test_normalisation_gives_mean_zero_and_deviation_one_channels_last():
    pixels = torch.randint(0, 256, (20, 5, 5, 3), dtype=torch.uint8)
    share = pixels.float() / 255
    mean, std = share.mean((0, 1, 2)), share.std((0, 1, 2), correction=0)
    normalise = Normalisation.of(tuple(mean.tolist()), tuple(std.tolist()), CPU)
    found = normalise(pixels)
    assert found.shape == (20, 3, 5, 5)
    assert found.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(found, ((share - mean) / std).permute(0, 3, 1, 2))
    assert float(found.mean()) == pytest.approx(0, abs=1e-5)


def test_pictures_are_not_copied_and_may_lie_anywhere_in_a_store():
    plain = numbered(40)
    taken = plain.take(np.arange(39, 4, -3))
    own = Pictures(taken.pixels.copy(), taken.labels, taken.names)
    source = sampler(taken, batch=5, shift=0.2, flip=True)
    assert source.pixels.data_ptr() == plain.store.ctypes.data
    expected = sampler(own, batch=5, shift=0.2, flip=True).epoch(1).step(1)
    found = source.epoch(1).step(1)
    assert torch.equal(found[0], expected[0])
    assert torch.equal(found[1], expected[1])
    assert np.array_equal(source.originals(3).numpy(), own.pixels[:3])
