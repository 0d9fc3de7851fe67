"""Pictures as addresses hold the picture."""

import base64
import io

import jinja2
import numpy as np
import pytest
from PIL import Image

from convlens.pages import data_uri, render


@pytest.mark.parametrize(
    ("side", "channels", "kind"), [(28, 1, "png"), (40, 3, "png"), (64, 3, "jpeg")]
)
def test_a_data_uri_is_the_picture(side, channels, kind):
    ramp = np.linspace(0, 255, side * side).reshape(side, side, 1).astype(np.uint8)
    pixels = ramp.repeat(channels, axis=2)
    head, _, content = data_uri(pixels).partition(",")
    assert head == f"data:image/{kind};base64"
    image = np.asarray(Image.open(io.BytesIO(base64.b64decode(content)))).reshape(pixels.shape)
    assert np.abs(image.astype(int) - pixels).max() <= (0 if kind == "png" else 8)


def test_values_are_escaped_and_missing_ones_refused():
    assert "<title>&lt;i&gt;</title>" in render("convlens.pages", "shell.html", title="<i>")
    with pytest.raises(jinja2.UndefinedError):
        render("convlens.pages", "shell.html")
