"""Runs in the ledger: what is planned, waits, is under way, was done; one process drives a run at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import func, insert, or_, select, update

from nephoscope.model.errors import StoreError
from nephoscope.model.response import Run, RunStatus
from nephoscope.store.feed import tell
from nephoscope.store.ledger import insert_new
from nephoscope.store.run_tables import ACTIONS, RUN_HISTORY, RUNS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import ColumnElement, Connection

    from nephoscope.model.response import Target

LEASE = timedelta(seconds=60)
DRIVEN = (RunStatus.PLANNED, RunStatus.RUNNING, RunStatus.REVERTING)
STANDING = (RunStatus.DONE, RunStatus.FAILED)


class Superseded(StoreError):
    """A run was changed by somebody else since it was read, or another process drives it now."""


@dataclass(frozen=True)
class RunChange:
    """One entry of a run's history."""

    revision: int
    at: datetime
    status: str
    step: str
    phase: str
    by: str
    note: str


def add_run(connection: Connection, run: Run, at: datetime | None = None) -> bool:
    """Keep a new run; False, and nothing changes, if there is one of that id."""
    if connection.scalar(select(RUNS.c.id).where(RUNS.c.id == run.id)) is not None:
        return False
    now = at or datetime.now(UTC)
    run = replace(run, revision=1, made_at=now, changed_at=now)
    insert_new(RUNS, [_row(run) | {"lease": "", "lease_until": None}], connection)
    _tell(connection, run, "", "", run.requested_by, run.note)
    return True


def keep_run(
    connection: Connection, run: Run, *, step: str = "", phase: str = "", by: str = "", note: str = "", lease: str = ""
) -> Run:
    """Keep what a run has become; returns it with its new revision.

    lease: of who drives it, renewed with this. Raises Superseded if it is not as it was read, or driven by another.
    """
    now = datetime.now(UTC)
    kept = replace(run, revision=run.revision + 1, changed_at=now)
    own = [RUNS.c.lease == lease] if lease else []
    change = update(RUNS).where(RUNS.c.id == run.id, RUNS.c.revision == run.revision, *own)
    lease_now = {"lease": lease, "lease_until": now + LEASE} if lease and kept.status in DRIVEN else {}
    if kept.status.is_ended:
        lease_now = {"lease": "", "lease_until": None}
    if connection.execute(change.values(**_row(kept), **lease_now)).rowcount != 1:
        raise Superseded(f"The run {run.id} was changed meanwhile: read it again")
    _tell(connection, kept, step, phase, by, note)
    return kept


def renew(connection: Connection, run: str, lease: str) -> None:
    """Go on driving a run. Raises Superseded if another process does."""
    change = update(RUNS).where(RUNS.c.id == run, RUNS.c.lease == lease)
    if connection.execute(change.values(lease_until=datetime.now(UTC) + LEASE)).rowcount != 1:
        raise Superseded(f"The run {run} is driven by another process now")


def claim_run(
    connection: Connection, lease: str, is_alive: Callable[[str], bool] = lambda _: True, at: datetime | None = None
) -> Run | None:
    """Take the oldest run that something must be done for and nobody does; None if there is none.

    lease: names who takes it. is_alive: whether who holds a lease that has not ended still lives.
    """
    now = at or datetime.now(UTC)
    due = or_(
        RUNS.c.status.in_(DRIVEN),
        (RUNS.c.status == RunStatus.WAITING) & (RUNS.c.revert_at <= now),
        (RUNS.c.status == RunStatus.DONE) & (RUNS.c.revert_at <= now),
    )
    query = select(RUNS.c.id, RUNS.c.lease, RUNS.c.lease_until, RUNS.c.body).where(due)
    for row in connection.execute(query.order_by(RUNS.c.made_at, RUNS.c.id)):
        is_free = not row.lease or row.lease_until is None or row.lease_until <= now or not is_alive(row.lease)
        if is_free:
            taken = {"lease": lease, "lease_until": now + LEASE}
            connection.execute(update(RUNS).where(RUNS.c.id == row.id).values(taken))
            return msgspec.convert(row.body, Run)
    return None


def release_run(connection: Connection, run: str, lease: str) -> None:
    """Let go of a run, so that whoever comes next drives it."""
    change = update(RUNS).where(RUNS.c.id == run, RUNS.c.lease == lease)
    connection.execute(change.values(lease="", lease_until=None))


def get_run(connection: Connection, run: str) -> Run | None:
    """One run; None if there is none of that id."""
    body = connection.scalar(select(RUNS.c.body).where(RUNS.c.id == run))
    return None if body is None else msgspec.convert(body, Run)


