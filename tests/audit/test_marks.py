"""Pictures are marked in a real browser, and the list that it saves is one that ``train`` reads."""

import re
import shutil
from pathlib import Path

import pytest
from PIL import Image

from convlens.audit import audit
from convlens.audit.report import report
from convlens.data import names_in, open_source, without
from tests.audit.conftest import make_faulty
from tests.report.conftest import AXE_SCRIPT

CROWD = [f"train/owl/crowd-{number}.png" for number in range(9)]


@pytest.fixture(scope="module")
def crowded(faulty, tmp_path_factory):
    """The faulty folder with a picture that is there ten times, more than are shown of a case."""
    root = tmp_path_factory.mktemp("crowded") / "animals"
    shutil.copytree(faulty, root)
    for name in CROWD:
        shutil.copy(root / "train/owl/05.png", root / name)
    return root


@pytest.fixture(scope="module")
def found(crowded):
    source = open_source(crowded)
    return audit(source, labels=False, cache=False), source


@pytest.fixture(scope="module")
def document(found):
    return report(*found, data="my animals/")


def box(site, file):
    return site.page.get_by_role("checkbox", name=f"leave out {file}")


def finding(site, words):
    return site.page.locator("article.finding").filter(has_text=words)


def saved(site):
    with site.page.expect_download() as download:
        site.page.get_by_role("button", name="Save the list").click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def test_a_mark_lasts_and_the_saved_list_leaves_the_picture_out(opened, document, found, tmp_path):
    site = opened(document)
    assert site.page.locator("#marked").inner_text() == "No picture is marked."
    assert not site.page.get_by_role("button", name="Save the list").is_visible()
    box(site, "train/dog/blank.png").focus()
    site.page.keyboard.press("Space")
    box(site, "train/dog/tiny.png").locator("xpath=..").click()  # on the picture
    assert site.page.locator("#marked").inner_text() == "2 pictures marked"
    assert finding(site, "is blank").locator(".count").inner_text() == "1 marked"
    site.page.reload()
    site.page.wait_for_selector("html[data-ready]")
    assert site.page.locator("#marked").inner_text() == "2 pictures marked"
    assert box(site, "train/dog/tiny.png").is_checked()
    name, content = saved(site)
    assert name == "animals-without.txt"
    first, *lines = content.decode("utf-8").splitlines()
    assert first == "# ConvLens: pictures to leave out of animals"
    assert lines == ["train/dog/blank.png", "train/dog/tiny.png"]
    command = site.page.locator(".use code").inner_text()
    assert command == "convlens train 'my animals/' --without animals-without.txt"
    (tmp_path / name).write_bytes(content)
    left = without(found[1], names_in(tmp_path / name))
    gone = {item.name for item in found[1].items} - {item.name for item in left.items}
    assert gone == set(lines)
    assert site.troubles == []
    assert site.asked() == [url for url in site.asked() if url.startswith(("blob:", "file:"))]


def test_all_but_the_first_of_each_group_also_of_those_not_shown(opened, document):
    site = opened(document)
    article = finding(site, "in one class")
    article.get_by_role("button", name=re.compile("all but the first of each")).click()
    shown = {one.get_attribute("data-file") for one in article.locator("input").all()}
    checked = {one.get_attribute("data-file") for one in article.locator("input:checked").all()}
    _, *lines = saved(site)[1].decode("utf-8").splitlines()
    groups = {"train/owl/05.png", *CROWD}, {"train/owl/02.png", "train/owl/same.png"}
    assert [len(group & set(lines)) for group in groups] == [9, 1]
    assert len(lines) == 10
    assert checked == shown & set(lines)
    told = site.page.locator("#marked").inner_text()
    assert told == f"10 pictures marked, {10 - len(checked)} of them not shown on this page"
    assert len(checked) < 10
    article.get_by_role("button", name="Unmark").click()
    assert site.page.locator("#marked").inner_text() == "No picture is marked."


def test_the_copy_that_is_shown_first_is_the_largest(tmp_path):
    root = make_faulty(tmp_path / "animals")
    path = root / "train" / "cat" / "04.png"
    with Image.open(path) as image:
        image.resize((96, 80), Image.Resampling.BICUBIC).save(path.with_name("large.png"))
    found = audit(open_source(root), labels=False, cache=False)
    groups = [[one.file for one in case.pictures] for case in found.of("copies").cases]
    assert ["train/cat/large.png", "train/cat/04.png"] in groups


def test_of_a_picture_in_two_parts_the_training_copy_goes(opened, document):
    site = opened(document)
    finding(site, "more than one part").get_by_role("button", name=re.compile("first")).click()
    assert saved(site)[1].decode("utf-8").splitlines()[1:] == ["train/cat/00.png"]


