"""Schedules: when something is looked at, and of what."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query

from nephoscope.portal.actions import once
from nephoscope.portal.caller import Reader, Scheduler
from nephoscope.portal.listing import list_router
from nephoscope.portal.lists.schedules import (
    SOURCE,
    create,
    jobs,
    previewed,
    previewed_source,
    remove,
    replace,
    rest,
    run_now,
    runs,
    shown,
    version_of,
)
from nephoscope.portal.shapes.common import Done
from nephoscope.portal.shapes.schedules import (
    Schedule,
    ScheduleBody,
    ScheduleJobs,
    SchedulePage,
    SchedulePreview,
    ScheduleRun,
    ScheduleRuns,
)
from nephoscope.portal.versions import IfMatch, Key, tagged

router = list_router("Schedules", SOURCE, SchedulePage)
Count = Annotated[int, Query(ge=1, le=50)]


@router.post("", operation_id="createSchedule", response_model=Schedule, status_code=201)
def post(me: Scheduler, body: ScheduleBody, key: Key = None) -> Any:
    """Keep a new schedule; its times count from now on."""
    return once(me, key, "schedule create", "", body, lambda connection: create(connection, me, body.source))


@router.post("/preview", operation_id="previewScheduleSource", response_model=SchedulePreview)
def post_preview(me: Scheduler, body: ScheduleBody, count: Count = 10) -> Any:
    """Say what a schedule would do; nothing is kept."""
    return previewed_source(me, body.source, count)


@router.get("/{name}", operation_id="getSchedule", response_model=Schedule)
def get(me: Reader, name: str) -> Any:
    """Show a schedule."""
    with me.portal.ledger.read() as connection:
        found = shown(connection, me, name)
    tagged(me, *version_of(found))
    return found


@router.put("/{name}", operation_id="replaceSchedule", response_model=Schedule)
def put(me: Scheduler, name: str, body: ScheduleBody, if_match: IfMatch = None) -> Any:
    """Change a schedule; what goes on of it goes on, its times count from now on."""
    found = replace(me, name, body.source, if_match)
    tagged(me, *version_of(found))
    return found


@router.delete("/{name}", operation_id="deleteSchedule", response_model=Done)
def delete(me: Scheduler, name: str, if_match: IfMatch = None) -> Any:
    """Forget a schedule and cancel what of it goes on; what it did stays."""
    return remove(me, name, if_match)


@router.get("/{name}/preview", operation_id="previewSchedule", response_model=SchedulePreview)
def get_preview(me: Reader, name: str, count: Count = 10) -> Any:
    """Say when a schedule runs next, and of what as it is now; changes nothing."""
    return previewed(me, name, count)


@router.get("/{name}/runs", operation_id="listScheduleRuns", response_model=ScheduleRuns)
def get_runs(me: Reader, name: str, limit: Annotated[int, Query(ge=1, le=500)] = 20) -> Any:
    """List the latest runs of a schedule: what set them off, and what became of them."""
    return runs(me, name, limit)


@router.get("/{name}/runs/{id}", operation_id="listScheduleJobs", response_model=ScheduleJobs)
def get_jobs(me: Reader, name: str, id: str) -> Any:
    """List the jobs of a run."""
    return jobs(me, name, id)


@router.post("/{name}/run", operation_id="runSchedule", response_model=ScheduleRun, status_code=201)
def post_run(me: Scheduler, name: str, key: Key = None) -> Any:
    """Have a schedule run now, beside its times."""
    return once(me, key, "schedule run", name, {}, lambda connection: run_now(connection, me, name))


@router.post("/{name}/pause", operation_id="pauseSchedule", response_model=Schedule)
def post_pause(me: Scheduler, name: str, key: Key = None) -> Any:
    """Let a schedule rest: nothing begins, and what has begun is put off."""
    return once(me, key, "schedule pause", name, {}, lambda connection: rest(connection, me, name, is_paused=True))


@router.post("/{name}/resume", operation_id="resumeSchedule", response_model=Schedule)
def post_resume(me: Scheduler, name: str, key: Key = None) -> Any:
    """Let a schedule go on; what came meanwhile is past."""
    return once(me, key, "schedule resume", name, {}, lambda connection: rest(connection, me, name, is_paused=False))
