"""The jobs of schedules' runs in the ledger: one process does a job at a time, and no more at once than is allowed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, func, select, update

from nephoscope.model.finding import ResourceRef
from nephoscope.model.schedule import Job, JobStatus, RunStatus
from nephoscope.store.ledger import insert_new
from nephoscope.store.schedule_tables import SCHEDULE_JOBS, SCHEDULE_RUNS
from nephoscope.store.tables import key_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from sqlalchemy import Connection

    from nephoscope.model.schedule import Limits
    from nephoscope.store.schedules import ScheduleRun

JOBS, RUNS = SCHEDULE_JOBS.c, SCHEDULE_RUNS.c
LEASE = timedelta(seconds=60)
MOST_ATTEMPTS = 3  # a job under which the process ended so often is not begun again
AT_ONCE = 1_000
ENDED = "it was begun three times, and the process ended each time before it did"


@dataclass(frozen=True)
class Planned:
    """A target of a run. group: what it belongs to, for the limits; not_before: when its job may begin."""

    target: ResourceRef
    not_before: datetime
    group: str = ""
    priority: int = 5


@dataclass
class Busy:
    """What jobs run now, counted for the limits."""

    schedules: Counter[str] = field(default_factory=Counter[str])
    accounts: Counter[str] = field(default_factory=Counter[str])
    regions: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    groups: Counter[str] = field(default_factory=Counter[str])
    targets: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    def add(self, row: Any) -> None:
        """Count a job that runs."""
        self.schedules[row.schedule] += 1
        self.accounts[row.account] += 1
        self.regions[row.account, row.region] += 1
        self.groups[row.label] += 1
        self.targets.add((row.kind, row.target))

    def allows(self, row: Any, limits: Limits) -> bool:
        """Whether one more like this may run; what belongs to no account, region or group is not limited by it."""
        counted = (
            (limits.schedule, self.schedules[row.schedule]),
            (limits.account if row.account else 0, self.accounts[row.account]),
            (limits.region if row.region else 0, self.regions[row.account, row.region]),
            (limits.group if row.label else 0, self.groups[row.label]),
        )
        return all(not most or now < most for most, now in counted)


def add_jobs(connection: Connection, run: ScheduleRun, planned: Iterable[Planned]) -> int:
    """Keep the jobs of a run; those that are there already stay as they are. Answers how many were given."""
    rows = [_row(run, each) for each in planned]
    for start in range(0, len(rows), AT_ONCE):
        insert_new(SCHEDULE_JOBS, rows[start : start + AT_ONCE], connection)
    return len(rows)


def waiting_targets(connection: Connection, schedule: str) -> set[str]:
    """The keys of the targets of which a job of a schedule waits to begin."""
    query = select(JOBS.target).where(JOBS.schedule == schedule, JOBS.status == JobStatus.WAITING)
    return set(connection.scalars(query))


def target_key(target: ResourceRef) -> str:
    """A target's key, of whatever length its parts are."""
    return key_of(target.account, target.region, target.type, target.id)


def claim_job(
    connection: Connection,
    lease: str,
    limits: Mapping[str, Limits],
    now: datetime,
    is_alive: Callable[[str], bool] = lambda _: True,
) -> Job | None:
    """Take the job that is to begin next; None if none may.

    The greatest priority goes first, then what has waited longest. limits: of each schedule whose jobs may begin.
    is_alive: whether who holds a lease that has not ended still lives.
    """
    busy, left = _busy(connection, now, is_alive)
    for row in left:
        is_over = row.attempt >= MOST_ATTEMPTS
        over = {"status": JobStatus.FAILED, "note": ENDED, "ended_at": now} if is_over else {}
        free = {"status": JobStatus.WAITING, "lease": "", "lease_until": None} | over
        connection.execute(update(SCHEDULE_JOBS).where(JOBS.id == row.id).values(free))
    found = _next(connection, busy, limits, now)
    return None if found is None else _taken(connection, found, lease, now)


def has_work(
    connection: Connection,
    limits: Mapping[str, Limits],
    now: datetime,
    is_alive: Callable[[str], bool] = lambda _: True,
) -> bool:
    """Whether there is a job to begin, or to take over from a process that has ended; changes nothing."""
    busy, left = _busy(connection, now, is_alive)
    return bool(left) or _next(connection, busy, limits, now) is not None


def _busy(connection: Connection, now: datetime, is_alive: Callable[[str], bool]) -> tuple[Busy, list[Any]]:
    """What runs, counted, and the jobs of processes that have ended."""
    busy, left = Busy(), list[Any]()
    for row in connection.execute(select(SCHEDULE_JOBS).where(JOBS.status == JobStatus.RUNNING)):
        if row.lease_until is not None and row.lease_until > now and is_alive(row.lease):
            busy.add(row)
        else:
            left.append(row)
    return busy, left


