"""SCHEDULES ─► jobs: what is due is recorded once, its targets are chosen, its jobs begin, rest and go on.

Each step is one transaction that reads what it decides on: a process may end between any two of them, and two may race.
First a time is noted with its run; then the run's targets are chosen; then jobs are done (`schedule_work.py`); then the
run ends. A run rests outside of its window, in a blackout, and while its schedule is paused.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from nephoscope.expression import Expression, compile_expression
from nephoscope.keep import keep_gaps
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import ContentError, NephoscopeError
from nephoscope.model.schedule import JobStatus, Kind, RunStatus, Schedule
from nephoscope.pipeline.schedule_kinds import DO, KINDS
from nephoscope.pipeline.schedule_targets import targets_of
from nephoscope.respond.facts import SCHEMAS
from nephoscope.scan.schedule import Timetable, spread, timetable
from nephoscope.scan.schedule_document import Known, parse_schedule
from nephoscope.store.gaps import close_gaps, list_gaps, record_gaps
from nephoscope.store.item_list import FIELDS
from nephoscope.store.schedule_jobs import (
    Planned,
    add_jobs,
    count_jobs,
    list_jobs,
    runs_without_work,
    target_key,
    waiting_targets,
)
from nephoscope.store.schedules import (
    Kept,
    ScheduleRun,
    add_run,
    end_run,
    get_run,
    keep_run,
    list_schedules,
    open_runs,
    run_id,
    see_to,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sqlalchemy import Connection

    from nephoscope.keep import Stores
    from nephoscope.model.schedule import Limits

AREA = "schedule"
BACKWARDS = timedelta(minutes=5)  # a clock that went back further is believed
NOTED = timedelta(minutes=15)  # so often is noted that nothing was due
GAPS = 1_000  # of one run
LATE, TIME, ASKED = "made up for", "time", "asked for by "
CLOSED = "its window has closed: it goes on in the next one"


def known(here: Iterable[str] = tuple(DO)) -> Known:
    """What documents are checked against. here: the kinds that this installation can do."""
    able = set(here)
    return Known({each.name: replace(each, is_here=each.name in able) for each in KINDS}, SCHEMAS, FIELDS)


@dataclass(frozen=True)
class Ready:
    """A schedule that was read. condition: of what sets it off."""

    kept: Kept
    table: Timetable
    condition: Expression | None

    @property
    def schedule(self) -> Schedule:
        return self.table.schedule


def read_schedule(kept: Kept, by: Known) -> Ready:
    """A kept schedule, read. Raises ContentError."""
    schedule = parse_schedule(kept.text, by, kept.name)
    on = schedule.on
    condition = compile_expression(on.when, by.schemas[on.topic], kept.name) if on else None
    return Ready(kept, timetable(schedule, kept.name), condition)


@dataclass
class Schedules:
    """SCHEDULES ─► jobs.

    here: the kinds that this installation can do. clock: now, aware UTC. limits: how much each schedule allows at once,
    once it was seen to.
    """

    stores: Stores
    here: tuple[str, ...] = tuple(DO)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    limits: Mapping[str, Limits] = field(default_factory=dict[str, "Limits"], init=False)
    _read: dict[tuple[str, int], Ready | ContentError] = field(
        default_factory=dict[tuple[str, int], "Ready | ContentError"], init=False
    )
    _failing: set[str] = field(default_factory=set[str], init=False)

    def round(self) -> bool:
        """One round: what is due, what goes on or rests, what has ended."""
        now, ready = self.clock(), self.ready()
        self._end(now)  # what has ended since keeps nothing from beginning
        for name, each in ready.items():
            self._guarded(f"{name}: times", lambda each=each: self._see_to(each, now))
        self._go_on(ready, now)
        for run in self._unchosen():
            if each := ready.get(run.schedule):
                self._guarded(f"{run.schedule}: targets", lambda each=each, run=run: self._choose(each, run, now))
        self._end(now)
        self.limits = {name: each.schedule.at_once for name, each in ready.items()}
        return False

    def ready(self) -> dict[str, Ready]:
        """Every schedule that can be read, by name; those that cannot are coverage entries."""
        with self.stores.ledger.read() as connection:
            kept = list_schedules(connection)
        fresh = [each for each in kept if (each.name, each.revision) not in self._read]
        self._read = {
            key: self._read[key] for key in ((each.name, each.revision) for each in kept) if key in self._read
        }
        by = known(self.here)
        for each in fresh:
            try:
                self._read[each.name, each.revision] = read_schedule(each, by)
            except ContentError as error:
                self._read[each.name, each.revision] = error
            self._tell(each.name, self._read[each.name, each.revision])
        found = ((each, self._read[each.name, each.revision]) for each in kept)
        return {each.name: replace(read, kept=each) for each, read in found if isinstance(read, Ready)}

    def _tell(self, name: str, read: Ready | ContentError) -> None:
        gap = Gap(AREA, name, str(read) if isinstance(read, ContentError) else "")
        well = [gap, Gap(AREA, f"{name}: times", ""), Gap(AREA, f"{name}: targets", "")]
        keep_gaps(self.stores, [gap] if gap.cause else [], [] if gap.cause else well)

    def _guarded(self, what: str, do: Callable[[], None]) -> None:
        """Do something for one schedule; what fails is a coverage entry until it does well, and the others go on."""
        gap = Gap(AREA, what, "")
        try:
            do()
        except Exception as error:  # noqa: BLE001 - the boundary of one schedule: it becomes a gap, the others go on
            known_as = "" if isinstance(error, NephoscopeError) else f"{type(error).__name__}: "
            keep_gaps(self.stores, [replace(gap, cause=f"{known_as}{error}")])
            self._failing.add(what)
        else:
            if what in self._failing:
                keep_gaps(self.stores, [], [gap])
            self._failing.discard(what)

    def _see_to(self, ready: Ready, now: datetime) -> None:
        """Record what has come since the last round, once."""
        kept = ready.kept
        if kept.paused_by:
            return
        due = ready.table.due(kept.seen_at, now)
        is_calm = not (due.fresh or due.late or due.missed)
        if is_calm and -NOTED < kept.seen_at - now < BACKWARDS:
            return
        with self.stores.ledger.write() as connection:
            if not see_to(connection, kept, now):
                return  # another process did, or it was changed
            if due.missed and due.last_missed:
                why = f"{due.missed} could not begin in time, this one the last" if due.missed > 1 else ""
                missed = self._run(ready, due.last_missed, RunStatus.MISSED, why or "it could not begin in time")
                self._record(connection, missed)
            is_free = not _of_all(open_runs(connection, kept.name))
            for at in due.late:
                self._fire(connection, ready, at, now, LATE, is_free=is_free)
            for at in due.fresh:
                is_free = not _of_all(open_runs(connection, kept.name))
                self._fire(connection, ready, at, now, TIME, is_free=is_free)

    def _fire(
        self, connection: Connection, ready: Ready, at: datetime, now: datetime, cause: str, *, is_free: bool
    ) -> None:
        """Begin the run of a time, or say why not; what rests since its window has closed goes on in this one."""
        blackout, window = ready.table.blackout_at(at), ready.schedule.window
        deadline = at + window if window else None
        if blackout:
            run = self._run(ready, at, RunStatus.SWALLOWED, f"the blackout {blackout}")
        elif deadline and deadline <= now:
            run = self._run(ready, at, RunStatus.MISSED, "its window had closed before it could begin")
        else:
            goes_on = self._continued(connection, ready, deadline, now)
            run = replace(self._run(ready, at, RunStatus.RUNNING), deadline_at=deadline)
            run = run if is_free else self._run(ready, at, RunStatus.SKIPPED, goes_on)
        self._record(connection, replace(run, cause=cause))

    def _record(self, connection: Connection, run: ScheduleRun) -> None:
        """Keep a time's run; one that was missed is a coverage entry until a later one has ended."""
        is_new = add_run(connection, run)
        if is_new and run.status is RunStatus.MISSED:
            cause = f"the run of {run.due_at:%Y-%m-%d %H:%M} UTC: {run.why}"
            record_gaps(connection, [Gap(AREA, f"{run.schedule}: missed", cause)])

    def _continued(self, connection: Connection, ready: Ready, deadline: datetime | None, now: datetime) -> str:
        """Give runs that rest since their window has closed the new one; says what goes on instead of a new run."""
        said = "an earlier run still goes on"
        for run in open_runs(connection, ready.kept.name):
            if run.deadline_at and run.deadline_at <= now:
                keep_run(connection, replace(run, status=RunStatus.RUNNING, why="", deadline_at=deadline))
                said = f"the run of {run.due_at:%Y-%m-%d %H:%M} goes on in this window" if run.chosen is None else said
        return said

    def _run(self, ready: Ready, at: datetime, status: RunStatus, why: str = "") -> ScheduleRun:
        schedule, now = ready.schedule, self.clock()
        id_ = run_id(schedule.name, "time", at.isoformat())
        ended = now if status.is_ended else None
        return ScheduleRun(
            id_, schedule.name, schedule.kind, at, TIME, status, why, 0 if ended else None, made_at=now, ended_at=ended
        )

    def _unchosen(self) -> list[ScheduleRun]:
        with self.stores.ledger.read() as connection:
            return [run for run in open_runs(connection) if run.targets is None and run.status is RunStatus.RUNNING]

    def _choose(self, ready: Ready, run: ScheduleRun, now: datetime) -> None:
        """Choose a run's targets as they are now, and plan their jobs."""
        schedule = ready.schedule
        found = targets_of(schedule, kind_of(schedule), self.stores.lake, now, run.chosen)
        begins = run.made_at or now
        is_spread = not run.cause.startswith(ASKED)
        planned = [
            Planned(target, begins + is_spread * spread(schedule, target_key(target)), group, schedule.priority)
            for target, group in found
        ]
        with self.stores.ledger.write() as connection:
            current = get_run(connection, run.id)
            if current is None or current.targets is not None or current.status.is_ended:
                return  # another process did, or it was cancelled
            if run.chosen is not None:  # a job that waits to begin will see the change too
                waits = waiting_targets(connection, schedule.name)
                planned = [each for each in planned if target_key(each.target) not in waits]
            keep_run(connection, replace(current, targets=add_jobs(connection, current, planned)))

    def _go_on(self, ready: Mapping[str, Ready], now: datetime) -> None:
        """Let runs rest that may not work now, and go on that may again."""
        with self.stores.ledger.read() as connection:
            open_ = open_runs(connection)
        runs = [run for run in open_ if _judged(run, ready.get(run.schedule), now) != (run.status, run.why)]
        if not runs:
            return
        with self.stores.ledger.write() as connection:
            for run in runs:
                if get_run(connection, run.id) != run:
                    continue  # another process did, or it has ended
                status, why = _judged(run, ready.get(run.schedule), now)
                if status.is_ended:
                    end_run(connection, run, status, why, now)
                    record_gaps(connection, [Gap(AREA, f"{run.schedule}: window", why)])
                else:
                    keep_run(connection, replace(run, status=status, why=why))

    def _end(self, now: datetime) -> None:
        """End the runs whose jobs have all ended; those that failed are coverage entries until one does well."""
        with self.stores.ledger.read() as connection:
            if not runs_without_work(connection):
                return
        with self.stores.ledger.write() as connection:
            ids = runs_without_work(connection)
            counts = count_jobs(connection, ids)
            for run in filter(None, (get_run(connection, id_) for id_ in ids)):
                failed, all_ = counts[run.id].get(JobStatus.FAILED, 0), sum(counts[run.id].values())
                why = f"{failed} of {all_} failed" if failed else "" if all_ else "nothing fits"
                end_run(connection, run, RunStatus.FAILED if failed else RunStatus.DONE, why, now)
                self._report(connection, run)

    def _report(self, connection: Connection, run: ScheduleRun) -> None:
        failed = [
            job_gap(run.schedule, job.target.type, job.target.id, job.target.account, job.target.region, job.note)
            for job in list_jobs(connection, run.id, status=JobStatus.FAILED, limit=GAPS)
        ]
        record_gaps(connection, failed)
        if run.chosen is None:  # it was about all that fit: what else had failed is gone, or did well
            still = {gap.key for gap in failed}
            before = list_gaps(connection, area=AREA, limit=100_000)
            gone = [each.gap.key for each in before if each.gap.subject.startswith(f"{run.schedule}: ")]
            close_gaps(connection, [key for key in gone if key not in still])


