"""Copies are found however they were made; other pictures are left alone."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sklearn.datasets import load_digits

from convlens.data import decode, open_source
from convlens.data.likeness import NEAR, groups, joined, likeness, pairs
from convlens.data.loading import load
from convlens.data.split import divide

RESIZERS = (Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS)


def scene(seed, size=96):
    """A picture with soft shapes, as photographs have, (size, size, 3) uint8."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (9, 9, 3), np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((size, size), Image.Resampling.BICUBIC))


def shrunk(picture, size=32):
    return decode(Image.fromarray(picture), width=size, height=size, channels=3)


@pytest.fixture(scope="module")
def scenes():
    return np.stack([shrunk(scene(seed)) for seed in range(200)])


def test_different_pictures_are_left_alone(scenes):
    assert len(pairs(likeness(scenes))) == 0
    assert groups(likeness(scenes)).tolist() == list(range(200))


def test_different_digits_are_left_alone():
    digits = (load_digits().images * 15.9).astype(np.uint8)[..., None]
    found = pairs(likeness(digits))
    assert len(np.union1d(found.first, found.second)) <= 0.005 * len(digits)


resized = st.builds(
    lambda scale, how: lambda image: image.resize((round(96 * scale),) * 2, how),
    st.floats(0.5, 2),
    st.sampled_from(RESIZERS),
)


def compressed(quality):
    def change(image):
        file = io.BytesIO()
        image.save(file, "JPEG", quality=quality)
        return file.getvalue()

    return change


@given(
    seed=st.integers(1000, 10_000),
    change=resized | st.builds(compressed, st.integers(60, 95)),
    mirrored=st.booleans(),
)
@settings(max_examples=60)
def test_a_copy_is_found(scenes, seed, change, mirrored):
    original = Image.fromarray(scene(seed))
    copy = original.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if mirrored else original
    decoded = decode(change(copy), width=32, height=32, channels=3)
    found = pairs(likeness(np.stack([*scenes, shrunk(np.asarray(original)), decoded])))
    assert [found.first.tolist(), found.second.tolist()] == [[200], [201]]
    assert found.mirrored.tolist() == [mirrored]


def test_pairs_are_those_of_nested_loops(scenes):
    random = np.random.default_rng(0)
    noise = random.normal(0, 12, (60, 32, 32, 3))
    close = np.clip(scenes[:60] + noise, 0, 255).astype(np.uint8)
    alike = likeness(np.concatenate([scenes[:60], close, close[:, :, ::-1]]))
    expected = set()
    for i in range(180):
        for j in range(i + 1, 180):
            even, odd = alike.even[i] @ alike.even[j], alike.odd[i] @ alike.odd[j]
            if 2 - 2 * (even + abs(odd)) <= 0.1**2:
                expected.add((i, j))
    found = pairs(alike, threshold=0.1)
    assert 60 < len(expected) < 200
    assert set(zip(found.first.tolist(), found.second.tolist(), strict=True)) == expected


def test_blocks_and_floods_keep_groups_whole(scenes):
    random = np.random.default_rng(0)
    base = scenes[:2].astype(np.float32)
    crowd = np.concatenate([base[n] + random.normal(0, 1, (1500, 32, 32, 3)) for n in (0, 1)])
    alike = likeness(np.clip(crowd, 0, 255).astype(np.uint8))
    found = pairs(alike)
    assert len(found) < 50_000
    assert groups(alike).tolist() == [0] * 1500 + [1500] * 1500
    assert (found.distance <= NEAR).all()


def test_equal_pixels_are_one_group_also_where_blank():
    blank = np.full((5, 8, 8, 1), 7, np.uint8)
    blank[3:] = 200
    alike = likeness(blank)
    assert groups(alike).tolist() == [0, 0, 0, 3, 3]
    assert pairs(alike).distance.tolist() == [0, 0, 0]


def test_colour_and_contrast_tell_pictures_apart(scenes):
    red, faded = scenes[:1] // 2, scenes[:1] // 4 + 96
    red[..., 0] += 100
    assert len(pairs(likeness(np.concatenate([scenes[:1], red, faded])))) == 0


@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=30))
def test_joined_groups_are_those_of_a_walk(edges):
    first, second = (np.array([e[n] for e in edges], np.int64) for n in (0, 1))
    group = list(range(20))
    for _ in range(20):
        for i, j in edges:
            group[i] = group[j] = min(group[i], group[j])
    assert joined(20, first, second).tolist() == group


@pytest.mark.parametrize("shape", [(0, 8, 8, 3), (1, 1, 1, 1), (3, 1, 40, 3), (2, 300, 200, 1)])
def test_any_shape_is_described(shape):
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    assert len(groups(likeness(pixels))) == shape[0]


@pytest.mark.data
@pytest.mark.slow
def test_trashnet_photographs_are_told_apart(real_pictures):
    source = open_source(real_pictures / "trashnet")
    dataset = load(source, divide(source, seed=0), width=48, height=48, channels=3, cache=False)
    found = pairs(likeness(dataset.train.pixels))
    assert len(np.union1d(found.first, found.second)) <= 0.005 * len(dataset.train)
