import pytest
from hypothesis import given
from hypothesis import strategies as st

from convlens.training.place import Place, recovered

SIZES = st.lists(st.tuples(st.integers(1, 40), st.integers(0, 6)), min_size=1, max_size=12)


@given(st.integers(2, 60), SIZES)
def test_whatever_the_sizes_an_epoch_shows_no_picture_twice_and_nothing_out_of_order(count, sizes):
    """Steps of each size in turn: what is shown, and how far it is said to have come."""
    place = Place(count, min(sizes[0][0], count))
    shown, told = [], [place.epochs]
    for size, steps in sizes:
        left_in_epoch = count - place.offset
        epoch = place.epoch
        place.change(min(size, count))
        if place.epoch > epoch:  # only where what was left filled no batch
            assert left_in_epoch < min(size, count)
            assert place.at_start
        told.append(place.epochs)
        for _ in range(steps):
            shown += [(place.epoch, place.offset + i) for i in range(place.batch)]
            last, before = place.at_last, place.steps
            grown = place.advance()
            assert grown == pytest.approx(place.steps - before)
            assert last == place.at_start
            told.append(place.epochs)
    assert shown == sorted(set(shown))
    assert all(picture < count for _, picture in shown)
    assert told == pytest.approx(sorted(told))
    if place.at_start:
        assert place.epochs == place.epoch
    assert place.epoch <= place.epochs + 1e-9 < place.epoch + 1 + 1e-9


@given(st.integers(2, 500), st.integers(1, 50), st.integers(0, 300))
def test_batches_of_one_size_are_counted_in_whole_steps(count, batch, steps):
    place = Place(count, min(batch, count))
    assert all(place.advance() == 1 for _ in range(steps))
    assert place.steps == steps
    assert isinstance(place.steps, int)
    assert place.epochs == steps / place.steps_per_epoch
    assert divmod(steps, place.steps_per_epoch) == (place.epoch, place.offset // place.batch)


def test_an_epoch_counts_one_however_its_batches_change():
    place = Place(100, 10)
    for _ in range(3):
        place.advance()
    assert place.change(30) == 0  # nothing is skipped
    assert place.epochs == pytest.approx(0.3)
    assert place.advance() == pytest.approx(0.35 * 3)
    assert place.advance() == pytest.approx(0.35 * 3)
    assert (place.epoch, place.offset, place.epochs) == (1, 0, 1)
    for _ in range(2):
        place.advance()
    assert place.change(50) == pytest.approx(2 / 3)  # 40 pictures that fill no batch of 50
    assert place.epochs == 2


def test_the_place_comes_back_and_among_other_pictures_one_as_far():
    place = Place(100, 10)
    for _ in range(3):
        place.advance()
    place.change(7)
    place.advance()
    values = {"steps": 4, "steps_per_epoch": 14, "pictures": 37, "place": place.to_json()}
    assert recovered(values, Place(100, 7)) == (place, 4, 37)
    other, steps, pictures = recovered(values, Place(200, 7))
    assert other.epochs == pytest.approx(place.epochs, abs=1 / 28)
    assert (steps, pictures) == (other.steps, 7 * steps)
    old = {"steps": 23, "steps_per_epoch": 10}  # as kept while batches were of one size
    assert recovered(old, Place(100, 10)) == (Place(100, 10, 2, 30), 23, 230)
