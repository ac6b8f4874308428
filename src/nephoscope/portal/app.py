"""The app: every route under /api/v1, what guards them, the contract, and the client beside them."""

from __future__ import annotations

import importlib
import logging
import pkgutil
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, FastAPI, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException

from nephoscope import __version__
from nephoscope.model.errors import StoreError
from nephoscope.portal import contract, gateway, routes, static
from nephoscope.portal.auth.attempts import paced
from nephoscope.portal.caller import Anyone, Needs
from nephoscope.portal.guard import Guard
from nephoscope.portal.problems import MEDIA, ProblemError, kind_of
from nephoscope.portal.routes import health
from nephoscope.portal.shapes.common import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.portal.context import Portal

log = logging.getLogger("nephoscope.portal")
PREFIX = "/api/v1"
MOST_FAULTS = 20


def make_app(portal: Portal) -> FastAPI:
    """The portal as an ASGI app. Raises AssertionError for a route that does not say what it asks."""
    app = FastAPI(title="Nephoscope", version=__version__, openapi_url=None, docs_url=None, redoc_url=None)
    app.state.portal = portal
    app.state.gateway = gateway.Gateway(portal)
    for kind, handler in (
        (ProblemError, _problem),
        (RequestValidationError, _invalid),
        (HTTPException, _http),
        (StoreError, _store),
    ):
        app.add_exception_handler(kind, handler)
    app.include_router(api_router())
    app.include_router(health.outside)
    app.include_router(gateway.router)
    app.include_router(_own(app))
    for path, methods, needs in permissions(app):
        if needs is None:
            raise AssertionError(f"{methods} {path} declares no permission")
    app.add_middleware(Guard, settings=portal.config.portal)
    return app


def api_router() -> APIRouter:
    """Every file of `routes/`, in order of name."""
    api = APIRouter(prefix=PREFIX)
    for found in sorted(pkgutil.iter_modules(routes.__path__), key=lambda found: found.name):
        api.include_router(importlib.import_module(f"{routes.__name__}.{found.name}").router)
    return api


def permissions(app: FastAPI) -> Iterator[tuple[str, frozenset[str], Needs | None]]:
    """Path, methods and what is asked of the caller, of everything that the app serves."""
    for context in iter_route_contexts(app.routes):
        dependant = getattr(context, "dependant", None)
        found = [each.call for each in dependant.dependencies if isinstance(each.call, Needs)] if dependant else []
        yield str(context.path), frozenset(context.methods or ()), found[0] if len(found) == 1 else None


def _own(app: FastAPI) -> APIRouter:
    """The contract, reports of browsers, and the client; last, because the client takes every path."""
    router = APIRouter()

    @router.get(f"{PREFIX}/openapi.json", include_in_schema=False, response_model=None)
    def get_contract(me: Anyone) -> Response:
        return JSONResponse(contract.of(app))

    @router.post(f"{PREFIX}/reports", include_in_schema=False, status_code=204, response_model=None)
    async def post_reports(me: Anyone, request: Request) -> Response:
        paced(me)
        log.warning("a browser reports: %r", (await request.body())[:2_000])
        return Response(status_code=204)

    @router.get("/{path:path}", include_in_schema=False, response_model=None)
    def get_client(me: Anyone, request: Request, path: Annotated[str, Path()]) -> Response:
        return static.served(request, path)

    return router


def answer_to(request: Request, problem: ProblemError) -> Response:
    """A problem as an answer."""
    trace = str(request.scope.get("trace_id", ""))
    shape = problem.shape(request.url.path, trace)
    return Response(shape.model_dump_json(), problem.status, dict(problem.headers), MEDIA)


def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    return answer_to(request, error)


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [Fault(pointer=pointer(each["loc"]), detail=str(each["msg"])[:500]) for each in error.errors()]
    is_unreadable = any(each["type"] == "json_invalid" for each in error.errors())
    detail = "; ".join(f"{each.pointer}: {each.detail}" for each in faults[:3])
    return answer_to(
        request, ProblemError("bad-request" if is_unreadable else "bad-value", detail, faults[:MOST_FAULTS])
    )


def pointer(place: tuple[Any, ...]) -> str:
    """Where a fault is: a JSON pointer into the body, or the name of a parameter. Source: RFC 6901."""
    where, *parts = place or ("body",)
    text = "/".join(str(part).replace("~", "~0").replace("/", "~1")[:100] for part in parts)
    if where == "body":
        return f"#/{text}" if text else "#"
    return f"#/{where}/{text}"


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    kind = kind_of(error.status_code)
    return answer_to(request, ProblemError(kind, headers=error.headers))


def _store(request: Request, error: Exception) -> Response:
    log.warning("%s %s: %s", request.scope.get("trace_id"), request.url.path, error)
    return answer_to(request, ProblemError("store", str(error)[:300]))
