"""What stands in a page, read as HTML; a browser judges the rest in test_browser."""

import itertools
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from convlens.data import Pictures
from convlens.errors import DataError, SettingsError
from convlens.report import figure_files, is_report, look, page
from tests.report.conftest import picture_for, untrained

VOID = {"meta", "link", "img", "br", "hr", "input", "rect", "line", "path", "polyline", "circle"}


class Reader(HTMLParser):
    """Elements with their attributes; tells where one is closed that is not open."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.faults = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def test_is_well_formed_and_labelled(document):
    read = Reader(document)
    assert read.faults == []
    assert read.open == []
    ids = [attributes["id"] for _, attributes in read.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    leads = [a["href"][1:] for a in read.all("a") if a["href"].startswith("#")]
    assert set(leads) <= set(ids)
    for image in read.all("img"):
        assert "alt" in image
        assert image["src"].startswith("data:image/")
    levels = [int(tag[1]) for tag, _ in read.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    described = {a["aria-labelledby"] for _, a in read.elements if "aria-labelledby" in a}
    assert {word for one in described for word in one.split()} <= set(ids)


def test_allows_nothing_from_elsewhere(document):
    policy = next(a["content"] for a in Reader(document).all("meta") if "http-equiv" in a)
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert "unsafe" not in policy
    for _, attributes in Reader(document).elements:
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
        for name in ("src", "href"):
            assert attributes.get(name, "#").startswith(("#", "data:"))


def test_says_what_the_network_says(looked, document):
    found = looked.pictures[0].probabilities
    best = int(found.probabilities.argmax())
    assert f"{found.probabilities[best]:.1%}".replace("%", " %") in document
    assert "every" in document
    assert "Deletion curve" in document


def test_a_page_of_ours_is_known(document):
    assert is_report(document.encode())
    assert not is_report(b"<!doctype html><title>mine</title>")


@pytest.fixture(scope="module")
def with_data():
    """A look with a data set of forty pictures, of a network of grey pictures."""
    classifier = untrained("INPUT 10x10x1 - CONV 6@3x3 - BN - RELU - POOL - CONV 5 - RELU - FC")
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (40, 10, 10, 1), np.uint8)
    names = tuple(f"{n}.png" for n in range(40))
    data = Pictures(pixels, random.integers(0, 3, 40), names)
    return look(classifier, [("0.png", pixels[0])], data=data)


def test_a_data_set_brings_exemplars_a_map_and_health(with_data):
    html = page(with_data)
    read = Reader(html)
    assert read.faults == []
    ids = {attributes.get("id") for _, attributes in read.elements}
    assert {"map", "health", "scatter", "sprites"} <= ids
    assert html.count("patches that excite filter") == 6 + 5
    strip = with_data.data.exemplars["conv1"].of(2)
    assert len(strip) == 8
    assert strip[0].response == max(one.response for one in strip)
    assert "built-in method" not in html


def test_figures_are_pictures(with_data):
    files = dict(figure_files(with_data))
    assert {"network.svg", "map.png", "conv1-filters.png", "conv2-exemplars-4.png"} <= files.keys()
    assert {"01-0.png", "01-0-conv1.png", "01-0-relu2.png", "01-0-integrated.png"} <= files.keys()
    assert {"01-0-gradcam-deletion.png", "01-0-occlusion.png"} <= files.keys()
    for name, content in files.items():
        start = b"<svg" if name.endswith("svg") else b"\x89PNG"
        assert content.startswith(start), name


def test_only_the_layers_asked_for(every_kind):
    found = look(every_kind, [("a.png", picture_for(every_kind))], chosen=["relu1", "conv2"])
    assert set(found.holding.shown) == {"relu1", "conv2"}
    stages = re.findall(r'data-stage="(\w+)"', page(found))
    assert stages == ["relu1", "conv2"]


def test_of_many_classes_the_likeliest_are_shown():
    names = tuple(f"class {number}" for number in range(300))
    classifier = untrained("INPUT 96x96x3 - CONV 99@3x3 - RELU - GLOBALPOOL - FC", names)
    found = look(
        classifier, [("a.png", picture_for(classifier)), ("b.png", picture_for(classifier, 1))]
    )
    assert len(found.holding.shown["fc1"]) < 300
    for one in found.pictures:
        assert int(one.probabilities.probabilities.argmax()) in found.holding.shown["fc1"]


def test_wrong_names_are_told(every_kind):
    picture = ("a.png", picture_for(every_kind))
    with pytest.raises(SettingsError, match="no layer `conf1`") as wrong:
        look(every_kind, [picture], chosen=["conf1"])
    assert "conv1" in wrong.value.hint
    with pytest.raises(SettingsError, match="no class `plane`"):
        look(every_kind, [picture], label="plane")
    with pytest.raises(DataError):
        look(every_kind, [("a.png", b"no picture")])


def test_a_heavy_network_gets_fewer_maps(every_kind, monkeypatch):
    from convlens.report import causes

    monkeypatch.setattr(causes, "LIGHT_WORK", 0)
    found = look(every_kind, [("a.png", picture_for(every_kind))], label="plain")
    assert [one.method for one in found.pictures[0].causes.maps] == ["gradcam", "gradient"]
    assert {one.class_name for one in found.pictures[0].causes.maps} == {"plain"}
    assert "To take seconds and not minutes" in page(found)


def test_a_heavy_network_without_extent_has_the_gradient_and_says_why_no_gradcam(monkeypatch):
    from convlens.report import causes

    monkeypatch.setattr(causes, "LIGHT_WORK", 0)
    classifier = untrained("INPUT 6x6x3 - FC 5 - RELU - FC", ("one", "other"))
    found = causes.causes(classifier, picture_for(classifier), None)
    assert [one.method for one in found.maps] == ["gradient"]
    assert "No gradcam: gradcam needs a layer whose output has some width" in found.note
