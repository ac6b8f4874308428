"""Schedules in the ledger, and their runs: each time at which one was to run has one entry, whoever makes it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select, update

from nephoscope.model.errors import StoreError
from nephoscope.model.schedule import JobStatus, RunStatus
from nephoscope.store.feed import tell
from nephoscope.store.ledger import insert_new
from nephoscope.store.schedule_tables import SCHEDULE_JOBS, SCHEDULE_RUNS, SCHEDULES
from nephoscope.store.tables import key_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

TOPIC = "schedule"
KEPT_RUNS = 500  # of each schedule, the newest


class ScheduleChanged(StoreError):
    """A schedule is not as it was read, or there is one of that name already."""


@dataclass(frozen=True)
class Kept:
    """A schedule as it is kept. text: its YAML; paused_by: who let it rest, or empty.

    seen_at: up to when its times have been seen to.
    """

    name: str
    text: str
    revision: int
    paused_by: str
    seen_at: datetime
    made_by: str
    made_at: datetime
    changed_by: str
    changed_at: datetime


@dataclass(frozen=True)
class ScheduleRun:
    """A time at which a schedule was to run, and what became of it.

    cause: `time`, `made up for`, `asked for by …`, `change …`. why: why it is as it is. deadline_at: when its window
    closes. targets: how many jobs it has; None until they are chosen. chosen: (account, region, type, id) of the only
    items that it may be about; None for all that fit.
    """

    id: str
    schedule: str
    kind: str
    due_at: datetime
    cause: str
    status: RunStatus = RunStatus.RUNNING
    why: str = ""
    targets: int | None = None
    chosen: tuple[tuple[str, str, str, str], ...] | None = None
    deadline_at: datetime | None = None
    made_at: datetime | None = None
    ended_at: datetime | None = None


def run_id(schedule: str, *occasion: str) -> str:
    """The id of a schedule's run on an occasion: a time, or a change's number."""
    return key_of("schedule", schedule, *occasion)


def add_schedule(connection: Connection, name: str, text: str, by: str, at: datetime) -> Kept:
    """Keep a new schedule; its times count from now on. Raises ScheduleChanged if there is one of that name."""
    if get_schedule(connection, name) is not None:
        raise ScheduleChanged(f"There is a schedule '{name}' already: replace it, or choose another name")
    kept = Kept(name, text, 1, "", at, by, at, by, at)
    connection.execute(insert(SCHEDULES), _row(kept))
    _tell(connection, name, "made", by)
    return kept


def change_schedule(
    connection: Connection,
    kept: Kept,
    by: str,
    at: datetime,
    *,
    text: str | None = None,
    paused_by: str | None = None,
) -> Kept:
    """Replace a schedule's text, or let it rest or go on. Raises ScheduleChanged if it is not as it was read.

    What came while it rested, or under its old text, is past: its times count from now on.
    """
    changed = replace(
        kept,
        text=kept.text if text is None else text,
        paused_by=kept.paused_by if paused_by is None else paused_by,
        revision=kept.revision + 1,
        seen_at=at,
        changed_by=by,
        changed_at=at,
    )
    where = (SCHEDULES.c.name == kept.name, SCHEDULES.c.revision == kept.revision)
    if connection.execute(update(SCHEDULES).where(*where).values(_row(changed))).rowcount != 1:
        raise ScheduleChanged(f"The schedule '{kept.name}' was changed meanwhile: read it again")
    _tell(connection, kept.name, "changed", by)
    return changed


def delete_schedule(connection: Connection, kept: Kept, by: str, at: datetime) -> None:
    """Forget a schedule, and cancel what of it goes on; what it did stays. Raises ScheduleChanged."""
    where = (SCHEDULES.c.name == kept.name, SCHEDULES.c.revision == kept.revision)
    if connection.execute(delete(SCHEDULES).where(*where)).rowcount != 1:
        raise ScheduleChanged(f"The schedule '{kept.name}' was changed meanwhile: read it again")
    for run in open_runs(connection, kept.name):
        end_run(connection, run, RunStatus.CANCELLED, f"{by} deleted the schedule", at)
    _tell(connection, kept.name, "deleted", by)


def get_schedule(connection: Connection, name: str) -> Kept | None:
    """One schedule; None if there is none of that name."""
    return next(iter(_kept(connection, SCHEDULES.c.name == name)), None)


def list_schedules(connection: Connection) -> list[Kept]:
    """Every schedule, by name."""
    return _kept(connection)


def see_to(connection: Connection, kept: Kept, at: datetime) -> bool:
    """Note that a schedule's times were seen to up to a moment; False if somebody else did, or changed it."""
    where = (
        SCHEDULES.c.name == kept.name,
        SCHEDULES.c.revision == kept.revision,
        SCHEDULES.c.seen_at == kept.seen_at,
    )
    return connection.execute(update(SCHEDULES).where(*where).values(seen_at=at)).rowcount == 1


