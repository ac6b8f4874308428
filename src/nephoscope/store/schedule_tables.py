"""The tables of schedules; `migrations/schedules.py` makes them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer

from nephoscope.store.tables import Json, Moment, Text, define

SCHEDULES = define(
    "schedules",
    "name",
    name=Text,
    body=Text,
    revision=Integer,
    paused_by=Text,
    seen_at=Moment,
    made_by=Text,
    made_at=Moment,
    changed_by=Text,
    changed_at=Moment,
)
SCHEDULE_RUNS = define(
    "schedule_runs",
    "id",
    id=Text,
    schedule=Text,
    kind=Text,
    due_at=Moment,
    cause=Text,
    status=Text,
    is_ended=Integer,
    why=Text,
    targets=BigInteger,
    chosen=Json,
    deadline_at=Moment,
    made_at=Moment,
    ended_at=Moment,
)
SCHEDULE_JOBS = define(
    "schedule_jobs",
    "id",
    id=Text,
    run=Text,
    schedule=Text,
    kind=Text,
    target=Text,
    type=Text,
    resource_id=Text,
    account=Text,
    region=Text,
    label=Text,
    priority=Integer,
    not_before=Moment,
    status=Text,
    attempt=Integer,
    note=Text,
    place=Json,
    lease=Text,
    lease_until=Moment,
    started_at=Moment,
    ended_at=Moment,
)
