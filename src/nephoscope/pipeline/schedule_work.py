"""Jobs of schedules ─► what they look at: one job at a time in each thread that does them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nephoscope.jobs import Job as Round
from nephoscope.keep import keep_gaps
from nephoscope.model.errors import NephoscopeError, Stopped
from nephoscope.model.schedule import JobStatus, Outcome
from nephoscope.pipeline.leases import held, is_alive, lease_name
from nephoscope.pipeline.schedule_changes import ScheduleChanges
from nephoscope.pipeline.schedule_kinds import doing
from nephoscope.pipeline.schedules import Schedules, job_gap
from nephoscope.store.schedule_jobs import claim_job, end_job, has_work, may_go_on, renew_job, rest_job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from nephoscope.keep import Stores
    from nephoscope.model.coverage import Gap
    from nephoscope.model.schedule import Do, Job, Limits
    from nephoscope.pipeline.schedule_kinds import Workshop

RENEW_S = 15.0
ASK_S = 1.0
EVERY_S = 1.0


@dataclass
class ScheduleWork:
    """Jobs of schedules ─► what they look at.

    does: what a job of each kind does; limits: how much each schedule allows at once. A job that ends while nobody
    could record it is done again: what it keeps is the same twice.
    """

    stores: Stores
    does: Mapping[str, Do]
    limits: Callable[[], Mapping[str, Limits]]
    is_stopping: Callable[[], bool] = lambda: False
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    def round(self) -> bool:
        """Do one job, if one may begin; answers whether there was one."""
        lease = lease_name()
        with self.stores.ledger.read() as connection:
            if not has_work(connection, self.limits(), self.clock(), is_alive):
                return False
        with self.stores.ledger.write() as connection:
            job = claim_job(connection, lease, self.limits(), self.clock(), is_alive)
        if job is None:
            return False
        with held(lambda: self._renew(job, lease), RENEW_S):
            self._do(replace(job, stops=self._asking(job, lease)), lease)
        return not self.is_stopping()

    def _do(self, job: Job, lease: str) -> None:
        try:
            outcome = self.does[job.kind](job)
        except Stopped:
            outcome = Outcome("it rests", is_paused=True, place=job.place)
        except Exception as error:  # noqa: BLE001 - the boundary of one job: it becomes a gap, the others go on
            self._fail(job, lease, error)
            return
        if outcome.is_paused:
            with self.stores.ledger.write() as connection:
                rest_job(connection, job.id, lease, outcome.place, outcome.note)
            return
        if self._end(job, lease, JobStatus.DONE, outcome.note):
            keep_gaps(self.stores, outcome.gaps, [self._gap(job, "")])

    def _fail(self, job: Job, lease: str, error: Exception) -> None:
        known_as = "" if isinstance(error, NephoscopeError) else f"{type(error).__name__}: "
        note = f"{known_as}{error}"
        if self._end(job, lease, JobStatus.FAILED, note):
            gap = replace(self._gap(job, note), permission=getattr(error, "permission", ""))
            keep_gaps(self.stores, [gap])

    def _end(self, job: Job, lease: str, status: JobStatus, note: str) -> bool:
        with self.stores.ledger.write() as connection:
            return end_job(connection, job.id, lease, status, note, self.clock())

    def _gap(self, job: Job, cause: str) -> Gap:
        target = job.target
        return job_gap(job.schedule, target.type, target.id, target.account, target.region, cause)

    def _renew(self, job: Job, lease: str) -> None:
        with self.stores.ledger.write() as connection:
            renew_job(connection, job.id, lease, self.clock())

    def _asking(self, job: Job, lease: str) -> Callable[[], bool]:
        """Whether a job is to rest; the ledger is asked once in a second at most."""
        last = [0.0, False]

        def stops() -> bool:
            if self.is_stopping():
                return True
            if time.monotonic() - last[0] > ASK_S:
                with self.stores.ledger.read() as connection:
                    last[:] = time.monotonic(), not may_go_on(connection, job.id, lease)
            return bool(last[1])

        return stops


def scheduled(shop: Workshop, workers: int, is_stopping: Callable[[], bool]) -> Iterator[Round]:
    """What sees to schedules and to the changes that set them off, and what does their jobs, so many at once."""
    schedules = Schedules(shop.stores)
    changes = ScheduleChanges(schedules)
    yield Round("schedules", lambda: schedules.round() or changes.round(), EVERY_S)
    for number in range(workers):
        work = ScheduleWork(shop.stores, doing(shop), lambda: schedules.limits, is_stopping)
        yield Round(f"scheduled {number + 1}", work.round, EVERY_S)
