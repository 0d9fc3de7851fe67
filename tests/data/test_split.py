from __future__ import annotations

import hashlib
import itertools
import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convlens.data.allotment import Bundles, Pool
from convlens.data.groups import Groups
from convlens.data.sources import Item, Source
from convlens.data.split import divide, divide_in_folds, learnable
from convlens.errors import DataError, SettingsError


def source(counts: dict[str, int], part=None) -> Source:
    classes = tuple(sorted(counts))
    items = [
        Item(f"{name}/{n}.png", classes.index(name), part, 10, "")
        for name in classes
        for n in range(counts[name])
    ]
    return Source("folder", "photos", classes, tuple(items))


def parted(**parts: dict[str, int]) -> Source:
    together = [source(counts, part) for part, counts in parts.items()]
    items = tuple(
        item._replace(name=f"{item.part}/{item.name}") for s in together for item in s.items
    )
    return replace(together[0], items=items)


def parts_of(division) -> list[list[int]]:
    test = [] if division.test is None else division.test.tolist()
    return [division.train.tolist(), division.validation.tolist(), test]


@given(st.lists(st.integers(1, 60), min_size=2, max_size=12), st.integers(0, 2**31))
def test_every_picture_is_in_one_part_and_every_class_in_train(sizes, seed):
    data = source({f"c{n}": size for n, size in enumerate(sizes)})
    division = divide(data, seed=seed)
    train, validation, test = parts_of(division)
    assert sorted(train + validation + test) == list(range(len(data)))
    assert train == sorted(train)
    assert set(data.labels[train]) == set(range(len(sizes)))
    assert bool(validation) == (max(sizes) > 1) or len(data) - len(sizes) <= len(test)


@given(st.lists(st.integers(2, 200), min_size=2, max_size=20), st.integers(0, 1000))
def test_parts_are_stratified(sizes, seed):
    data = source({f"c{n:02}": size for n, size in enumerate(sizes)})
    division = divide(data, seed=seed)
    for part, fraction in ((division.validation, 0.1), (division.test, 0.2)):
        counts = np.bincount(data.labels[[] if part is None else part], minlength=len(sizes))
        for count, size in zip(counts, sizes, strict=True):
            assert abs(count - fraction * size) <= 1.5
        assert abs(counts.sum() - fraction * sum(sizes)) <= 0.5 + 0.1 * len(sizes)


def test_many_tiny_classes_still_give_up_their_share():
    data = source({f"c{n:03}": 3 for n in range(100)})
    _, validation, test = parts_of(divide(data, seed=0))
    assert abs(len(validation) - 30) <= 1
    assert abs(len(test) - 60) <= 1


def test_the_split_depends_on_names_and_seed_not_on_the_order_of_listing():
    data = source({"a": 40, "b": 60})
    items = list(data.items)
    random.Random(1).shuffle(items)
    shuffled = replace(data, items=tuple(items))

    def named(src, seed):
        division = divide(src, seed=seed)
        return [{src.items[i].name for i in part} for part in parts_of(division)]

    assert named(data, 3) == named(shuffled, 3)
    assert named(data, 3) != named(data, 4)


def test_the_split_is_the_same_on_every_machine():
    division = divide(source({"a": 10, "b": 10}), seed=7)
    assert parts_of(division)[1:] == [[6, 13], [0, 4, 11, 12]]


HELD = {
    (2, "alone"): ("5480b0146cd3", "b95fa44ae960"),
    (2, "pairs"): ("b46065718745", "38d24cd6f564"),
    (2, "across"): ("1f44f7ad6036", "9d9bf37232e9"),
    (3, "alone"): ("fb92b90dc02f", "d953566f054a"),
    (3, "pairs"): ("c61acdd0f463", "2742b7dfd1ad"),
    (3, "across"): ("83665b1257ba", "b50224b9f5e8"),
    (7, "alone"): ("0a51f0699889", "376ede1eab55"),
    (7, "pairs"): ("59a56e301149", "4ece02df478f"),
    (7, "across"): ("c13dc3ba8b6d", "db9d00960dcd"),
}
"""What a division by seed 5, and one in four folds, came to when they were first written."""