def runs_beginning(connection: Connection, beginning: str, limit: int = 5) -> list[Run]:
    """The runs whose ids begin so."""
    query = select(RUNS.c.body).where(RUNS.c.id.startswith(beginning, autoescape=True)).order_by(RUNS.c.id)
    return [msgspec.convert(body, Run) for body in connection.scalars(query.limit(limit))]


def list_runs(
    connection: Connection,
    *,
    status: Sequence[str] = (),
    playbook: str = "",
    finding: str = "",
    account: str = "",
    limit: int = 200,
) -> list[Run]:
    """Runs, the newest first; what is empty does not narrow."""
    query = select(RUNS.c.body).order_by(RUNS.c.made_at.desc(), RUNS.c.id).limit(limit)
    if status:
        query = query.where(RUNS.c.status.in_(list(status)))
    for column, value in ((RUNS.c.playbook, playbook), (RUNS.c.finding, finding), (RUNS.c.account, account)):
        if value:
            query = query.where(column == value)
    return [msgspec.convert(body, Run) for body in connection.scalars(query)]


def count_runs(connection: Connection) -> dict[str, int]:
    """How many runs there are, by status."""
    query = select(RUNS.c.status, func.count()).group_by(RUNS.c.status).order_by(RUNS.c.status)
    return {status: int(count) for status, count in connection.execute(query)}


def run_history(connection: Connection, run: str) -> list[RunChange]:
    """Everything that became of a run, oldest first."""
    query = select(RUN_HISTORY).where(RUN_HISTORY.c.id == run).order_by(RUN_HISTORY.c.revision)
    return [
        RunChange(row.revision, row.at, row.status, row.step, row.phase, row.by, row.note)
        for row in connection.execute(query)
    ]


def add_action(connection: Connection, run: str, step: str, action: str, target: Target) -> None:
    """Count an action that is about to begin; the same step counts once."""
    named = f"{target.type}/{target.id}"
    row = {"run": run, "step": step, "action": action, "account": target.account, "target": named}
    insert_new(ACTIONS, [row | {"at": datetime.now(UTC)}], connection)


def count_actions(connection: Connection, account: str, since: datetime, but: str = "") -> int:
    """How many actions have begun in an account since a moment, those of one run left out."""
    query = select(func.count()).where(ACTIONS.c.account == account, ACTIONS.c.at >= since, ACTIONS.c.run != but)
    return int(connection.scalar(query) or 0)


def acted_on_by(connection: Connection, target: Target, run: str) -> str:
    """Another run under way that has acted on a target; empty if there is none, or if this run got there already."""
    query = select(RUNS.c.id).join(ACTIONS, ACTIONS.c.run == RUNS.c.id)
    if connection.scalar(query.where(*_at(target), RUNS.c.id == run).limit(1)):
        return ""
    return connection.scalar(query.where(*_at(target), RUNS.c.id != run, RUNS.c.status.in_(DRIVEN)).limit(1)) or ""


def came_later(connection: Connection, target: Target, run: str, step: str) -> str:
    """Another run that came to a target after a run's step; empty if there is none.

    One under way counts whatever it does there, one that has ended if it did the same and was not taken back.
    """
    mine = connection.execute(select(ACTIONS).where(ACTIONS.c.run == run, ACTIONS.c.step == step)).first()
    if mine is None:
        return ""
    query = select(RUNS.c.id).join(ACTIONS, ACTIONS.c.run == RUNS.c.id)
    stands = RUNS.c.status.in_(STANDING) & (ACTIONS.c.action == mine.action)
    later = (ACTIONS.c.at > mine.at, RUNS.c.id != run, RUNS.c.status.in_(DRIVEN) | stands)
    return connection.scalar(query.where(*_at(target), *later).limit(1)) or ""


def _at(target: Target) -> tuple[ColumnElement[bool], ...]:
    return (ACTIONS.c.account == target.account, ACTIONS.c.target == f"{target.type}/{target.id}")


def _row(run: Run) -> dict[str, Any]:
    return {
        "id": run.id,
        "playbook": run.playbook,
        "status": run.status,
        "is_ended": int(run.status.is_ended),
        "finding": run.finding,
        "account": str(run.inputs.get("account", "")),
        "requested_by": run.requested_by,
        "revision": run.revision,
        "made_at": run.made_at,
        "changed_at": run.changed_at,
        "revert_at": run.approval.expires_at if run.status is RunStatus.WAITING else run.revert_at,
        "body": run,
    }


def _tell(connection: Connection, run: Run, step: str, phase: str, by: str, note: str) -> None:
    said = {"status": run.status, "step": step, "phase": phase, "by": by, "note": note}
    connection.execute(insert(RUN_HISTORY), {"id": run.id, "revision": run.revision, "at": run.changed_at, **said})
    about = {"playbook": run.playbook, "finding": run.finding, "account": str(run.inputs.get("account", ""))}
    tell(connection, "run", [(run.id, {"revision": run.revision, **about, **said})])
