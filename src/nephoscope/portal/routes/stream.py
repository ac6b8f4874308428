"""The live stream: what changed, as server-sent events."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse

from nephoscope.portal.caller import Reader
from nephoscope.portal.stream import stream

router = APIRouter(tags=["stream"])


@router.get(
    "/stream",
    operation_id="getStream",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}}},
)
def get(
    me: Reader,
    topics: Annotated[str, Query(max_length=200, description="finding, item, coverage, event, run; with commas.")] = "",
    after: Annotated[int | None, Query(ge=0, description="Begin behind this number; else at what comes next.")] = None,
    last_event_id: Annotated[str | None, Header(alias="Last-Event-ID", max_length=30)] = None,
) -> Any:
    """Follow what changes: one event per change, `id` its number; `gap` where some could not be told."""
    return stream(me, topics, after, last_event_id)
