from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from convlens.evaluation.matching import LEFT_OUT, match, notes


def paired(data, classifier):
    found = match(data, classifier)
    return {
        name: None if index == LEFT_OUT else classifier[index]
        for name, index in zip(data, found.indices.tolist(), strict=True)
    }


def test_names_that_are_there_and_names_that_nearly_are():
    assert paired(["b", "a", "c"], ["a", "b"]) == {"b": "b", "a": "a", "c": None}
    data = ["Cat ", "hot dog", "İ"]
    found = match(data, ["cat", "Hotdog", "i"])
    assert paired(data, ["cat", "Hotdog", "i"]) == {"Cat ": "cat", "hot dog": "Hotdog", "İ": None}
    assert found.respelled == {"Cat ": "cat", "hot dog": "Hotdog"}


def test_what_could_mean_two_is_left_out():
    assert paired(["Cat"], ["cat", "CAT"]) == {"Cat": None}
    assert paired(["Cat", "cat"], ["cat"]) == {"Cat": None, "cat": "cat"}
    assert paired(["Cat", "CAT"], ["cat"]) == {"Cat": None, "CAT": None}
    assert paired(["Cat", "cat"], ["cat", "Cat"]) == {"Cat": "Cat", "cat": "cat"}


WORDS = st.lists(st.text("aAbB ", min_size=1, max_size=3), max_size=8, unique=True)


@given(WORDS, WORDS)
def test_no_class_stands_for_two_and_none_for_a_stranger(data, classifier):
    found = {name: own for name, own in paired(data, classifier).items() if own is not None}
    assert all(n == 1 for n in Counter(found.values()).values())
    for name, own in found.items():
        assert name.replace(" ", "").lower() == own.replace(" ", "").lower()
    assert all(found[name] == name for name in set(data) & set(classifier))


def test_notes_name_a_few_and_count_them_all():
    assert list(notes({}, {})) == []
    assert list(notes({"Cat": "cat"}, {"owl": 1})) == [
        "case and white space aside, took `Cat` for `cat`",
        "left out 1 picture of a class that the model does not have: `owl` (1)",
    ]
    many = {f"c{n}": 1000 + n for n in range(7)}
    assert list(notes({}, many)) == [
        "left out 7,021 pictures of classes that the model does not have: `c0` (1,000), "
        "`c1` (1,001), `c2` (1,002), `c3` (1,003), `c4` (1,004) and 2 more"
    ]
