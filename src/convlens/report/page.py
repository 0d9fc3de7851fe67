"""A look as one HTML file that needs nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from convlens.data.names import printable
from convlens.drawing import draw
from convlens.modelfields import fact
from convlens.pages import embedded, render
from convlens.report import assets
from convlens.report.datapart import data_part
from convlens.report.layerpart import held_note, stage_parts
from convlens.report.look import Look
from convlens.report.lookfacts import look_facts
from convlens.report.picturepart import picture_part
from convlens.report.words import GLOSSARY

MADE = b'data-made="convlens look"'
"""By which ``is_report`` knows a page of ours."""

_POLICY = "policy-of-this-page"
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


def page(look: Look) -> str:
    """The HTML document of ``look``."""
    script = assets.script()
    facts, blocks = look_facts(look)
    data = None if look.data is None else data_part(look.data)
    document = render(
        "convlens.report",
        "look.html",
        title=f"{printable(look.title)} – through the lens",
        name=printable(look.title),
        policy=_POLICY,
        css=Markup(assets.static("page.css") + assets.static("scope.css")),
        script=Markup(script),
        drawing=Markup(draw(look.plan)),
        network=str(look.plan.architecture),
        totals=_totals(look),
        size=str(look.plan.input).replace("x", "×"),
        classes=f"{look.plan.classes:,}",
        parts=_parts(look, data),
        pictures=[picture_part(one) for one in look.pictures],
        stages=stage_parts(look),
        held_note=held_note(look),
        data=data,
        glossary=GLOSSARY,
        facts=embedded(facts),
        blocks=[{"name": block.name, "text": block.text()} for block in blocks],
    )
    policy = assets.policy([script], _STYLE.findall(document))
    return document.replace(_POLICY, policy, 1)


def is_report(content: bytes) -> bool:
    """Whether a file of that content was written by ``page``."""
    return MADE in content


def _totals(look: Look) -> str:
    plan = look.plan
    tested = fact(look.classifier.training, "test_accuracy")
    accuracy = "" if tested is None else f" · {tested:.1%} of its test pictures right"
    return (
        f"{plan.classes:,} classes · {plan.parameters:,} parameters · "
        f"{plan.multiply_adds:,} multiply-adds for a picture{accuracy}"
    )


def _parts(look: Look, data: Mapping[str, Any] | None) -> list[dict[str, str]]:
    """The page's sections, for its navigation."""
    parts = [("network", "network"), ("layers", "layers")]
    if look.pictures:
        parts = [("says", "says"), ("network", "network"), ("why", "why"), ("layers", "layers")]
    if data and data["map"]:
        parts.append(("map", "data"))
    if data and (data["health"] or data["notes"]):
        parts.append(("health", "health"))
    return [{"id": id_, "word": word} for id_, word in [*parts, ("words", "words")]]
