"""The application: every route, and errors as a page reads them."""

from __future__ import annotations

import sys
import traceback

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from convlens.errors import ConvLensError
from convlens.studio.refusal import LEFT, RefusedError, status_of, told
from convlens.studio.routes import files, notation, page, pictures, run, testing, views
from convlens.studio.session import Session

ROUTERS = (page, notation, run, pictures, views, testing, files)


def application(session: Session) -> FastAPI:
    """All routes of ``session``, as they are behind the token; to be put behind a Guard."""
    app = FastAPI(
        title="ConvLens studio",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.session = session
    for one in ROUTERS:
        app.router.routes.extend(one.router.routes)
    app.add_exception_handler(ConvLensError, _refused)
    app.add_exception_handler(HTTPException, _missing)
    app.add_exception_handler(RequestValidationError, _misread)
    app.add_exception_handler(ClientDisconnect, _left)
    app.add_exception_handler(Exception, _broken)
    return app


async def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ConvLensError)
    return JSONResponse(told(error), status_of(error))


async def _missing(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    said = {404: "there is no such thing here", 405: "that cannot be done here"}
    message = said.get(error.status_code, str(error.detail))
    return JSONResponse(told(RefusedError(message)), error.status_code)


async def _misread(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path"))
    return JSONResponse(
        told(RefusedError(f"{where or 'the request'}: {first['msg'].lower()}")), 422
    )


async def _left(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse(told(RefusedError("the page has gone")), LEFT)


async def _broken(request: Request, error: Exception) -> JSONResponse:
    traceback.print_exception(error, file=sys.stderr)
    message = "the studio made a mistake; what it was is in the terminal it was started in"
    return JSONResponse(told(RefusedError(message)), 500)
