"""What runs when: a thread per job, each repeated at its pace, each stopping when asked.

A job is a function of ours that does one round. What it raises ends the round, not the job: it becomes a coverage
entry, and the next round comes later and later until one succeeds.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nephoscope.model.coverage import Gap
from nephoscope.model.errors import NephoscopeError, Stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LONGEST_PAUSE_S = 300.0
STOP_WITHIN_S = 20.0


@dataclass(frozen=True)
class Job:
    """One round of something, again every `every_s` seconds, or at once while a round says there is more.

    round: does the work, and answers whether more is waiting.
    """

    name: str
    round: Callable[[], bool]
    every_s: float


@dataclass
class Jobs:
    """Running jobs.

    failed: told of each round that raised; recovered: of the first round after it, and of all, that did not. Neither
    may raise.
    """

    jobs: Iterable[Job]
    failed: Callable[[Gap], None]
    recovered: Callable[[Gap], None]
    _stopping: threading.Event = field(default_factory=threading.Event, init=False)
    _threads: list[threading.Thread] = field(default_factory=list[threading.Thread], init=False)
    _wake: dict[str, threading.Event] = field(default_factory=dict[str, threading.Event], init=False)

    def start(self) -> None:
        """Start every job in a thread of its own."""
        for job in self.jobs:
            self._wake[job.name] = threading.Event()
            thread = threading.Thread(target=self._repeat, args=(job,), name=job.name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def wake(self, name: str) -> None:
        """Let a job's next round begin now."""
        if name in self._wake:
            self._wake[name].set()

    def stop(self) -> list[str]:
        """Ask every job to stop after its round; returns the names of those that did not within twenty seconds."""
        self._stopping.set()
        for event in self._wake.values():
            event.set()
        end = time.monotonic() + STOP_WITHIN_S
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        return [thread.name for thread in self._threads if thread.is_alive()]

    @property
    def is_stopping(self) -> bool:
        """Whether a long round should end early."""
        return self._stopping.is_set()

    def wait(self, seconds: float) -> None:
        """Let seconds pass. Raises Stopped, within them, if the jobs are to stop."""
        if self._stopping.wait(seconds):
            raise Stopped("Nephoscope is stopping")

    def _repeat(self, job: Job) -> None:
        failures: int | None = None  # not known: an earlier process may have left the job failing
        wake = self._wake[job.name]
        while not self._stopping.is_set():
            wake.clear()
            try:
                more = job.round()
            except Stopped:
                return
            except Exception as error:  # noqa: BLE001 - the boundary of one round: it becomes a gap, the job goes on
                failures = (failures or 0) + 1
                self.failed(gap_of(job.name, error))
                self._sleep(wake, pause_s(job.every_s, failures))
                continue
            if failures is None or failures:
                self.recovered(gap_of(job.name, None))
            failures = 0
            if not more:
                self._sleep(wake, job.every_s)

    def _sleep(self, wake: threading.Event, seconds: float) -> None:
        if not self._stopping.is_set():
            wake.wait(seconds)


def gap_of(name: str, error: Exception | None) -> Gap:
    """The coverage entry of a job; one per job, whatever it raises."""
    known = "" if error is None or isinstance(error, NephoscopeError) else f"{type(error).__name__}: "
    cause = f"{known}{error or ''}"
    return Gap("job", name, cause, permission=getattr(error, "permission", ""))


def pause_s(every_s: float, failures: int) -> float:
    """How long to wait after so many failures in a row: doubling, up to five minutes."""
    return min(LONGEST_PAUSE_S, max(every_s, 1.0) * 2 ** min(failures - 1, 10))
