"""Colours and letters of a drawing, for light and dark.

A page that holds a drawing may set ``--convlens-paper``, ``--convlens-ink`` and the other names
below. Every rule is bound to the drawing's own class, so that none leaks into the page.
"""

from __future__ import annotations

LIGHT = {
    "paper": "#ffffff",
    "ink": "#1c2430",
    "soft": "#667080",
    "input": "#b9c0c9",
    "conv": "#5b9bd5",
    "pool": "#6cb98b",
    "fc": "#e6a157",
    "join": "#a78bcb",
    "plain": "#c5cad1",
    "frame": "#f3f4f6",
}

DARK = {
    "paper": "#14181e",
    "ink": "#e8ebef",
    "soft": "#9aa4b1",
    "input": "#7f8894",
    "conv": "#3f7fba",
    "pool": "#4a9a6d",
    "fc": "#c07c35",
    "join": "#8466ad",
    "plain": "#59626e",
    "frame": "#1e242c",
}

COLOURS = ("input", "conv", "pool", "fc", "join", "plain")

_RULES = """
.convlens text{font:11px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;
fill:var(--ink);text-anchor:middle}
.convlens .paper{fill:var(--paper)}
.convlens .title{font-size:16px;font-weight:600;text-anchor:start}
.convlens .totals{fill:var(--soft);font-size:12px;text-anchor:start}
.convlens .volume{font-weight:600}
.convlens .soft{fill:var(--soft)}
.convlens .line{fill:none;stroke:var(--soft);stroke-width:1.2}
.convlens .head{fill:var(--soft)}
.convlens .ray{fill:none;stroke:var(--ink);stroke-width:.8;stroke-dasharray:3 2;opacity:.75}
.convlens .window{fill:var(--ink);fill-opacity:.18;stroke:var(--ink);stroke-width:1}
.convlens .frame{fill:var(--frame);stroke:var(--soft);stroke-width:.8}
.convlens .edge{stroke:var(--ink);stroke-opacity:.55;stroke-width:.8;stroke-linejoin:round}
.convlens .lit{fill:#fff;fill-opacity:.35}
.convlens .shade{fill:#000;fill-opacity:.18}
.convlens .node{fill:var(--paper);stroke:var(--soft);stroke-width:1.2}
"""


def style() -> str:
    """The style sheet of a drawing."""
    fills = "".join(f".convlens .{name}{{fill:var(--{name})}}\n" for name in COLOURS)
    dark = f"@media (prefers-color-scheme:dark){{{_variables(DARK)}}}"
    return f"{_variables(LIGHT)}\n{dark}{_RULES}{fills}"


def _variables(colours: dict[str, str]) -> str:
    set_to = ";".join(
        f"--{name}:var(--convlens-{name},{colour})" for name, colour in colours.items()
    )
    return f".convlens{{{set_to}}}"
