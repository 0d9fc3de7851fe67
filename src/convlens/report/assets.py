"""The page's script and style sheet, in one piece each, and the policy that allows nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.resources import files

from convlens.pages import hashed

MODULES = (
    "words",
    "volumes",
    "packed",
    "paint",
    "fields",
    "terms",
    "steps",
    "maps",
    "showing",
    "scope",
    "scatter",
    "theme",
    "main",
)
"""The modules of the page, each behind those that it imports."""

_IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./(\w+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:const|let|function) (\w+))", re.MULTILINE)


def static(name: str) -> str:
    """The text of a file in ``static/``."""
    return (files("convlens.report") / "static" / name).read_text(encoding="utf-8")


def script() -> str:
    """All modules as one: a page from disk may not load another file, not even its neighbour.

    Each becomes a function's scope; what it exports, an object that the others take from.
    """
    return "\n".join(_wrapped(name, static(f"{name}.js")) for name in MODULES)


def _wrapped(name: str, source: str) -> str:
    exported = [match[1] for match in _EXPORT.finditer(source)]
    body = _EXPORT.sub("", _IMPORT.sub(r"const \1 = module_\2;", source))
    return f"const module_{name} = (() => {{\n{body}\nreturn {{ {', '.join(exported)} }};\n}})();"


def policy(scripts: Iterable[str], styles: Iterable[str]) -> str:
    """A Content-Security-Policy: these scripts and styles, pictures inside the page, no more."""
    return (
        "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; "
        f"script-src {hashed(scripts)}; style-src {hashed(styles)}"
    )
