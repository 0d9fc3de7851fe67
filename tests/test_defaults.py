"""What is chosen where the user leaves it open."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convlens.data.surveying import Survey
from convlens.defaults import AREA, AREAS, batch_for, size_for, size_in_time

PHOTOS = 1500


def survey(width, height, uniform=True):
    least = (width, height) if uniform else (width // 2, height // 2)
    return Survey(
        count=PHOTOS,
        sampled=100,
        width=width,
        height=height,
        least=least,
        largest=(width, height),
        aspect=width / height,
        channels=3,
        size=None,
    )


def pixels(size):
    width, height = size
    return width * height


def test_more_time_brings_more_pixels_from_few_to_many():
    sizes = [size_in_time(survey(512, 384), PHOTOS, 10.0**power) for power in range(8, 18)]
    areas = [pixels(size) for size in sizes]
    assert areas == sorted(areas)
    assert areas[0] == pytest.approx(AREAS[0], rel=0.2)
    assert areas[-1] == pytest.approx(AREAS[-1], rel=0.1)
    assert any(area == pytest.approx(AREA, rel=0.1) for area in areas)


def test_more_pictures_to_learn_from_in_the_same_time_bring_fewer_pixels():
    work = 3e13
    areas = [pixels(size_in_time(survey(512, 384), n, work)) for n in (200, 2000, 20_000, 200_000)]
    assert areas == sorted(areas, reverse=True)
    assert areas[0] > areas[-1]


def test_small_pictures_of_one_size_are_taken_as_they_are_whatever_the_time():
    for work in (1e6, 1e18):
        assert size_in_time(survey(32, 32), PHOTOS, work) == (32, 32)


@given(
    width=st.integers(8, 5000),
    height=st.integers(8, 5000),
    uniform=st.booleans(),
    pictures=st.integers(10, 10**6),
    power=st.floats(6, 18),
)
def test_whatever_the_time_the_size_is_one_of_those_there_are_for_such_pictures(
    width, height, uniform, pictures, power
):
    seen = survey(width, height, uniform)
    chosen = size_in_time(seen, pictures, 10**power)
    assert chosen in {size_for(seen, area) for area in AREAS}


def test_batches_are_powers_of_two_within_limits():
    assert [batch_for(count) for count in (1, 100, 1000, 10**6)] == [32, 32, 32, 256]
    assert batch_for(10**6, most=512) == 512
