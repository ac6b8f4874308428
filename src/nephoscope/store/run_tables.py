"""The tables of runs; `migrations/runs.py` makes them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer

from nephoscope.store.tables import Json, Moment, Text, define

RUNS = define(
    "runs",
    "id",
    id=Text,
    playbook=Text,
    status=Text,
    is_ended=Integer,
    finding=Text,
    account=Text,
    requested_by=Text,
    revision=Integer,
    made_at=Moment,
    changed_at=Moment,
    revert_at=Moment,
    lease=Text,
    lease_until=Moment,
    body=Json,
)
RUN_HISTORY = define(
    "run_history",
    "id revision",
    id=Text,
    revision=Integer,
    at=Moment,
    status=Text,
    step=Text,
    phase=Text,
    by=Text,
    note=Text,
)
ACTIONS = define("actions", "run step", run=Text, step=Text, action=Text, account=Text, target=Text, at=Moment)
FIRINGS = define(
    "firings",
    "trigger_name occasion number",
    trigger_name=Text,
    occasion=Text,
    number=BigInteger,
    at=Moment,
    outcome=Text,
    run=Text,
)
