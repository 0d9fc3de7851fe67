from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from convlens.data import divide, named_groups, open_source, start_loading
from convlens.data.content import as_numbers, content_hashes
from convlens.data.groups import alone, joined
from convlens.data.sources import Item, Source
from convlens.errors import SettingsError


def source(*names: str) -> Source:
    return Source(
        "folder", "s", ("a", "b"), tuple(Item(n, i % 2, None, 1, "") for i, n in enumerate(names))
    )


def numbers(pattern, *names):
    return named_groups(source(*names), pattern).numbers.tolist()


def test_a_pattern_s_first_group_names_the_group_or_else_its_match():
    names = ("a/p1_x.png", "b/p1_y.png", "b/p2_x.png", "a/other.png", "b/more.png")
    assert numbers(r"(p\d)_", *names) == [0, 0, 1, 2, 3]
    assert numbers(r"p\d", *names) == [0, 0, 1, 2, 3]
    assert numbers(r"(q\d)|p\d", *names) == [0, 0, 1, 2, 3]
    assert named_groups(source(*names), r"p\d").named == 2


def test_a_name_like_a_number_is_not_one_that_was_not_found():
    assert numbers(r"/(\d)\.", "a/x.png", "a/0.png", "b/1.png", "a/1.png") == [0, 1, 2, 2]


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(", "is not a regular expression"),
        ("patient", "matches no picture's path, such as `a/1.png`"),
        ("(png)", "puts every picture in one group, `png`"),
        (".*", "puts every picture in a group of its own"),
    ],
)
def test_a_pattern_that_groups_nothing_is_refused(pattern, message):
    with pytest.raises(SettingsError) as caught:
        named_groups(source("a/1.png", "b/2.png"), pattern)
    assert message in str(caught.value)
    assert caught.value.hint
    assert "\n" not in caught.value.message


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=40))
def test_joined_groups_are_connected_components(pairs):
    one, other = np.array(pairs, np.int64).reshape(-1, 2).T
    found = joined(one, other)
    count = len(pairs)
    together = (one[:, None] == one) | (other[:, None] == other)
    _, expected = connected_components(coo_matrix(together), directed=False)
    assert found.shape == (count,)
    assert np.array_equal(found[:, None] == found, expected[:, None] == expected)


def pictures(count=30, side=24):
    random = np.random.default_rng(0)
    small = random.integers(0, 256, (count, 6, 6, 3)).astype(np.uint8)
    return small.repeat(side // 6, axis=1).repeat(side // 6, axis=2)


def grouped(x, pattern=None):
    found = open_source((x, np.arange(len(x)) % 2))
    decoded = start_loading(found, width=24, height=24, channels=3).result()
    named = None if pattern is None else named_groups(found, pattern)
    return found, decoded.groups(named)


def test_copies_and_mirror_images_stay_together():
    x = pictures()
    x = np.concatenate([x, x[3:4], x[5:6, :, ::-1]])
    found, groups = grouped(x)
    assert groups.alike == 4
    assert groups.numbers[30] == groups.numbers[3]
    assert groups.numbers[31] == groups.numbers[5]
    assert len(set(groups.numbers.tolist())) == 30
    for seed in range(20):
        division = divide(found, seed=seed, groups=groups)
        for part in (division.train, division.validation, division.test):
            assert len({3, 30} & set(part.tolist())) != 1
            assert len({5, 31} & set(part.tolist())) != 1


def test_names_and_looks_are_joined():
    x = pictures()
    x = np.concatenate([x, x[3:4]])
    _, groups = grouped(x, r"0000(0[0-4]|1)")  # a group each, ten in one, and those that look alike
    assert groups.numbers[30] == groups.numbers[3]
    _, groups = grouped(x, r"^0000[0-2]")  # the first thirty in three groups
    assert len(set(groups.numbers.tolist())) == 3
    assert groups.numbers[30] == groups.numbers[0]


def test_what_cannot_be_decoded_is_like_nothing(tree):
    folder = tree(*(f"{c}/{n}.png" for c in "ab" for n in range(4)))
    for name in ("a/0.png", "b/1.png"):
        (folder / name).write_text("text")
    decoded = start_loading(
        open_source(folder), width=8, height=6, channels=3, cache=False
    ).result()
    assert len(set(decoded.groups().numbers.tolist())) == 8
    assert decoded.groups().alike == 0


@given(st.integers(0, 2**32 - 1))
def test_hashes_are_equal_where_pixels_are(seed):
    random = np.random.default_rng(seed)
    store = random.integers(0, 2, (6, 2, 2, 1)).astype(np.uint8)
    found = as_numbers(content_hashes(store, np.arange(6)))
    flat = store.reshape(6, -1)
    assert np.array_equal(found[:, None] == found, (flat[:, None] == flat).all(2))
    rows = np.array([4, 1, 1])
    assert np.array_equal(as_numbers(content_hashes(store, rows)), found[rows])


def test_alone_means_alone():
    assert alone(source("a", "b", "c")).numbers.tolist() == [0, 1, 2]
