"""The page and its files: those that are in the package, by name."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from fastapi import APIRouter, Response

from convlens.drawing.style import style
from convlens.studio.refusal import RefusedError

KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
}
"""Endings of files that are given away, and what they are."""

PAGE = "index.html"

router = APIRouter()


def listed(folder: Traversable) -> dict[str, Traversable]:
    """The files of ``folder`` by name: those of our kinds that really lie there."""
    return {
        one.name: one
        for one in folder.iterdir()
        if one.is_file()
        and Path(one.name).suffix in KINDS
        and not (isinstance(one, Path) and one.is_symlink())
    }


STATIC = listed(files("convlens") / "studio" / "static")
REPORT = listed(files("convlens") / "report" / "static")  # not of the package, which needs torch

DRAWING = "drawing.css"
"""The style sheet of drawn networks, made by whoever draws them."""


@router.get("/")
async def page() -> Response:
    """The page itself."""
    return _file(STATIC, PAGE)


@router.get("/static/{name}")
async def static(name: str) -> Response:
    """A file of the page."""
    return _file(STATIC, name)


@router.get("/report/{name}")
async def report(name: str) -> Response:
    """A module of the report's, which shows arithmetic in the studio too."""
    if name == DRAWING:
        return Response(style(), media_type=KINDS[".css"])
    return _file(REPORT, name)


def _file(known: dict[str, Traversable], name: str) -> Response:
    if name not in known:
        raise RefusedError("there is no such file", None, 404)
    return Response(known[name].read_bytes(), media_type=KINDS[Path(name).suffix])
