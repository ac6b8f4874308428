"""Schedules, their runs and jobs."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from nephoscope.portal.shapes.common import Page, Shape

LONGEST = 64_000


class ScheduleBody(Shape):
    """A schedule as it is written."""

    source: str = Field(max_length=LONGEST, description="YAML, as the guide shows it.")


class ScheduleRow(Shape):
    """When something is looked at, and of what."""

    name: str
    title: str
    kind: str
    when: str = Field(description="Its cron line or RRULE; empty if only changes set it off.")
    zone: str
    on: str = Field(description="The topic of the changes that set it off; empty for none.")
    priority: int
    is_paused: bool
    paused_by: str
    next_at: datetime | None = Field(description="Its next run that no blackout swallows.")
    last_at: datetime | None = Field(description="The time of its latest run.")
    last_status: str
    error: str = Field(description="Why it cannot be read; empty if it can.")


class SchedulePage(Page[ScheduleRow]):
    """Schedules."""


class Schedule(ScheduleRow):
    """A schedule whole."""

    source: str
    revision: int
    made_by: str
    made_at: datetime
    changed_by: str
    changed_at: datetime
    can: list[str]


class NextRun(Shape):
    """A time to come."""

    at: datetime
    local: str = Field(description="On the schedule's clocks.")
    note: str = Field(description="Why it is not as it is said: clocks are put forward or back.")
    blackout: str = Field(description="The blackout that swallows it; empty if it runs.")


class ScheduleTarget(Shape):
    """What a run would be about."""

    type: str
    id: str
    account: str
    region: str


class SchedulePreview(Shape):
    """What a schedule would do, from now on."""

    name: str
    kind: str
    runs: list[NextRun]
    targets: list[ScheduleTarget] | None = Field(description="The first of them, as far as they are in scope.")
    count: int = Field(description="Of all targets in scope.")
    notes: list[str] = Field(description="What is left out, and why.")


class ScheduleRun(Shape):
    """A time at which a schedule was to run, or a change or person that set it off, and what became of it."""

    id: str
    due_at: datetime
    cause: str
    status: str
    why: str
    targets: int | None = Field(description="How many jobs it has; null until they are chosen.")
    jobs: dict[str, int] = Field(description="How many of them are waiting, running, done, failed, cancelled.")
    deadline_at: datetime | None = Field(description="When its window closes.")
    made_at: datetime | None
    ended_at: datetime | None


class ScheduleRuns(Shape):
    """The latest runs of a schedule."""

    items: list[ScheduleRun]


class ScheduleJob(Shape):
    """One target of a run."""

    id: str
    type: str
    target: str
    account: str
    region: str
    group: str
    status: str
    attempt: int
    note: str
    not_before: datetime | None
    started_at: datetime | None
    ended_at: datetime | None


class ScheduleJobs(Shape):
    """The jobs of a run that are in scope, at most a thousand."""

    run: ScheduleRun
    items: list[ScheduleJob]
