"""Files: snapshots, models taken along, models brought."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse

from convlens.studio import snapshots
from convlens.studio.asking import Current, asked
from convlens.studio.routes.run import DONE, Name
from convlens.studio.session import Session

router = APIRouter()

MODEL, JSON = "application/octet-stream", "application/json"


@router.get("/api/download/model")
async def model(request: Request, session: Current) -> Response:
    """The network as it is now, as our file."""
    _, content = await asked(request, session, "model")
    return _download(content, MODEL, f"{_name(session)}.safetensors")


@router.get("/api/download/convnetjs")
async def convnetjs(request: Request, session: Current) -> Response:
    """The network as it is now, as ConvNetJS reads it."""
    _, content = await asked(request, session, "convnetjs")
    return _download(content, JSON, f"{_name(session)}.json")


@router.post("/api/snapshots")
async def keep(name: Name, session: Current) -> dict[str, Any]:
    """Keep the network as it is now."""
    return await snapshots.keep(session, name.name)


@router.get("/api/snapshots/{number}/model", response_class=FileResponse)
async def snapshot_model(number: str, session: Current) -> Response:
    """The file of a snapshot."""
    entry, path = snapshots.find(session, number)
    return FileResponse(path, media_type=MODEL, headers=_named(f"{entry['name']}.safetensors"))


@router.get("/api/snapshots/{number}/convnetjs")
async def snapshot_convnetjs(number: str, session: Current) -> Response:
    """A snapshot as ConvNetJS reads it."""
    entry, path = snapshots.find(session, number)
    content = await run_in_threadpool(snapshots.as_convnetjs, path)
    return _download(content, JSON, f"{entry['name']}.json")


@router.post("/api/snapshots/{number}/open")
async def open_snapshot(number: str, session: Current) -> dict[str, Any]:
    """Go on from a snapshot in a run of its own."""
    await snapshots.open_snapshot(session, number)
    return DONE


@router.post("/api/open")
async def open_file(request: Request, session: Current) -> dict[str, Any]:
    """Go on from a file, the bytes of which are the body."""
    name = request.query_params.get("name", "")[:200] or "the file"
    await snapshots.open_file(session, request.stream(), name)
    return DONE


def _name(session: Session) -> str:
    return session.current.name if session.current is not None else "network"


def _download(content: bytes, kind: str, name: str) -> Response:
    return Response(content, media_type=kind, headers=_named(name))


def _named(name: str) -> dict[str, str]:
    """The header that has a browser save an answer under ``name``."""
    plain = re.sub(r'[\\/:*?"<>|\x00-\x1f\x7f]+', "-", name).strip(". ") or "network"
    ascii_only = plain.encode("ascii", "replace").decode().replace("?", "_")
    return {
        "Content-Disposition": f'attachment; filename="{ascii_only}"; '
        f"filename*=UTF-8''{quote(plain, safe='')}"
    }
