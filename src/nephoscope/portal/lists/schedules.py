"""The list of schedules, one whole, its runs, and what can be done with one."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from nephoscope.model.errors import ContentError
from nephoscope.model.query import Field, Type
from nephoscope.model.schedule import RunStatus
from nephoscope.pipeline.schedule_kinds import KINDS
from nephoscope.pipeline.schedule_preview import preview
from nephoscope.pipeline.schedules import Ready, ask_for_run, close_schedule_gaps, known, read_schedule
from nephoscope.portal.audit import note
from nephoscope.portal.permissions import Permission
from nephoscope.portal.problems import ProblemError
from nephoscope.portal.shapes.common import Done, Fault
from nephoscope.portal.shapes.schedules import (
    Schedule,
    ScheduleJob,
    ScheduleJobs,
    SchedulePreview,
    ScheduleRow,
    ScheduleRun,
    ScheduleRuns,
)
from nephoscope.portal.sources import MemorySource
from nephoscope.portal.versions import require_match
from nephoscope.scan.schedule_document import parse_schedule
from nephoscope.store.schedule_jobs import count_jobs, list_jobs
from nephoscope.store.schedules import (
    Kept,
    ScheduleChanged,
    add_schedule,
    change_schedule,
    delete_schedule,
    get_run,
    get_schedule,
    list_runs,
    list_schedules,
)
from nephoscope.store.schedules import ScheduleRun as KeptRun

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from nephoscope.model.schedule import Job
    from nephoscope.portal.caller import Caller

KEPT_S = 3600.0
FIELDS = {
    field.name: field
    for field in (
        Field("kind", Type.WORD, "", tuple(each.name for each in KINDS), is_facet=True, is_sortable=True),
        Field("last_status", Type.WORD, "", tuple(map(str, RunStatus)), is_facet=True, is_sortable=True),
        Field("on", Type.WORD, "the topic of the changes that set it off", is_facet=True),
        Field("name", Type.WORD, "", is_sortable=True),
        Field("title", Type.TEXT, "", is_sortable=True),
        Field("when", Type.TEXT, "its cron line or RRULE"),
        Field("zone", Type.WORD, "", is_facet=True),
        Field("priority", Type.NUMBER, "", is_sortable=True),
        Field("is_paused", Type.BOOL, "", is_facet=True),
        Field("error", Type.TEXT, "why it cannot be read"),
        Field("next_at", Type.TIME, "", is_sortable=True),
        Field("last_at", Type.TIME, "", is_sortable=True),
    )
}


def _read(me: Caller, kept: Kept) -> Ready | ContentError:
    def read() -> Ready | ContentError:
        try:
            return read_schedule(kept, known())
        except ContentError as error:
            return error

    return me.portal.cache.get(("schedule", kept.name, kept.text, kept.paused_by), read, KEPT_S)


def _rows(me: Caller) -> list[dict[str, Any]]:
    with me.portal.ledger.read() as connection:
        return [_row(connection, me, each) for each in list_schedules(connection)]


def _row(connection: Connection, me: Caller, kept: Kept) -> dict[str, Any]:
    read = _read(me, kept)
    last = next(iter(list_runs(connection, kept.name, 1)), None)
    row: dict[str, Any] = {
        "name": kept.name,
        "title": kept.name,
        "kind": "",
        "when": "",
        "zone": "",
        "on": "",
        "priority": 0,
        "is_paused": bool(kept.paused_by),
        "paused_by": kept.paused_by,
        "next_at": None,
        "last_at": last.due_at if last else None,
        "last_status": str(last.status) if last else "",
        "error": str(read) if isinstance(read, ContentError) else "",
    }
    return row | _said(me, read) if isinstance(read, Ready) else row


def _said(me: Caller, ready: Ready) -> dict[str, Any]:
    schedule = ready.schedule
    coming = () if ready.kept.paused_by else ready.table.next_runs(me.portal.clock(), 1)
    return {
        "title": schedule.title,
        "kind": schedule.kind,
        "when": (schedule.when.cron or schedule.when.rrule) if schedule.when else "",
        "zone": schedule.when.zone if schedule.when else "",
        "on": schedule.on.topic if schedule.on else "",
        "priority": schedule.priority,
        "next_at": next((each.at for each in coming if not each.blackout), None),
    }


SOURCE = MemorySource("schedules", FIELDS, "name", "name", _rows, ScheduleRow)


def version_of(schedule: Schedule) -> tuple[Any, ...]:
    """What a schedule's ETag is made of."""
    return schedule.name, schedule.made_at, schedule.revision


def shown(connection: Connection, me: Caller, name: str) -> Schedule:
    """A schedule whole. Raises `not-found`."""
    return _whole(connection, me, _found(connection, name))


def _found(connection: Connection, name: str) -> Kept:
    kept = get_schedule(connection, name)
    if kept is None:
        raise ProblemError("not-found", "There is no schedule of this name")
    return kept


def _whole(connection: Connection, me: Caller, kept: Kept) -> Schedule:
    can: list[str] = []
    if me.may(Permission.SCHEDULE):
        can = ["change", "delete", "run", "resume" if kept.paused_by else "pause"]
    same = ("revision", "made_by", "made_at", "changed_by", "changed_at")
    more = {name: getattr(kept, name) for name in same} | {"source": kept.text, "can": can}
    return Schedule.model_validate(_row(connection, me, kept) | more)


