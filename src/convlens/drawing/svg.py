"""SVG as text: elements, numbers cut short, everything foreign escaped."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

_CONTROL = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

CHARACTER = 6.1
"""Pixels that a character of a caption takes, on the average and a little over."""


def safe(text: str) -> str:
    """``text`` as it may stand in SVG: markup escaped, what XML forbids replaced."""
    return escape(_CONTROL.sub("\ufffd", text))


def element(name: str, content: str = "", **attributes: object) -> str:
    """An element; ``class_`` is class, ``stroke_width`` stroke-width; numbers have one decimal."""
    said = "".join(
        f" {key.rstrip('_').replace('_', '-')}={quoteattr(_value(value))}"
        for key, value in attributes.items()
    )
    return f"<{name}{said}>{content}</{name}>" if content else f"<{name}{said}/>"


def path(class_: str, *points: tuple[float, float], closed: bool = True) -> str:
    """A polygon, or a line where it is not ``closed``."""
    steps = " L".join(f"{_value(x)} {_value(y)}" for x, y in points)
    return element("path", class_=class_, d=f"M{steps}{'Z' if closed else ''}")


def text(x: float, y: float, words: str, class_: str = "") -> str:
    """A line of text, centred unless its class says otherwise."""
    named = {"class_": class_} if class_ else {}
    return element("text", safe(words), x=x, y=y, **named)


def group(content: str, told: str) -> str:
    """Elements that belong together; ``told`` shows where they are pointed at."""
    return element("g", element("title", safe(told)) + content)


def width_of(words: str, character: float = CHARACTER) -> float:
    """About how wide a caption is, in pixels."""
    return character * len(words)


def _value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.1f}".removesuffix(".0")
    return _CONTROL.sub("\ufffd", str(value))
