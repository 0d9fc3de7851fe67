"""What a page says of each picture: the answers, and the maps of what they rest on."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from convlens.data.names import printable
from convlens.lens import tiles
from convlens.lens.attribution import Saliency
from convlens.lens.wording import number
from convlens.report.charts import deletion_chart
from convlens.report.figures import PICTURE, marked, sized
from convlens.report.look import Shown
from convlens.report.words import METHODS

MOST_ANSWERS = 10
"""Classes in the table."""

SMALL = 64
"""Pixels up to which a picture is shown with its pixels as squares."""

Part = dict[str, Any]


def data_uri(pixels: NDArray[np.uint8]) -> str:
    """A PNG of ``pixels`` (H, W, 1 or 3) that a page carries."""
    return "data:image/png;base64," + base64.b64encode(tiles.png(pixels)).decode("ascii")


def picture_part(one: Shown) -> Part:
    """The template's values for one picture."""
    found = one.probabilities
    order = np.argsort(-found.probabilities, kind="stable")[:MOST_ANSWERS]
    pixels = one.way.pixels
    return {
        "name": printable(one.name),
        "thumb": data_uri(sized(pixels, 48)),
        "image": data_uri(sized(pixels, PICTURE)),
        "small": max(pixels.shape[:2]) <= SMALL,
        "temperature": number(found.temperature),
        "sum": number(float(found.raised.sum())),
        "top": _answer(one, int(order[0])),
        "rows": [_answer(one, int(index)) for index in order],
        "maps": [_map(saliency) for saliency in one.causes.maps],
        "note": one.causes.note,
    }


def answers(one: Shown) -> list[Part]:
    """For every class what its score becomes, for the script."""
    found = one.probabilities
    return [
        {"scaled": float(scaled), "probability": percent(float(share))}
        for scaled, share in zip(found.scaled, found.probabilities, strict=True)
    ]


def percent(share: float) -> str:
    """``97.3 %``; what is tiny is not called nothing."""
    return f"{share:.1%}".replace("%", " %") if share >= 0.0005 or share == 0 else "< 0.1 %"


def _answer(one: Shown, index: int) -> Part:
    found = one.probabilities
    share = float(found.probabilities[index])
    return {
        "name": printable(found.classes[index]),
        "probability": percent(share),
        "bar": f"{100 * share:.2f}",
        "score": number(float(found.scores[index])),
        "scaled": number(float(found.scaled[index])),
        "raised": number(float(found.raised[index])),
    }


def _map(found: Saliency) -> Part:
    title = METHODS[found.method]
    curve = found.deletion
    class_name = printable(found.class_name)
    sooner = "sooner than" if curve.area < curve.random_area else "no sooner than"
    told = (
        f"The area under the curve is {curve.area:.2g}: it falls {sooner} with pixels taken away "
        f"in random order, {curve.random_area:.2g}."
    )
    return {
        "title": title + (f" at {found.layer}" if found.layer else ""),
        "class": class_name,
        "probability": percent(found.probability),
        "baseline": curve.baseline,
        "image": data_uri(marked(found)),
        "alt": f"{title}: the picture in grey, marked where it speaks for {class_name}",
        "chart": Markup(deletion_chart(curve, f"Deletion curve of {title}. {told}")),
        "meaning": f"{found.meaning[0].upper()}{found.meaning[1:]}.",
        "deletion": told,
        "sanity": _sanity(found),
        "sane": found.sanity is None or found.sanity.passed,
    }


def _sanity(found: Saliency) -> str | None:
    if found.sanity is None:
        return None
    final = number(round(found.sanity.final, 2) + 0.0)
    if found.sanity.passed:
        return (
            f"With random weights the map is another (rank correlation {final}), as it should be."
        )
    return (
        f"With random weights the map is nearly the same (rank correlation {final}): "
        "it shows the picture rather than what was learned."
    )
