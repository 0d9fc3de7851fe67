"""The run: its state, its events, and what can be done with it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from convlens.studio import commands
from convlens.studio.asking import Current
from convlens.studio.stream import events

router = APIRouter()

Values = dict[str, Any]
DONE: Values = {}


class Network(BaseModel):
    """A network to begin a run on."""

    net: str = Field(max_length=200_000)
    keep: bool = False
    revision: int | None = None


class Name(BaseModel):
    """A name for something."""

    name: str = Field(max_length=400)


@router.get("/api/state")
async def state(session: Current) -> Values:
    """How everything stands."""
    return session.state()


@router.get("/api/events", response_class=StreamingResponse)
async def listen(session: Current) -> StreamingResponse:
    """What happens, as it happens."""
    return StreamingResponse(events(session), media_type="text/event-stream")


@router.get("/api/runs/{name}/series")
async def series(name: str, session: Current) -> Values:
    """The curves of a run."""
    found = session.find(name).series
    told = {"run": name, "version": found.version, **found.columns()}
    return {**told, "looks": found.looks, "marks": found.marks}


@router.post("/api/start")
async def start(session: Current, values: Values | None = None) -> Values:
    """Train."""
    await commands.start(session, values or {})
    return DONE


@router.post("/api/pause")
async def pause(session: Current) -> Values:
    """Hold still."""
    await commands.pause(session)
    return DONE


@router.post("/api/step")
async def step(session: Current) -> Values:
    """Make one step."""
    await commands.step(session)
    return DONE


@router.post("/api/stop")
async def stop(session: Current) -> Values:
    """End the run, judge and keep its best network."""
    await commands.stop(session)
    return DONE


@router.post("/api/anew")
async def anew(session: Current) -> Values:
    """Begin another run on the same network."""
    await commands.anew(session)
    return {"revision": session.revision}


@router.post("/api/knobs")
async def knobs(values: Values, session: Current) -> Values:
    """Turn knobs."""
    return await commands.change(session, values)


@router.post("/api/network")
async def network(chosen: Network, session: Current) -> Values:
    """Begin a run on another network."""
    run = await commands.apply(session, chosen.net, keep=chosen.keep, revision=chosen.revision)
    return {"run": run.id, "revision": session.revision}


@router.post("/api/runs/{name}/open")
async def open_run(name: str, session: Current) -> Values:
    """Turn to an earlier run."""
    await commands.open_run(session, name)
    return {"revision": session.revision}


@router.post("/api/runs/{name}/forget")
async def forget(name: str, session: Current) -> Values:
    """Take a run from the list."""
    return commands.forget(session, name)


@router.post("/api/runs/{name}/name")
async def rename(name: str, new: Name, session: Current) -> Values:
    """Give a run another name."""
    commands.rename(session, name, new.name)
    return DONE


@router.post("/api/notes/{number}/dismiss")
async def dismiss(number: int, session: Current) -> Values:
    """Take a note away."""
    session.dismiss(number)
    return DONE
