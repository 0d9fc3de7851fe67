"""``convlens check`` as it is typed."""

import json
import subprocess
import sys

import pytest

from tests.audit.conftest import make_faulty


@pytest.fixture
def animals(tmp_path):
    return make_faulty(tmp_path / "animals")


def test_the_summary(convlens, animals, golden, monkeypatch):
    monkeypatch.setenv("COLUMNS", "90")
    status, out, err = convlens("check", "animals", "--no-labels")
    assert status == 0
    golden("check.txt", out)
    assert err.splitlines() == ["reading headers …", "decoding …", "comparing …"]


def test_json_is_one_document(convlens, animals):
    status, out, err = convlens("check", "animals", "--no-labels", "--json", "--quiet")
    assert (status, err) == (0, "")
    told = json.loads(out)
    assert told["pictures"] == 84
    assert told["findings"][0]["kind"] == "copies-across-parts"
    assert {case["reason"] for case in told["findings"][1]["cases"]} == {
        "mirrored, of different classes"
    }


def test_strict_fails_where_something_serious_is_found(convlens, animals, shades):
    assert convlens("check", "animals", "--no-labels", "--strict")[0] == 1


def test_labels_are_checked_and_the_page_is_written_over_ours_alone(convlens, shades, tmp_path):
    status, out, _ = convlens("check", "shades", "--html", "page.html", "--quiet")
    assert status == 0
    assert "page: page.html" in out
    assert "too few to learn from" in out
    assert convlens("check", "shades", "--html", "page.html", "--quiet")[0] == 0
    (tmp_path / "mine.html").write_text("<p>mine")
    status, out, err = convlens("check", "shades", "--html", "mine.html")
    assert (status, out) == (1, "")
    assert err.startswith("error: mine.html exists and is not a report of ours\n")
    assert (tmp_path / "mine.html").read_text() == "<p>mine"


def test_a_missing_folder_is_one_line(convlens):
    status, out, err = convlens("check", "nowhere")
    assert (status, out) == (1, "")
    assert err.splitlines()[0] == "error: there is no folder or file nowhere"


def test_no_labels_needs_no_torch(animals):
    code = (
        "import sys; from convlens.cli.main import run;"
        f"assert run(['check', {str(animals)!r}, '--no-labels', '--no-cache', '--quiet']) == 0;"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
