"""What a notebook shows: HTML that is whole, small, described and escaped."""

from __future__ import annotations

from html.parser import HTMLParser

import numpy as np

from convlens import Classifier
from convlens.lens import (
    activations,
    exemplars,
    explain_in,
    explain_probabilities,
    filters,
    layers,
    passed,
    preferred_input,
)
from convlens.modelfile import Model
from tests.lens.making import BRANCHED, classifier_of, picture_for

NET = BRANCHED.replace("TANH", "DROPOUT 0.2 - GELU").replace("FC 6", "GLOBALPOOL max - FC 6")


class Checker(HTMLParser):
    """Every element is closed, and no picture is without its description."""

    def __init__(self):
        super().__init__()
        self.open, self.alts, self.text = [], [], []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "img":
            assert attrs["src"].startswith("data:image/png;base64,")
            self.alts.append(attrs["alt"])
        else:
            assert tag != "script"
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def checked(html):
    checker = Checker()
    checker.feed(html)
    checker.close()
    assert not checker.open
    assert all(checker.alts)
    return checker


def values():
    classifier = classifier_of(NET)
    picture = picture_for(classifier)
    way = passed(classifier, picture)
    yield activations(classifier, picture, "class1")
    yield explain_probabilities(classifier, picture)
    yield filters(classifier, "conv1")
    yield filters(classifier, "conv2")
    yield filters(classifier, "fc1")
    yield exemplars(classifier, np.stack([picture, picture]))["conv3"]
    yield preferred_input(classifier, "conv2", 0, steps=2)
    for layer in layers(classifier):
        yield explain_in(way, layer.name, 0)


def test_every_value_shows_itself():
    for value in values():
        html = value._repr_html_()
        assert len(html) < 200_000, type(value)
        assert checked(html).text, type(value)


def test_names_are_escaped():
    classifier = classifier_of("CONV 2 - FC")
    m = classifier.model
    names = ("<script>alert(1)</script>", '"&', "c", "d")
    other = Classifier(
        Model(m.architecture, names, m.preprocessing, m.weights, m.temperature, m.training)
    )
    for value in (
        activations(other, picture_for(other)),
        explain_probabilities(other, picture_for(other)),
    ):
        html = value._repr_html_()
        checked(html)
        assert "<script" not in html


def test_wide_and_large_layers_are_summarised():
    classifier = classifier_of("CONV 200@3x3 - RELU - FC 4", size=(150, 130, 3))
    found = activations(classifier, picture_for(classifier))
    html = found._repr_html_()
    assert len(html) < 1_000_000
    assert any("16 of 200 channels" in alt for alt in checked(html).alts)


def test_the_arithmetic_is_said_with_its_numbers():
    classifier = classifier_of("CONV 2@3x3 - RELU - POOL - FC")
    found = explain_in(passed(classifier, picture_for(classifier)), "conv1", 1, 0, 0)
    text = " ".join(checked(found._repr_html_()).text)
    assert "the sum of 27 products of input, 15 of them with padding" in text
    assert "8 of 27 products, the largest first" in text
    assert "relu1" in text
    assert "max(x, 0)" in text
    assert "fc1 weighs it together with all others" in text
