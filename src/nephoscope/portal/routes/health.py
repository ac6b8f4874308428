"""Whether it lives, whether it is ready, its metrics; what problems mean."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from nephoscope.portal.caller import Anyone
from nephoscope.portal.metrics import metrics, ready
from nephoscope.portal.problems import KINDS, ProblemError
from nephoscope.portal.shapes.common import Done, Shape

outside = APIRouter(tags=["health"])
router = APIRouter(tags=["health"])


class Meaning(Shape):
    """What a problem's `type` means."""

    kind: str
    title: str
    status: int
    todo: str


@outside.get("/healthz", operation_id="getHealth", response_model=Done)
def get_health(me: Anyone) -> Any:
    """Answer as long as the process serves."""
    return Done()


@outside.get("/readyz", operation_id="getReadiness", response_model=Done)
def get_readiness(me: Anyone) -> Any:
    """Answer once lake and ledger do."""
    return ready(me)


@outside.get("/metrics", operation_id="getMetrics", response_class=PlainTextResponse)
def get_metrics(me: Anyone) -> Any:
    """Give metrics as Prometheus reads them; from elsewhere than this machine a token with `metrics` is needed."""
    return PlainTextResponse(metrics(me), media_type="text/plain; version=0.0.4; charset=utf-8")


@router.get("/problems/{kind}", operation_id="getProblem", response_model=Meaning)
def get_problem(me: Anyone, kind: str) -> Any:
    """Say what a kind of problem means, and what to do."""
    if kind not in KINDS:
        raise ProblemError("not-found")
    status, title, todo = KINDS[kind]
    return Meaning(kind=kind, title=title, status=status, todo=todo)
