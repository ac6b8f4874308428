"""Schedules: when something is looked at, what of, how much at once; their runs and the jobs of those."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nephoscope.model.coverage import Gap
    from nephoscope.model.finding import ResourceRef


@dataclass(frozen=True)
class Recurrence:
    """Times on the clocks of a zone, by a cron line or by an RRULE (RFC 5545).

    start: from when an RRULE counts, as those clocks show it, without a zone.
    """

    cron: str = ""
    rrule: str = ""
    start: datetime | None = None
    zone: str = "UTC"


@dataclass(frozen=True)
class Blackout:
    """Times in which nothing begins and what has begun rests: so long from each time on."""

    name: str
    when: Recurrence
    duration: timedelta


@dataclass(frozen=True)
class Selector:
    """Some of what a schedule may look at. query: in the grammar of lists; tags: keys, one of whose values must fit."""

    query: str = ""
    tags: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True)
class Limits:
    """How many jobs may run at once; 0: as many as there are workers.

    schedule: of this schedule. account, region, group: of any schedule, in the same account, region of an account, or
    group. group_tag: the tag whose value is a target's group.
    """

    schedule: int = 0
    account: int = 0
    region: int = 0
    group: int = 0
    group_tag: str = ""


@dataclass(frozen=True)
class Occasion:
    """A change that sets a schedule off. topic: of the feed; when: CEL over the names of that topic.

    operations: of events, the API operations that are looked at.
    """

    topic: str
    when: str
    operations: tuple[str, ...] = ()


@dataclass(frozen=True)
class Schedule:
    """When something is done, and of what.

    window: how long a run may work; what is left then goes on in the next one. jitter: over how long the beginnings of
    a run's jobs are spread. missed: how many runs are made up for that could not begin in time, the latest ones.
    priority: 0 to 9; of jobs that wait the greatest begins first. paths: what a kind that reads files looks at.
    """

    name: str
    title: str
    kind: str
    when: Recurrence | None = None
    on: Occasion | None = None
    include: tuple[Selector, ...] = ()
    exclude: tuple[Selector, ...] = ()
    paths: tuple[str, ...] = ()
    window: timedelta | None = None
    blackouts: tuple[Blackout, ...] = ()
    jitter: timedelta = timedelta(0)
    missed: int = 1
    priority: int = 5
    at_once: Limits = field(default_factory=Limits)
    text: str = field(default="", repr=False)


class RunStatus(StrEnum):
    """What became of a time at which a schedule was to run.

    MISSED: it could not begin in time; SKIPPED: an earlier run still went on; SWALLOWED: it fell into a blackout.
    """

    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    MISSED = "missed"
    SKIPPED = "skipped"
    SWALLOWED = "swallowed"
    CANCELLED = "cancelled"

    @property
    def is_ended(self) -> bool:
        """Whether nothing follows any more."""
        return self not in (RunStatus.RUNNING, RunStatus.PAUSED)


class JobStatus(StrEnum):
    """Where a job is. FAILED: it was tried and did not come to its end; CANCELLED: its schedule was deleted."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class LooksAt(StrEnum):
    """What the jobs of a kind are about. ITEMS: one each of the items that fit; PATHS: one each of the paths named.

    WHOLE: there is one, about all that there is.
    """

    ITEMS = "items"
    PATHS = "paths"
    WHOLE = "whole"


@dataclass(frozen=True)
class Kind:
    """What a schedule can do. types: of the items it looks at. is_here: whether this installation can do it."""

    name: str
    about: str
    looks_at: LooksAt
    types: tuple[str, ...] = ()
    is_here: bool = True


def _never() -> bool:
    return False


@dataclass(frozen=True)
class Job:
    """One target of a run, to be looked at.

    group: what `Limits.group_tag` says of it. place: how far an earlier try came that had to rest, as it told it.
    attempt: how often it was begun since it last came to rest by itself. stops: whether to rest now, for a window has
    closed or Nephoscope is stopping; whoever does the job asks it now and then.
    """

    id: str
    run: str
    schedule: str
    kind: str
    target: ResourceRef
    group: str = ""
    priority: int = 5
    not_before: datetime | None = None
    status: JobStatus = JobStatus.WAITING
    attempt: int = 0
    note: str = ""
    place: Any = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    stops: Callable[[], bool] = field(default=_never, repr=False, compare=False)


@dataclass(frozen=True)
class Outcome:
    """What became of a job that did not fail; one that fails raises.

    is_paused: it rests, and goes on from place, which is any JSON. gaps: what it could not see.
    """

    note: str = ""
    is_paused: bool = False
    place: Any = None
    gaps: tuple[Gap, ...] = ()


Do = Callable[[Job], Outcome]
