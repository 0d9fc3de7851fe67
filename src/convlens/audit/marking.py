"""What the page needs so that its pictures can be marked: a script, and what it is told."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from importlib.resources import files
from itertools import islice
from typing import Any

from markupsafe import Markup

from convlens.audit.findings import Finding, Findings, Kind
from convlens.data import Source
from convlens.pages import hashed

ONE_IS_ENOUGH: tuple[Kind, ...] = ("copies-across-parts", "copies")
"""Findings of whose groups all pictures but the first may go."""

MOST_COPIES = 20_000
"""Names of copies that the page holds for one of its buttons: some 600 kB."""


def script() -> Markup:
    """The page's script."""
    return Markup((files("convlens.audit") / "static" / "marks.js").read_text(encoding="utf-8"))


def policy() -> str:
    """A Content-Security-Policy: this script, the page's own styles and pictures, no more."""
    return (
        "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; "
        f"script-src {hashed([script()])}; style-src 'unsafe-inline'"
    )


def marking(found: Findings, source: Source, data: str, left_out: Sequence[str]) -> dict[str, Any]:
    """What the script is told.

    ``key`` names the marks among what the browser keeps, ``file`` the list and ``head`` its first
    line; ``before`` are pictures left out already, ``copies`` those that may go of a finding, by
    the ``id`` of its article, and ``command`` is the one that leaves them out.
    """
    stem = re.sub(r"[^\w.-]+", "-", found.source.partition(".")[0]).strip("-.") or "pictures"
    file = f"{stem}-without.txt"
    return {
        "key": f"convlens-marks-{source.fingerprint}",
        "file": file,
        "head": f"# ConvLens: pictures to leave out of {found.source}",
        "before": list(left_out),
        "copies": {
            f"finding-{number}": _all_but_first(finding)
            for number, finding in enumerate(found.findings, 1)
            if finding.kind in ONE_IS_ENOUGH
        },
        "command": shlex.join(["convlens", "train", data, "--without", file]),
    }


def _all_but_first(finding: Finding) -> list[str]:
    """Of each group all pictures but the first, whether they are shown or not."""
    names = (picture.file for case in finding.cases for picture in case.pictures[1:])
    return list(dict.fromkeys(islice(names, MOST_COPIES)))