def _named(source: str, name: str = "") -> str:
    """The name in a schedule's text. Raises `bad-value` for one that cannot be read, or is named otherwise."""
    try:
        found = parse_schedule(source, known()).name
        if name and found != name:
            raise ContentError("name", f"is {found!r}, not {name!r}: a schedule keeps its name")
    except ContentError as error:
        raise ProblemError("bad-value", str(error), [Fault(pointer="#/source", detail=str(error)[:500])]) from None
    return found


def create(connection: Connection, me: Caller, source: str) -> Schedule:
    """Keep a new schedule. Raises `conflict` if there is one of its name."""
    try:
        return _whole(connection, me, add_schedule(connection, _named(source), source, me.name, me.portal.clock()))
    except ScheduleChanged as error:
        raise ProblemError("conflict", str(error)) from None


def replace(me: Caller, name: str, source: str, if_match: str | None) -> Schedule:
    """Keep a schedule in place of the version that was read."""
    _named(source, name)
    with me.portal.ledger.write() as connection:
        kept = _matched(connection, me, name, if_match)
        changed = change_schedule(connection, kept, me.name, me.portal.clock(), text=source)
        note(connection, me, "schedule change", name, {"source": source[:500]})
        return _whole(connection, me, changed)


def remove(me: Caller, name: str, if_match: str | None) -> Done:
    """Forget a schedule, and cancel what of it goes on."""
    with me.portal.ledger.write() as connection:
        delete_schedule(connection, _matched(connection, me, name, if_match), me.name, me.portal.clock())
        close_schedule_gaps(connection, name)
        note(connection, me, "schedule delete", name)
    return Done()


def _matched(connection: Connection, me: Caller, name: str, if_match: str | None) -> Kept:
    kept = _found(connection, name)
    require_match(if_match, *version_of(_whole(connection, me, kept)))
    return kept


def rest(connection: Connection, me: Caller, name: str, *, is_paused: bool) -> Schedule:
    """Let a schedule rest, or go on. Raises `conflict` where it does already."""
    kept = _found(connection, name)
    if bool(kept.paused_by) is is_paused:
        raise ProblemError("conflict", "It rests already" if is_paused else "It does not rest")
    by = me.name if is_paused else ""
    return _whole(connection, me, change_schedule(connection, kept, me.name, me.portal.clock(), paused_by=by))


def run_now(connection: Connection, me: Caller, name: str) -> ScheduleRun:
    """Have a schedule run beside its times. Raises `conflict` for one that cannot be read."""
    read = _read(me, _found(connection, name))
    if isinstance(read, ContentError):
        raise ProblemError("conflict", str(read))
    run = ask_for_run(connection, read.schedule, me.name, me.portal.clock())
    return _run(run, {})


def previewed(me: Caller, name: str, count: int) -> SchedulePreview:
    """The next runs of a schedule and its targets now. Raises `conflict` for one that cannot be read."""
    with me.portal.ledger.read() as connection:
        read = _read(me, _found(connection, name))
    if isinstance(read, ContentError):
        raise ProblemError("conflict", str(read))
    return _preview(me, read, count)


def previewed_source(me: Caller, source: str, count: int) -> SchedulePreview:
    """The same of a text that is not kept."""
    now = me.portal.clock()
    return _preview(me, read_schedule(Kept(_named(source), source, 0, "", now, "", now, "", now), known()), count)


def _preview(me: Caller, ready: Ready, count: int) -> SchedulePreview:
    found = preview(ready, me.portal.lake, me.portal.clock(), me.scope, count)
    return SchedulePreview.model_validate(asdict(found))


def runs(me: Caller, name: str, limit: int) -> ScheduleRuns:
    """The latest runs of a schedule."""
    with me.portal.ledger.read() as connection:
        _found(connection, name)
        found = list_runs(connection, name, limit)
        counts = count_jobs(connection, [run.id for run in found])
    return ScheduleRuns(items=[_run(run, counts[run.id]) for run in found])


def jobs(me: Caller, name: str, id_: str) -> ScheduleJobs:
    """The jobs of a run, as far as they are in scope. Raises `not-found`."""
    with me.portal.ledger.read() as connection:
        run = get_run(connection, id_)
        if run is None or run.schedule != name:
            raise ProblemError("not-found", "There is no run of this id")
        found = list_jobs(connection, id_)
        counts = count_jobs(connection, [id_])[id_]
    return ScheduleJobs(
        run=_run(run, counts), items=[_job(each) for each in found if me.scope.holds(each.target.account)]
    )


def _job(job: Job) -> ScheduleJob:
    target = job.target
    place = {"type": target.type, "target": target.id, "account": target.account, "region": target.region}
    same = {name: getattr(job, name) for name in ScheduleJob.model_fields if name not in place}
    return ScheduleJob.model_validate(same | place)


def _run(run: KeptRun, counts: dict[str, int]) -> ScheduleRun:
    same = {name: getattr(run, name) for name in ScheduleRun.model_fields if name != "jobs"}
    return ScheduleRun.model_validate(same | {"jobs": counts})
