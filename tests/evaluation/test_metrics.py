import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    confusion_matrix,
    log_loss,
    precision_score,
    recall_score,
)

from convlens.data import Pictures
from convlens.evaluation import Marks, figures, marks_of, measure, metrics
from convlens.evaluation.intervals import fold_interval, share_interval


@given(st.lists(st.integers(0, 3), max_size=60), st.integers(0, 1000))
def test_figures_are_those_of_scikit_learn(labels, seed):
    truth = np.array([0, 1, *labels], np.int64)
    probabilities = np.random.default_rng(seed).dirichlet(np.ones(4), len(truth))
    probabilities[:, np.setdiff1d(np.arange(4), truth)] = 0  # scikit-learn warns of such guesses
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    found = measure(probabilities, truth, ("a", "b", "c", "d"))
    said = probabilities.argmax(1)
    assert found.accuracy == pytest.approx(accuracy_score(truth, said))
    assert found.log_loss == pytest.approx(log_loss(truth, probabilities, labels=range(4)))
    assert found.balanced == pytest.approx(balanced_accuracy_score(truth, said))
    assert found.to_json()["balanced_accuracy"] == found.balanced


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=80))
def test_what_was_taken_for_what_is_scikit_learns(pairs):
    labels, said = np.array(pairs, np.int64).T
    names = tuple("abcdef")
    found = measure(np.eye(6)[said], labels, names)
    table = confusion_matrix(labels, said, labels=range(6))
    np.testing.assert_array_equal(found.confusion, table)
    true, taken, times = found.confused.T
    assert (times > 0).all()
    assert times.sum() == len(pairs)
    np.testing.assert_array_equal(np.argwhere(table), np.stack([true, taken], 1))  # ascending
    for figure, score in (("precision", precision_score), ("recall", recall_score)):
        expected = score(labels, said, labels=range(6), average=None, zero_division=np.nan)
        own = [getattr(one, figure) for one in found.classes.values()]
        assert own == pytest.approx([None if np.isnan(x) else x for x in expected])
    assert found.to_json()["confusion"] == table.tolist()
    assert found.to_json()["confused"] == found.confused.tolist()


def test_the_whole_table_is_told_of_a_thousand_classes_at_most():
    def told(count):
        labels = np.arange(count) % 7
        marks = Marks(labels, labels[::-1], np.full(count, 0.5), np.full(count, 0.5))
        return figures(marks, tuple(map(str, range(count)))).to_json()

    few, many = told(metrics.MOST_TABLED), told(metrics.MOST_TABLED + 1)
    assert np.shape(few["confusion"]) == (metrics.MOST_TABLED,) * 2
    assert many["confusion"] is None
    assert few.keys() == many.keys()
    assert sum(times for _, _, times in many["confused"]) == many["n"]


class Told:
    """A classifier that reads its probabilities off the first row of a picture's pixels."""

    classes = ("a", "b", "c")

    def __init__(self):
        self.seen = []

    def probabilities(self, pixels, *, views=False):
        self.seen.append(len(pixels))
        raised = pixels[:, 0, :3, 0].astype(float) + 1
        return raised / raised.sum(1, keepdims=True)


def test_marks_in_blocks_are_those_of_all_at_once(monkeypatch):
    random = np.random.default_rng(0)
    pixels = random.integers(0, 255, (50, 4, 4, 1)).astype(np.uint8)
    pictures = Pictures(pixels, random.integers(0, 3, 50), ("",) * 50)
    whole = measure(Told().probabilities(pixels), pictures.labels, Told.classes)
    monkeypatch.setattr(metrics, "BLOCK_VALUES", 21)
    classifier = Told()
    found = figures(marks_of(classifier, pictures), Told.classes)
    assert classifier.seen == [7] * 7 + [1]
    assert found.to_json() == whole.to_json()
    mask = pictures.labels > 0
    some = figures(marks_of(classifier, pictures).take(mask), Told.classes)
    expected = measure(Told().probabilities(pixels[mask]), pictures.labels[mask], Told.classes)
    assert some.to_json() == expected.to_json()


def test_uneven_is_half_as_many_again():
    def of(*counts):
        labels = np.repeat(np.arange(len(counts)), counts)
        return measure(np.full((len(labels), 3), 1 / 3), labels, ("a", "b", "c")).uneven

    assert not of(10, 10, 15)
    assert of(10, 10, 16)
    assert not of(10, 0, 15)  # a class without pictures says nothing


SHARES = st.lists(st.floats(0.3, 0.7), min_size=2, max_size=12)


@given(SHARES)
def test_the_uncorrected_interval_is_student_s(values):
    found = fold_interval(values, corrected=False)
    error = np.std(values, ddof=1) / math.sqrt(len(values))
    if error < 1e-9:
        assert found == pytest.approx((values[0], values[0]))
        return
    expected = stats.t.interval(0.95, len(values) - 1, np.mean(values), error)
    assert found == pytest.approx((max(0, expected[0]), min(1, expected[1])))


@given(SHARES)
def test_the_corrected_interval_is_wider_by_nadeau_and_bengio_s_factor(values):
    count, mean = len(values), float(np.mean(values))
    deviation = float(np.std(values, ddof=1))
    half = stats.t.ppf(0.975, count - 1) * deviation * math.sqrt(1 / count + 1 / (count - 1))
    found = fold_interval(values)
    assert found == pytest.approx((max(0, mean - half), min(1, mean + half)), abs=1e-9)


@given(st.integers(1, 5000), st.data())
def test_the_interval_of_a_share_is_wilsons(count, data):
    right = data.draw(st.integers(0, count))
    low, high = share_interval(right, count)
    found = stats.binomtest(right, count).proportion_ci(0.95, method="wilson")
    assert low == pytest.approx(found.low, abs=1e-9)
    assert high == pytest.approx(found.high, abs=1e-9)
    assert 0 <= low <= right / count <= high <= 1