def _next(connection: Connection, busy: Busy, limits: Mapping[str, Limits], now: datetime) -> Any:
    """The job that is to begin next: of the jobs alike, that is of one place and group, the first that may."""
    in_time = RUNS.deadline_at.is_(None) | (RUNS.deadline_at > now)
    going_on = select(RUNS.id).where(RUNS.is_ended == 0, RUNS.status == RunStatus.RUNNING, in_time)
    runs = list(connection.scalars(going_on))
    wanted = (JOBS.status == JobStatus.WAITING, JOBS.not_before <= now, JOBS.run.in_(runs))
    alike = (JOBS.schedule, JOBS.account, JOBS.region, JOBS.label)
    query = select(*alike, func.max(JOBS.priority)).where(*wanted).group_by(*alike)
    order = (func.max(JOBS.priority).desc(), func.min(JOBS.not_before), *alike)
    for row in connection.execute(query.order_by(*order)).all() if runs else ():
        if row.schedule not in limits or not busy.allows(row, limits[row.schedule]):
            continue
        same = (column == value for column, value in zip(alike, row, strict=False))
        jobs = select(SCHEDULE_JOBS).where(*wanted, *same).order_by(JOBS.priority.desc(), JOBS.not_before, JOBS.id)
        for job in connection.execute(jobs.limit(len(busy.targets) + 1)):
            if (job.kind, job.target) not in busy.targets:
                return job
    return None


def _taken(connection: Connection, row: Any, lease: str, now: datetime) -> Job:
    taken = {"status": JobStatus.RUNNING, "lease": lease, "lease_until": now + LEASE, "attempt": row.attempt + 1}
    taken["started_at"] = row.started_at or now
    connection.execute(update(SCHEDULE_JOBS).where(JOBS.id == row.id).values(taken))
    return _job(connection.execute(select(SCHEDULE_JOBS).where(JOBS.id == row.id)).one())


def renew_job(connection: Connection, job: str, lease: str, now: datetime) -> bool:
    """Go on with a job; False if it is somebody else's now, or cancelled."""
    change = update(SCHEDULE_JOBS).where(JOBS.id == job, JOBS.lease == lease)
    return connection.execute(change.values(lease_until=now + LEASE)).rowcount == 1


def may_go_on(connection: Connection, job: str, lease: str) -> bool:
    """Whether a job is still held by who has this lease, and its run goes on."""
    query = select(RUNS.status).join(SCHEDULE_JOBS, RUNS.id == JOBS.run)
    return connection.scalar(query.where(JOBS.id == job, JOBS.lease == lease)) == RunStatus.RUNNING


def rest_job(connection: Connection, job: str, lease: str, place: Any, note: str = "") -> bool:
    """Let a job rest where it is, so that whoever comes next goes on from there; False if it is somebody else's."""
    rests = {"status": JobStatus.WAITING, "lease": "", "lease_until": None, "attempt": 0, "place": place, "note": note}
    return connection.execute(update(SCHEDULE_JOBS).where(*_held(job, lease)).values(rests)).rowcount == 1


def end_job(connection: Connection, job: str, lease: str, status: JobStatus, note: str, now: datetime) -> bool:
    """End a job; False, and nothing changes, if it is somebody else's."""
    ended = {"status": status, "note": note, "lease": "", "lease_until": None, "ended_at": now}
    return connection.execute(update(SCHEDULE_JOBS).where(*_held(job, lease)).values(ended)).rowcount == 1


def _held(job: str, lease: str) -> tuple[Any, ...]:
    return (JOBS.id == job, JOBS.lease == lease, JOBS.status == JobStatus.RUNNING)


def runs_without_work(connection: Connection) -> list[str]:
    """The ids of runs that have not ended, whose jobs were chosen and have all ended."""
    left = exists().where(JOBS.run == RUNS.id, JOBS.status.in_((JobStatus.WAITING, JobStatus.RUNNING)))
    return list(connection.scalars(select(RUNS.id).where(RUNS.is_ended == 0, RUNS.targets.is_not(None), ~left)))


def count_jobs(connection: Connection, runs: Collection[str]) -> dict[str, dict[str, int]]:
    """How many jobs each run has, by status."""
    query = select(JOBS.run, JOBS.status, func.count()).where(JOBS.run.in_(list(runs)))
    found: dict[str, dict[str, int]] = {run: {} for run in runs}
    for run, status, count in connection.execute(query.group_by(JOBS.run, JOBS.status)):
        found[run][status] = int(count)
    return found


def list_jobs(connection: Connection, run: str, *, status: str = "", limit: int = 1_000) -> list[Job]:
    """The jobs of a run, those that began first before the others."""
    query = select(SCHEDULE_JOBS).where(JOBS.run == run)
    query = query.where(JOBS.status == status) if status else query
    return [_job(row) for row in connection.execute(query.order_by(JOBS.not_before, JOBS.id).limit(limit))]


def _job(row: Any) -> Job:
    target = ResourceRef(row.type, row.resource_id, row.account, row.region)
    said = (row.id, row.run, row.schedule, row.kind, target, row.label, row.priority, row.not_before)
    rest = (row.attempt, row.note, row.place, row.started_at, row.ended_at)
    return Job(*said, JobStatus(row.status), *rest)


def _row(run: ScheduleRun, planned: Planned) -> dict[str, Any]:
    target, key = planned.target, target_key(planned.target)
    return {
        "id": key_of("job", run.id, key),
        "run": run.id,
        "schedule": run.schedule,
        "kind": run.kind,
        "target": key,
        "type": target.type,
        "resource_id": target.id,
        "account": target.account,
        "region": target.region,
        "label": planned.group,
        "priority": planned.priority,
        "not_before": planned.not_before,
        "status": JobStatus.WAITING,
        "attempt": 0,
        "note": "",
        "place": None,
        "lease": "",
        "lease_until": None,
        "started_at": None,
        "ended_at": None,
    }
