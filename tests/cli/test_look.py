import json

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits


@pytest.fixture
def seven(tmp_path):
    digits = load_digits()
    pixels = (digits.images[7] * 255 / 16).round().astype(np.uint8)
    path = tmp_path / "seven.png"
    Image.fromarray(pixels).save(path)
    return path


def test_writes_a_page_and_says_so(convlens, digits_model, seven, tmp_path):
    status, out, err = convlens("look", digits_model, seven)
    assert status == 0
    assert out.startswith("seven.png: 7 ")
    assert "page: digits-look.html (" in out
    assert "looking at seven.png" in err
    html = (tmp_path / "digits-look.html").read_text()
    assert "seven.png" in html
    assert len(html) < 5e6
    status, out, err = convlens("look", digits_model, seven, "--json", "--quiet", "--class", "1")
    assert (status, err) == (0, "")
    found = json.loads(out)
    assert found.keys() == {"page", "bytes", "pictures", "summarised_layers", "figures"}
    assert found["bytes"] == (tmp_path / "digits-look.html").stat().st_size
    assert found["pictures"][0]["class"] == "7"
    assert "speak for <strong>1</strong>" in (tmp_path / "digits-look.html").read_text()


def test_nothing_of_the_users_is_replaced(convlens, digits_model, seven, tmp_path):
    mine = tmp_path / "mine.html"
    mine.write_text("<!doctype html><p>my notes")
    status, out, err = convlens("look", digits_model, seven, "--out", mine)
    assert (status, out) == (1, "")
    assert "is not a page of convlens look" in err
    assert mine.read_text() == "<!doctype html><p>my notes"
    figures = tmp_path / "figures"
    figures.mkdir()
    (figures / "network.svg").write_text("mine")
    status, _, err = convlens("look", digits_model, seven, "--png", figures)
    assert status == 1
    assert "holds files already" in err
    assert (figures / "network.svg").read_text() == "mine"
    assert not (tmp_path / "digits-look.html").exists()


def test_with_data_alone_a_few_of_its_pictures_are_taken(convlens, digits_model, tmp_path):
    status, out, err = convlens("look", digits_model, "--data", "digits", "--png", "figures")
    assert status == 0
    assert "held back" in err
    assert len([line for line in out.splitlines() if "%" in line]) == 4
    html = (tmp_path / "digits-look.html").read_text()
    for part in ("map-title", "health-title", "What excites each filter most"):
        assert part in html
    assert (tmp_path / "figures" / "map.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--layers", "conf1"], "did you mean conv1?"),
        (["--class", "seven"], "no class `seven`"),
        (["gone.png"], "gone.png"),
        (["--data", "nowhere"], "nowhere"),
    ],
)
def test_what_is_wrong_is_told_in_a_line(convlens, digits_model, tmp_path, arguments, told):
    status, out, err = convlens("look", digits_model, *arguments, "--quiet")
    assert (status, out) == (1, "")
    assert told in err
    assert "Traceback" not in err
    assert not (tmp_path / "digits-look.html").exists()


def test_too_many_pictures(convlens, digits_model, tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(13):
        Image.new("L", (8, 8), number).save(folder / f"{number}.png")
    status, _, err = convlens("look", digits_model, folder)
    assert status == 1
    assert "up to 12 pictures" in err