def kind_of(schedule: Schedule) -> Kind:
    """The kind of a schedule that was read."""
    return next(each for each in KINDS if each.name == schedule.kind)


def _of_all(runs: Iterable[ScheduleRun]) -> list[ScheduleRun]:
    """The runs that are about all that fits; those that a change set off are about what changed."""
    return [run for run in runs if run.chosen is None]


def job_gap(schedule: str, type_: str, id_: str, account: str, region: str, cause: str) -> Gap:
    """The coverage entry of a target that could not be looked at."""
    return Gap(AREA, f"{schedule}: {type_} {id_}", cause, account, region)


def _judged(run: ScheduleRun, ready: Ready | None, now: datetime) -> tuple[RunStatus, str]:
    """Whether an open run may work now, or why it rests, or has to end."""
    if ready is None:
        return RunStatus.PAUSED, "its schedule cannot be read"
    if ready.kept.paused_by:
        return RunStatus.PAUSED, f"{ready.kept.paused_by} paused the schedule"
    blackout = ready.table.blackout_at(now)
    if blackout:
        return RunStatus.PAUSED, f"the blackout {blackout}"
    if run.deadline_at and run.deadline_at <= now:
        if not ready.table.next_runs(now, 1):
            return RunStatus.FAILED, "its last window has closed, and not all was done"
        return RunStatus.PAUSED, CLOSED
    return RunStatus.RUNNING, ""


def ask_for_run(connection: Connection, schedule: Schedule, by: str, now: datetime) -> ScheduleRun:
    """Have a schedule run now, beside its times; its targets are chosen by whoever does it."""
    deadline = now + schedule.window if schedule.window else None
    id_ = run_id(schedule.name, "asked", os.urandom(16).hex())
    run = ScheduleRun(id_, schedule.name, schedule.kind, now, f"{ASKED}{by}", deadline_at=deadline, made_at=now)
    add_run(connection, run)
    return run


def close_schedule_gaps(connection: Connection, name: str) -> None:
    """Close what is open of a schedule that is deleted."""
    open_ = list_gaps(connection, area=AREA, limit=100_000)
    own = [each.gap.key for each in open_ if each.gap.subject == name or each.gap.subject.startswith(f"{name}: ")]
    close_gaps(connection, own)