@pytest.mark.parametrize(("each", "together"), HELD)
def test_a_seed_divides_as_it_always_has(each, together):
    """Parts that change let pictures of a test part into the training of a later version."""
    data = source({f"c{n:03}": each for n in range(200)})
    numbers = np.arange(len(data))
    if together == "pairs":
        numbers = numbers // each * each + np.maximum(numbers % each - 1, 0)
    elif together == "across":
        numbers = np.random.default_rng(each).integers(0, len(data) // 2, len(data))
    groups = Groups(numbers)
    whole = divide(data, seed=5, groups=groups)
    folds = divide_in_folds(data, 4, seed=5, groups=groups)
    parts = [whole.train, whole.validation, *([] if whole.test is None else [whole.test])]
    found = parts, [part for fold in folds for part in (fold.test, fold.validation)]
    assert HELD[each, together] == tuple(
        hashlib.blake2b(b"".join(part.tobytes() for part in some), digest_size=6).hexdigest()
        for some in found
    )


class Counting(list):
    """Counts how often one of its items is asked for."""

    asked = 0

    def __getitem__(self, index):
        self.asked += 1
        return super().__getitem__(index)


@pytest.mark.parametrize("sizes", [(3,), (2, 1), (2, 2), (1, 1, 1)])
def test_of_a_hundred_thousand_classes_no_bundle_is_looked_at_again_and_again(sizes):
    """Classes that can spare nothing, or too little, were each searched for in all pictures."""
    classes = 100_000
    counts = Counting(((label, size),) for label in range(classes) for size in sizes)
    each = np.tile(sizes, classes)
    pool = Pool(Bundles(np.arange(each.sum()), each, counts), classes)
    taken = [pool.take(0.2), pool.take(0.1), pool.take_one()]
    assert sum(map(len, taken)) + len(pool.left) == each.sum()
    assert counts.asked <= 8 * len(counts)


def test_given_parts_stay():
    data = parted(train={"a": 30, "b": 30}, validation={"a": 5, "b": 5}, test={"a": 4, "b": 4})
    division = divide(data, seed=0)
    assert [len(part) for part in parts_of(division)] == [60, 10, 8]
    assert "as given" in division.summary


def test_validation_comes_from_train_where_only_a_test_part_is_given():
    data = parted(train={"a": 30, "b": 70}, test={"a": 4, "b": 4})
    division = divide(data, seed=0)
    assert [len(part) for part in parts_of(division)] == [90, 10, 8]
    assert np.bincount(data.labels[division.validation]).tolist() == [3, 7]


def test_validation_from_a_given_train_part_is_capped():
    data = parted(train={"a": 30_000, "b": 30_000}, test={"a": 1, "b": 1})
    assert abs(len(divide(data, seed=0).validation) - 5_000) <= 1


def test_with_validation_alone_there_is_no_test_part():
    division = divide(parted(train={"a": 9, "b": 9}, validation={"a": 2, "b": 2}), seed=0)
    assert division.test is None
    assert [len(part) for part in parts_of(division)] == [18, 4, 0]


def test_one_class_is_refused():
    with pytest.raises(DataError, match="only one class, `cats`"):
        divide(source({"cats": 9}), seed=0)


def test_one_picture_in_a_class_is_trained_on_and_told():
    division = divide(source({"a": 1, "b": 20}), seed=0)
    assert 0 in division.train
    assert division.warnings == ("the class `a` holds one picture only",)


def test_a_class_that_only_tests_keeps_its_index_and_is_told():
    data = Source(
        "folder",
        "photos",
        ("a", "b", "c"),
        tuple(Item(f"train/{n}", 2 * (n % 2), "train", 1, "") for n in range(20))
        + tuple(Item(f"test/{n}", 1, "test", 1, "") for n in range(2)),
    )
    division = divide(data, seed=0)
    assert division.warnings == ("the class `b` has no training picture",)


def test_of_a_class_with_one_picture_that_only_tests_the_missing_training_is_told():
    data = parted(train={"a": 9, "b": 9, "c": 0}, test={"a": 1, "b": 1, "c": 1})
    assert divide(data, seed=0).warnings == ("the class `c` has no training picture",)


def test_thousands_of_classes_that_only_test_are_told_in_one_line():
    counts = dict.fromkeys([f"c{n:04}" for n in range(2000)], 2)
    data = parted(
        train={**dict.fromkeys(counts, 0), "a": 9, "b": 9}, test={**counts, "a": 1, "b": 1}
    )
    learned = learnable(replace(data, classes=(*sorted(["a", "b", *counts]),)))
    assert learned.classes == ("a", "b")
    assert learned.warnings == (
        "2,000 classes have no training picture: `c0000`, `c0001`, `c0002`, …: "
        "4,000 pictures of other parts left out",
    )


def test_too_few_pictures_to_hold_any_back():
    division = divide(source({"a": 1, "b": 1}), seed=0)
    assert parts_of(division) == [[0, 1], [], []]
    assert "too few" in " ".join(division.warnings)
    assert len(divide(source({"a": 2, "b": 2}), seed=0).validation) == 1


def test_no_training_pictures_are_refused():
    with pytest.raises(DataError, match="no training pictures"):
        divide(parted(test={"a": 4, "b": 4}), seed=0)


@pytest.mark.parametrize("fractions", [(0.5, 0.5), (-0.1, 0.2), (0.1, 1.0), (float("nan"), 0.1)])
def test_absurd_fractions_are_refused(fractions):
    with pytest.raises(SettingsError):
        divide(source({"a": 4, "b": 4}), seed=0, validation=fractions[0], test=fractions[1])


@st.composite
def grouped(draw):
    """A source with its groups, of up to 8 pictures, some of them of several classes."""
    classes = draw(st.integers(2, 5))
    labels, numbers = [], []
    for number in range(draw(st.integers(classes, 60))):
        own = draw(st.lists(st.integers(0, classes - 1), min_size=1, max_size=2))
        size = draw(st.integers(1, 8))
        labels += [own[n % len(own)] for n in range(size)]
        numbers += [number] * size
    items = tuple(Item(f"{n:04}", label, None, 1, "") for n, label in enumerate(labels))
    names = tuple(f"c{n}" for n in range(classes))
    return Source("folder", "s", names, items), Groups(np.array(numbers, np.int64))


def crossing(parts, numbers) -> set[int]:
    sides = [set(numbers[part].tolist()) for part in parts if part is not None]
    return {n for i, one in enumerate(sides) for other in sides[:i] for n in one & other}


@given(grouped(), st.integers(0, 1000))
def test_no_group_lies_on_two_sides(data, seed):
    src, groups = data
    division = divide(src, seed=seed, groups=groups)
    parts = (division.train, division.validation, division.test)
    assert sorted(itertools.chain(*parts_of(division))) == list(range(len(src)))
    assert not crossing(parts, groups.numbers)
    for label in range(len(src.classes)):
        if (src.labels == label).any():
            assert label in src.labels[division.train]


@given(grouped(), st.integers(0, 1000), st.integers(0, 1000))
def test_grouped_splits_do_not_depend_on_the_order_of_listing(data, seed, mixed):
    src, groups = data
    order = np.random.default_rng(mixed).permutation(len(src))
    items = tuple(src.items[i] for i in order.tolist())
    # other numbers for the same groups, too
    renumbered = Groups(1000 - groups.numbers[order])

    def named(one, its_groups):
        parts = parts_of(divide(one, seed=seed, groups=its_groups))
        return [{one.items[i].name for i in part} for part in parts]

    assert named(src, groups) == named(replace(src, items=items), renumbered)


@given(
    st.lists(st.integers(20, 60), min_size=2, max_size=6),
    st.integers(1, 4),
    st.integers(0, 1000),
)
def test_shares_stay_within_half_a_group(counts, size, seed):
    labels = [label for label, count in enumerate(counts) for _ in range(count * size)]
    items = tuple(Item(f"{n:05}", label, None, 1, "") for n, label in enumerate(labels))
    src = Source("folder", "s", tuple(f"c{n}" for n in range(len(counts))), items)
    groups = Groups(np.arange(len(items)) // size)
    division = divide(src, seed=seed, groups=groups)
    for part, fraction in ((division.validation, 0.1), (division.test, 0.2)):
        found = np.bincount(src.labels[part], minlength=len(counts))
        for count, groups_of_class in zip(found, counts, strict=True):
            assert abs(count - fraction * groups_of_class * size) <= 1.5 + size / 2


def test_groups_of_one_change_nothing():
    data = source({"a": 40, "b": 60})
    plain, grouped_ = divide(data, seed=3), divide(data, seed=3, groups=Groups(np.arange(100)))
    assert parts_of(plain) == parts_of(grouped_)


def test_a_few_large_groups_still_give_every_part_something():
    items = tuple(Item(f"p{n // 10}/{n}", (n // 10) % 2, None, 1, "") for n in range(80))
    src = Source("folder", "s", ("a", "b"), items)
    division = divide(src, seed=0, groups=Groups(np.arange(80) // 10))
    assert [len(part) for part in parts_of(division)] == [40, 20, 20]
    assert set(src.labels[division.validation]) == set(src.labels[division.test]) == {0, 1}


def test_near_duplicates_across_given_parts_are_told_and_left():
    data = parted(train={"a": 30, "b": 30}, test={"a": 4, "b": 4})
    numbers = np.arange(len(data))
    tested = np.flatnonzero([item.part == "test" for item in data.items])
    numbers[tested[:3]] = numbers[5]
    division = divide(data, seed=0, groups=Groups(numbers, alike=4))
    assert division.test.tolist() == tested.tolist()
    told = [line for line in division.warnings if "near duplicates of training pictures: 3" in line]
    assert len(told) == (5 in division.train) == 1


@given(grouped(), st.integers(2, 6), st.integers(0, 1000))
def test_folds_judge_every_picture_once_and_share_no_group(data, count, seed):
    src, groups = data
    if count > len(set(groups.numbers.tolist())):
        with pytest.raises(SettingsError, match="folds cannot be made"):
            divide_in_folds(src, count, seed=seed, groups=groups)
        return
    folds = divide_in_folds(src, count, seed=seed, groups=groups)
    assert sorted(i for one in folds for i in one.test.tolist()) == list(range(len(src)))
    for one in folds:
        assert sorted(itertools.chain(*parts_of(one))) == list(range(len(src)))
        assert not crossing((one.train, one.validation, one.test), groups.numbers)


@given(st.lists(st.integers(10, 60), min_size=2, max_size=8), st.integers(2, 10))
def test_folds_of_single_pictures_have_even_shares(sizes, count):
    data = source({f"c{n}": size for n, size in enumerate(sizes)})
    counts = [
        np.bincount(data.labels[one.test], minlength=len(sizes))
        for one in divide_in_folds(data, count, seed=0)
    ]
    assert (np.ptp(counts, axis=0) <= 1).all()
    assert np.ptp(np.sum(counts, axis=1)) <= len(sizes)


def test_folds_leave_a_given_test_part_alone():
    data = parted(train={"a": 30, "b": 30}, validation={"a": 5, "b": 5}, test={"a": 4, "b": 4})
    folds = divide_in_folds(data, 5, seed=0)
    used = set(np.concatenate([one.items for one in folds]).tolist())
    assert {data.items[i].part for i in used} == {"train", "validation"}
    assert len(used) == 70


def test_divisions_stay_what_they_were():
    """A seed means the same pictures in the next version, or figures could not be compared."""
    digest = hashlib.blake2b(digest_size=8)
    for seed in range(60):
        drawn = random.Random(seed)
        count, classes = drawn.randrange(8, 120), drawn.randrange(2, 7)
        items = [Item(f"{n:03}.png", drawn.randrange(classes), None, 1, "") for n in range(count)]
        found = Source("folder", "photos", tuple("abcdef"[:classes]), tuple(items))
        numbers = [drawn.randrange(drawn.choice((4, count))) for _ in range(count)]
        groups = Groups(np.array(numbers))
        division = divide(found, seed=seed, groups=groups, validation=0.2, test=0.3)
        for one in (division, *divide_in_folds(found, 2, seed=seed, groups=groups)):
            digest.update(repr(parts_of(one)).encode())
    assert digest.hexdigest() == "23e33f786fd49dcf"
