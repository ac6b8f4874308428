"""Where host agents call: `/fleet/v1`, which asks for a host's signature instead of a user.

The words on the wire are in `docs/decisions/0010-agent-protocol.md`; what they lead to is in `pipeline/fleet.py` and
`pipeline/uploads.py`.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from functools import partial
from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from nephoscope.fleet.enrolment import MOST_BYTES
from nephoscope.fleet.identity import read_certificates
from nephoscope.fleet.pace import Pace
from nephoscope.fleet.policy import demands_of
from nephoscope.keep import Stores
from nephoscope.model.errors import HostRefused
from nephoscope.pipeline.fleet import Asked, Fleet, policy_key
from nephoscope.pipeline.uploads import upload
from nephoscope.portal.caller import Agent
from nephoscope.portal.problems import MEDIA, ProblemError

if TYPE_CHECKING:
    from collections.abc import Callable

    from nephoscope.model.coverage import Gap
    from nephoscope.model.finding import Finding
    from nephoscope.portal.caller import Caller
    from nephoscope.portal.context import Portal

AT_ONCE = 4  # uploads that are unzipped and kept at the same time
WAIT_S = 15.0
RETRY_S = "30"
router = APIRouter(prefix="/fleet/v1", include_in_schema=False)


class Quiet:
    """Nobody is told at once: the feed tells whoever follows it."""

    def found(self, finding: Finding) -> None: ...
    def cannot_see(self, gap: Gap) -> None: ...
    def sees_again(self, gap: Gap) -> None: ...


@dataclass
class Gateway:
    """What serves agents. joining: how often an address may ask to join; room: for uploads that are being kept."""

    portal: Portal
    joining: Pace = field(default_factory=lambda: Pace(60, 60.0))
    room: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(AT_ONCE))
    _lock: Lock = field(default_factory=Lock, init=False)
    _fleet: Fleet | None = field(default=None, init=False)

    @property
    def fleet(self) -> Fleet:
        """What lets agents in, made with its key at the first call. Raises ConfigError."""
        with self._lock:
            if self._fleet is None:
                portal = self.portal
                stores = Stores(portal.lake, portal.ledger, Quiet(), is_carried=True)
                settings, key = portal.config.fleet, policy_key(portal.config)
                clouds = read_certificates(settings.identity_certificate) if settings.identity_certificate else None
                self._fleet = Fleet(stores, key, demands_of(settings), clouds, portal.clock)
            return self._fleet


@router.post("/enrol")
async def enrol(me: Agent, request: Request) -> Response:
    """Let a host join, by its token."""
    body = await request.body()
    return await run_in_threadpool(_answered, me, partial(_enrol, me, body))


@router.get("/policy")
async def policy(me: Agent, request: Request) -> Response:
    """Give a host its policy, unless it has that one already."""
    asked = _asked(request, await request.body())
    return await run_in_threadpool(_answered, me, partial(_policy, me, asked))


@router.post("/upload")
async def post_upload(me: Agent, request: Request) -> Response:
    """Take a batch."""
    asked = _asked(request, await request.body())
    encoding = request.headers.get("content-encoding", "")
    return await run_in_threadpool(_answered, me, partial(_upload, me, asked, encoding))


@router.post("/renew")
async def renew(me: Agent, request: Request) -> Response:
    """Give a host another key."""
    asked = _asked(request, await request.body())
    return await run_in_threadpool(_answered, me, lambda: JSONResponse(_gateway(me).fleet.renew(asked)))


@router.post("/leave")
async def leave(me: Agent, request: Request) -> Response:
    """Note that a host's agent was uninstalled."""
    asked = _asked(request, await request.body())

    def left() -> Response:
        _gateway(me).fleet.leave(asked)
        return JSONResponse({"time": _now(me)})

    return await run_in_threadpool(_answered, me, left)


def _gateway(me: Caller) -> Gateway:
    return me.request.app.state.gateway


def _asked(request: Request, body: bytes) -> Asked:
    """A request as its sender signed it: the path as it came, before anything was decoded of it."""
    raw, query = request.scope.get("raw_path") or request.url.path.encode(), request.scope["query_string"]
    path = raw.partition(b"?")[0] + (b"?" + query if query else b"")
    return Asked(request.method, path.decode("latin-1"), request.headers.get("authorization", ""), body)


def _now(me: Caller) -> int:
    return int(me.portal.clock().timestamp())


def _answered(me: Caller, work: Callable[[], Response]) -> Response:
    """An answer, or why not, as RFC 9457 says it; to a wrong clock with the time that it is."""
    try:
        return work()
    except HostRefused as error:
        problem = ProblemError(error.kind, error.detail)
        said = problem.shape(me.request.url.path, me.trace_id).model_dump()
        if error.kind == "clock":
            said["time"] = _now(me)
        return Response(json.dumps(said), problem.status, media_type=MEDIA)


def _enrol(me: Caller, body: bytes) -> Response:
    gateway = _gateway(me)
    wait = gateway.joining.wait_s(me.ip, time.monotonic())
    if wait:
        raise ProblemError("too-many", headers={"Retry-After": str(wait)})
    if len(body) > MOST_BYTES:
        raise HostRefused("too-large", f"a request to join has at most {MOST_BYTES} bytes")
    answer = gateway.fleet.enrol(body)
    return JSONResponse(answer, 202 if answer["state"] == "waiting" else 200)


def _policy(me: Caller, asked: Asked) -> Response:
    etag, envelope = _gateway(me).fleet.policy(asked)
    return JSONResponse(envelope, headers={"ETag": f'"{etag}"'})  # `guard` answers 304 to who has it


def _upload(me: Caller, asked: Asked, encoding: str) -> Response:
    if encoding != "gzip":
        raise HostRefused("unreadable", "an upload comes with Content-Encoding: gzip")
    gateway = _gateway(me)
    if not gateway.room.acquire(timeout=WAIT_S):
        raise ProblemError("busy", headers={"Retry-After": RETRY_S})
    try:
        answer: dict[str, Any] = upload(gateway.fleet, asked)
    finally:
        gateway.room.release()
    return JSONResponse(answer)
