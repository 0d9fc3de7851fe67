"""What a notebook shows: HTML that is whole, small, described and escaped."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np

from convlens import Classifier
from convlens.data import Pictures
from convlens.lens import (
    activations,
    embed,
    examine,
    exemplars,
    explain_in,
    explain_probabilities,
    filters,
    layers,
    passed,
    preferred_input,
    scan,
    why,
)
from convlens.lens.findings import MOST_POINTS, spark
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
            assert attrs["src"].startswith(("data:image/png;base64,", "data:image/jpeg;base64,"))
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


def pictures_for(classifier, count, names=None):
    """Noise in all classes by turns."""
    shape = classifier.preprocessing.geometry.shape
    pixels = np.random.default_rng(1).integers(0, 256, (count, *shape), dtype=np.uint8)
    labels = np.arange(count) % len(classifier.classes)
    return Pictures(pixels, labels, tuple(names or [f"{n}.png" for n in range(count)]))


def findings(classifier, names=None):
    """Why, health, scan and map of a classifier."""
    picture = picture_for(classifier)
    pictures = pictures_for(classifier, 40, names)
    found = why(classifier, picture)
    yield found
    yield why(classifier, picture, method="gradcam", check=False)
    yield found.deletion
    yield examine(classifier, pictures)
    yield scan(classifier, np.concatenate([picture, picture], axis=1))
    yield embed(classifier, pictures)


def test_findings_show_themselves():
    for value in findings(classifier_of("CONV 4 - RELU - POOL - CONV 4 - SIGMOID - FC")):
        html = value._repr_html_()
        assert len(html) < 100_000, type(value)
        assert checked(html).text, type(value)


def test_findings_say_their_figures():
    classifier = classifier_of("CONV 4@3x3 valid - RELU - POOL - FC 8 - SIGMOID - FC")
    saliency, gradcam, deletion, health, scanned, embedding = (
        (value, " ".join(checked(value._repr_html_()).text)) for value in findings(classifier)
    )
    assert f"{saliency[0].probability:.1%}" in saliency[1]
    assert "rank correlation with the map of random weights" in saliency[1]
    assert "gradcam at pool1" in gradcam[1]
    assert "not compared with maps of random weights" in gradcam[1]
    assert f"area {deletion[0].area:.4g}" in deletion[1]
    assert f"guessing: {np.log(4):.4g}" in health[1]
    assert all(layer.name in health[1] for layer in health[0].layers)
    assert all(warning in health[1] for warning in health[0].warnings)
    assert "no padding: each window is as it would be alone" in scanned[1]
    assert "40 pictures by pca" in embedding[1]


def test_the_deletion_curve_is_drawn_where_its_values_are():
    """Read back from the drawing: the left end of each curve is the probability itself."""
    classifier = classifier_of("CONV 4 - RELU - FC")
    found = why(classifier, picture_for(classifier), check=False).deletion
    lines = re.findall(r'points="([^"]+)"', found._repr_html_())
    for line, values in zip(lines, (found.marked, found.random), strict=True):
        ys = np.array([float(point.split(",")[1]) for point in line.split()])
        assert np.allclose((174 - ys) / 148, values, atol=0.001)


def test_a_histogram_as_a_line():
    counts = np.zeros(30, np.int64)
    assert spark(counts) == "▁" * 15
    counts[0], counts[29] = 10_000, 1
    assert spark(counts) == "█" + "▁" * 13 + "▂"


def test_a_map_of_many_pictures_stays_small():
    classifier = classifier_of("CONV 2 - RELU - FC")
    html = embed(classifier, pictures_for(classifier, 1000))._repr_html_()
    assert len(html) < 1_000_000
    assert len(checked(html).alts) == MOST_POINTS
    assert "300 of 1,000 pictures" in html


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
    for value in findings(other, ['"><script>alert(2)</script>'] * 40):
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