def add_run(connection: Connection, run: ScheduleRun) -> bool:
    """Keep a run; False, and nothing changes, if its occasion has one already."""
    if connection.scalar(select(SCHEDULE_RUNS.c.id).where(SCHEDULE_RUNS.c.id == run.id)) is not None:
        return False
    insert_new(SCHEDULE_RUNS, [_run_row(run)], connection)
    _forget(connection, run.schedule)
    _tell(connection, run.schedule, run.status, run.cause)
    return True


def keep_run(connection: Connection, run: ScheduleRun) -> None:
    """Keep what a run has become."""
    connection.execute(update(SCHEDULE_RUNS).where(SCHEDULE_RUNS.c.id == run.id).values(_run_row(run)))
    _tell(connection, run.schedule, run.status, run.why)


def end_run(connection: Connection, run: ScheduleRun, status: RunStatus, why: str, at: datetime) -> ScheduleRun:
    """End a run; jobs of it that have not ended are cancelled."""
    jobs = SCHEDULE_JOBS.c
    left = (jobs.run == run.id, jobs.status.in_((JobStatus.WAITING, JobStatus.RUNNING)))
    cancelled = {"status": JobStatus.CANCELLED, "note": why, "lease": "", "lease_until": None, "ended_at": at}
    connection.execute(update(SCHEDULE_JOBS).where(*left).values(cancelled))
    ended = replace(run, status=status, why=why, ended_at=at)
    keep_run(connection, ended)
    return ended


def get_run(connection: Connection, id_: str) -> ScheduleRun | None:
    """One run; None if there is none of that id."""
    return next(iter(_runs(connection, SCHEDULE_RUNS.c.id == id_)), None)


def open_runs(connection: Connection, schedule: str = "") -> list[ScheduleRun]:
    """The runs that go on or rest, the oldest first; of one schedule, or of all."""
    own = [SCHEDULE_RUNS.c.schedule == schedule] if schedule else []
    return _runs(connection, SCHEDULE_RUNS.c.is_ended == 0, *own)


def list_runs(connection: Connection, schedule: str, limit: int = 20) -> list[ScheduleRun]:
    """The runs of a schedule, the newest first."""
    query = select(SCHEDULE_RUNS).where(SCHEDULE_RUNS.c.schedule == schedule)
    order = (SCHEDULE_RUNS.c.due_at.desc(), SCHEDULE_RUNS.c.made_at.desc(), SCHEDULE_RUNS.c.id)
    return [_run(row) for row in connection.execute(query.order_by(*order).limit(limit))]


def runs_beginning(connection: Connection, beginning: str, limit: int = 5) -> list[ScheduleRun]:
    """The runs whose ids begin so."""
    query = select(SCHEDULE_RUNS).where(SCHEDULE_RUNS.c.id.startswith(beginning, autoescape=True))
    return [_run(row) for row in connection.execute(query.order_by(SCHEDULE_RUNS.c.id).limit(limit))]


def _forget(connection: Connection, schedule: str) -> None:
    """Drop the oldest runs that have ended, with their jobs, where there are many."""
    query = select(SCHEDULE_RUNS.c.id).where(SCHEDULE_RUNS.c.schedule == schedule, SCHEDULE_RUNS.c.is_ended == 1)
    order = (SCHEDULE_RUNS.c.due_at.desc(), SCHEDULE_RUNS.c.id)
    old: Sequence[str] = connection.scalars(query.order_by(*order).offset(KEPT_RUNS).limit(100)).all()
    if old:
        connection.execute(delete(SCHEDULE_JOBS).where(SCHEDULE_JOBS.c.run.in_(old)))
        connection.execute(delete(SCHEDULE_RUNS).where(SCHEDULE_RUNS.c.id.in_(old)))


def _kept(connection: Connection, *where: Any) -> list[Kept]:
    rows = connection.execute(select(SCHEDULES).where(*where).order_by(SCHEDULES.c.name))
    same = ("revision", "paused_by", "seen_at", "made_by", "made_at", "changed_by", "changed_at")
    return [Kept(row.name, row.body, *(getattr(row, name) for name in same)) for row in rows]


def _row(kept: Kept) -> dict[str, Any]:
    row = dict(vars(kept))
    return row | {"body": row.pop("text")}


def _runs(connection: Connection, *where: Any) -> list[ScheduleRun]:
    query = select(SCHEDULE_RUNS).where(*where).order_by(SCHEDULE_RUNS.c.due_at, SCHEDULE_RUNS.c.id)
    return [_run(row) for row in connection.execute(query)]


def _run(row: Any) -> ScheduleRun:
    same = ("id", "schedule", "kind", "due_at", "cause", "why", "targets", "deadline_at", "made_at", "ended_at")
    chosen = None if row.chosen is None else tuple((a, r, t, i) for a, r, t, i in row.chosen)
    said = {name: getattr(row, name) for name in same}
    return ScheduleRun(**said, status=RunStatus(row.status), chosen=chosen)


def _run_row(run: ScheduleRun) -> dict[str, Any]:
    made = run.made_at or datetime.now(UTC)
    return vars(run) | {"is_ended": int(run.status.is_ended), "made_at": made}


def _tell(connection: Connection, schedule: str, what: str, why: str) -> None:
    tell(connection, TOPIC, [(schedule, {"schedule": schedule, "what": str(what), "why": why[:500]})])
