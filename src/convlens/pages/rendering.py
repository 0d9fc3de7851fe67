"""From a template and values to one HTML document."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from numpy.typing import NDArray
from PIL import Image

from convlens import __version__

PIXELATED = 48
"""Pixels a side up to which a picture is kept to the pixel (PNG); larger ones become JPEG."""

QUALITY = 82


def render(package: str, template: str, **values: Any) -> str:
    """Fill ``template`` of ``package``'s folder ``templates``, which may extend ``shell.html``.

    ``values`` need ``title``; everything is escaped, and a name that is missing is a bug (raises
    ``jinja2.UndefinedError``).
    """
    shells = PackageLoader("convlens.pages", "templates")
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package, "templates"), shells]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(version=__version__, **values)


def data_uri(pixels: NDArray[np.uint8]) -> str:
    """A picture (H, W, C) uint8, C 1 or 3, as an address that holds it."""
    image = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    small = max(image.size) <= PIXELATED
    file = io.BytesIO()
    if small:
        image.save(file, "PNG", optimize=True)
    else:
        image.save(file, "JPEG", quality=QUALITY, optimize=True)
    kind = "png" if small else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode()}"


def embedded(facts: Mapping[str, Any]) -> Markup:
    """JSON that may stand in a script element: no ``<`` that could end it."""
    text = json.dumps(facts, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028"))


def hashed(texts: Iterable[str]) -> str:
    """Sources of a Content-Security-Policy that allow these inline scripts or styles alone."""
    digests = (hashlib.sha256(text.encode()).digest() for text in texts)
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