def test_unmarking_all_can_be_taken_back(opened, document):
    site = opened(document)
    finding(site, "is blank").get_by_role("button", name="Mark it").click()
    finding(site, "more than one class").get_by_role("button", name="Mark these 2").click()
    site.page.get_by_role("button", name="Unmark all").click()
    assert site.page.locator("input.mark:checked").count() == 0
    site.page.get_by_role("button", name="Mark them again").click()
    assert site.page.locator("#marked").inner_text() == "3 pictures marked"
    assert not site.page.get_by_role("button", name="Mark them again").is_visible()


def test_marks_stay_with_the_data_that_they_were_made_on(opened, document, found):
    site = opened(document)
    box(site, "train/dog/blank.png").check()
    whole = found[1]
    fewer = without(whole, ["train/dog/tiny.png"])
    other = report(found[0], fewer, left_out=["train/dog/tiny.png"])
    again = opened(other)
    assert again.page.locator("#marked").inner_text() == "No picture is marked."
    assert again.page.locator(".use code").text_content().startswith("convlens train animals ")
    box(again, "train/dog/blank.png").check()
    _, *lines = saved(again)[1].decode("utf-8").splitlines()
    assert lines == ["train/dog/blank.png", "train/dog/tiny.png"]  # those left out before stay so
    assert box(again, "train/dog/tiny.png").count() == 0


def test_the_list_is_copied_or_shown_where_it_may_not_be(opened, document):
    site = opened(document)
    box(site, "train/dog/blank.png").check()
    site.page.evaluate(
        "void (navigator.clipboard.writeText = async (text) => { window.copied = text })"
    )
    site.page.get_by_role("button", name="Copy the list").click()
    expected = "# ConvLens: pictures to leave out of animals\ntrain/dog/blank.png\n"
    assert site.page.evaluate("copied") == expected
    site.page.evaluate("void (navigator.clipboard.writeText = async () => { throw new Error() })")
    site.page.get_by_role("button", name="Copy the list").click()
    assert site.page.get_by_role("textbox", name="The list").input_value() == expected


def test_a_name_is_not_taken_for_a_comment(opened, document, tmp_path):
    site = opened(document)
    site.page.evaluate("set(['#1/a.png'], true)")
    (tmp_path / "list.txt").write_bytes(saved(site)[1])
    assert names_in(tmp_path / "list.txt") == ("./#1/a.png",)


def test_a_browser_that_keeps_nothing_marks_all_the_same(opened, document):
    denied = "get() { throw new DOMException('denied') }"
    script = f"<script>Object.defineProperty(window, 'localStorage', {{ {denied} }})</script>"
    site = opened(document.replace("<script", f"{script}<script", 1), bypass_csp=True)
    box(site, "train/dog/blank.png").check()
    assert site.page.locator("#marked").inner_text() == "1 picture marked"
    assert saved(site)[1].endswith(b"\ntrain/dog/blank.png\n")
    assert site.troubles == []


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_nothing_keeps_anyone_out(opened, document, scheme, width):
    if not AXE_SCRIPT.exists():
        pytest.skip("no axe-core: npm install --no-save --prefix build/axe axe-core")
    site = opened(document, color_scheme=scheme, viewport={"width": width, "height": 844},
                  bypass_csp=True)  # fmt: skip
    finding(site, "in one class").get_by_role("button", name=re.compile("first")).click()
    site.page.add_script_tag(content=AXE_SCRIPT.read_text(encoding="utf-8"))
    found = site.page.evaluate("axe.run({resultTypes: ['violations']})")
    grave = [v for v in found["violations"] if v["impact"] in ("serious", "critical")]
    assert [(v["id"], [node["html"][:160] for node in v["nodes"][:3]]) for v in grave] == []
    assert site.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    bar = site.page.locator(".marks").bounding_box()
    top = site.page.evaluate(
        "([x, y]) => document.elementFromPoint(x, y).closest('.marks') !== null",
        [bar["x"] + bar["width"] / 2, bar["y"] + bar["height"] / 2],
    )
    assert top


def test_without_a_script_there_is_nothing_to_mark(opened, document, browser, tmp_path):
    path = tmp_path / "plain.html"
    path.write_text(document, encoding="utf-8")
    page = browser.new_page(java_script_enabled=False)
    page.goto(path.as_uri())
    assert page.locator("input.mark").count() > 0
    assert not any(one.is_visible() for one in page.locator("input.mark, .tools, .marks").all())
    page.close()
