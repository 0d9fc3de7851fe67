"""The page: whole, escaped, self-contained, of bounded size."""

import re
from html.parser import HTMLParser

import pytest

from convlens.audit import Case, Finding, Picture, audit, report
from convlens.data import open_source

VOID = {"meta", "link", "img", "br", "hr", "input"}


class Outline(HTMLParser):
    """Checks that elements are closed in order, and collects them."""

    def __init__(self):
        super().__init__()
        self.open, self.seen = [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def all(self, tag):
        return [attributes for name, attributes in self.seen if name == tag]


@pytest.fixture(scope="module")
def source(faulty):
    return open_source(faulty)


@pytest.fixture(scope="module")
def found(source):
    return audit(source, labels=False, cache=False)


def outline(page):
    parser = Outline()
    parser.feed(page)
    assert parser.open == []
    return parser


def test_the_page_is_whole_and_escaped(found, source):
    page = report.report(found, source)
    parsed = outline(page)
    for landmark in ("header", "main", "footer", "h1", "title"):
        assert len(parsed.all(landmark)) == 1
    ids = [a["id"] for _, a in parsed.seen if "id" in a]
    assert len(ids) == len(set(ids))
    links = [a["href"][1:] for a in parsed.all("a")]
    assert set(links) <= set(ids)
    assert all(a["alt"] and a["src"].startswith("data:image/") for a in parsed.all("img"))
    assert len(parsed.all("img")) >= 9
    assert "train/owl/&lt;b&gt;note.png" in page
    assert not parsed.all("b")
    assert not re.search(r"(src|href)=\"(https?:)?//", page)
    for finding in found.findings:
        assert page.count(finding.line.replace("<b>", "&lt;b&gt;")) == 2


def test_thousands_of_cases_are_summed_up(found, source, monkeypatch):
    picture = Picture("train/cat/00.png", "cat", "train")
    cases = tuple(Case((picture,) * 40, "again") for _ in range(3000))
    crowded = [Finding("copies", "look", 120_000, f"line {n}", "advice", cases) for n in range(9)]
    monkeypatch.setattr(report, "MOST_THUMBNAILS", 60)
    shown = report.report(
        type(found)(**{name: getattr(found, name) for name in found.__slots__}
                    | {"findings": tuple(crowded)}), source
    )  # fmt: skip
    assert len(outline(shown).all("img")) <= 60 + report.MOST_SHOTS
    assert "more, which <code>--json</code> names" in shown
    assert "and 34 more" in shown
    assert len(shown) < 2_000_000


def test_a_page_without_findings(found, source):
    empty = {name: getattr(found, name) for name in found.__slots__} | {"findings": ()}
    page = report.report(type(found)(**empty), source)
    assert "Nothing was found" in page
    outline(page)
