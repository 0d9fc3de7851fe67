"""Pictures by reference, and how many of the user's are kept."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from convlens.data import Geometry, Tones, load, open_source
from convlens.data.split import divide
from convlens.errors import DataError
from convlens.studio.process import gallery as galleries
from convlens.studio.process.gallery import Gallery, is_dark

SMALL = Geometry(4, 3, 1)


def encoded(level, size=(8, 6)):
    held = io.BytesIO()
    Image.new("L", size, level).save(held, "PNG")
    return held.getvalue()


def test_an_upload_follows_the_networks_size():
    gallery = Gallery()
    told = gallery.put("a.png", encoded(100), SMALL)
    assert told == {"picture": "upload:1", "width": 8, "height": 6}
    assert gallery.find("upload:1", SMALL).pixels.shape == (3, 4, 1)
    found = gallery.find("upload:1", Geometry(9, 9, 3))
    assert found.pixels.shape == (9, 9, 3)
    assert (found.pixels == 100).all()


def test_an_upload_is_scaled_as_the_network_s_pictures_are():
    held = io.BytesIO()
    values = np.arange(12, dtype=np.uint16).reshape(3, 4) * 300
    Image.fromarray(values).save(held, "PNG")
    gallery = Gallery()
    gallery.put("a.png", held.getvalue(), Geometry(4, 3, 1, tones=Tones((0, 4095))))
    for top in (4095, 65535):
        found = gallery.find("upload:1", Geometry(4, 3, 1, tones=Tones((0, top)))).pixels
        assert np.array_equal(found[..., 0], np.rint(values * (255 / top)))


def test_as_many_are_kept_as_memory_should_hold(monkeypatch):
    gallery = Gallery()
    monkeypatch.setattr(galleries, "MOST_BYTES", 4 * len(encoded(0)))
    for level in range(9):
        gallery.put("a.png", encoded(level), SMALL)
    assert gallery.find("upload:9", SMALL).pixels[0, 0, 0] == 8
    with pytest.raises(DataError, match="no longer kept"):
        gallery.find("upload:5", SMALL)


@pytest.mark.parametrize(
    "reference", ["", "test", "test:", "test:-1", "test:1e3", "secret:0", "test:0:0", "../x:1"]
)
def test_what_is_no_reference_is_refused(reference):
    with pytest.raises(DataError):
        Gallery().find(reference, SMALL)


def test_names_come_as_they_may_be_shown():
    gallery = Gallery()
    gallery.put("a\x00\n\u202eb" + "x" * 500, encoded(3), SMALL)
    name = gallery.find("upload:1", SMALL).name
    assert name.isprintable()
    assert len(name) <= 120
    json.dumps(name)


def test_the_ground_of_digits_is_dark_and_that_of_their_negatives_is_not():
    source = open_source("digits")
    dataset = load(source, divide(source, seed=0), width=8, height=8, channels=1, cache=False)
    assert is_dark(dataset)
    np.subtract(255, dataset.train.store, out=dataset.train.store)
    assert not is_dark(dataset)
