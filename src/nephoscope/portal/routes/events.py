"""Events: what happened; search, over time, and SQL for those who may."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query

from nephoscope.portal.caller import Reader, SqlReader
from nephoscope.portal.listing import list_router
from nephoscope.portal.lists.events import SOURCE, over_time, whole
from nephoscope.portal.shapes.events import Event, EventPage, Histogram, Sql, SqlResult
from nephoscope.portal.sql import run

router = list_router("Events", SOURCE, EventPage)


@router.get("/histogram", operation_id="getEventHistogram", response_model=Histogram)
def get_histogram(me: Reader, q: Annotated[str, Query(max_length=4_000)] = "") -> Any:
    """Count events over time; the query's times bound it, else the last 24 hours do."""
    return over_time(me, q)


@router.post("/sql", operation_id="runSql", response_model=SqlResult)
def post_sql(me: SqlReader, asked: Sql) -> Any:
    """Read the lake by SQL: one SELECT over its own tables, that changes nothing and reaches nothing else."""
    return run(me, asked)


@router.get("/{key}", operation_id="getEvent", response_model=Event)
def get(me: Reader, key: str) -> Any:
    """Show an event with its request, its response and the findings that it belongs to."""
    return whole(me, key)
