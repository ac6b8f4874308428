"""Counts for the portal, each within a scope."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import case, func, select

from nephoscope.model.finding import Finding, Status
from nephoscope.model.response import RunStatus
from nephoscope.store.run_tables import RUNS
from nephoscope.store.tables import ASSESSED, FINDINGS, GAPS, HOURS, VERDICTS, key_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from nephoscope.store.scope import Scope

AT_ONCE = 1_000
DAY = timedelta(days=1)

ItemKey = tuple[str, str, str, str]


def count_by(connection: Connection, column: Any, scope: Scope, *where: Any) -> dict[str, int]:
    """How many findings have which value of a column; empty values left out."""
    query = select(column, func.count()).where(scope.condition(FINDINGS.c.account), *where).group_by(column)
    return {str(value): int(count) for value, count in connection.execute(query) if value not in (None, "")}


def findings_in(connection: Connection, scope: Scope) -> Iterator[Finding]:
    """Findings that are open or waived."""
    query = select(FINDINGS.c.body).where(
        scope.condition(FINDINGS.c.account), FINDINGS.c.status.in_((Status.OPEN, Status.WAIVED))
    )
    for body in connection.execute(query).scalars().yield_per(AT_ONCE):
        yield msgspec.convert(body, Finding)


def rule_counts(connection: Connection, scope: Scope) -> dict[str, tuple[int, int, datetime]]:
    """Of each rule or check: open findings, all findings, when the newest was last seen."""
    is_open = func.sum(case((FINDINGS.c.status == Status.OPEN, 1), else_=0))
    query = select(FINDINGS.c.rule, is_open, func.count(), func.max(FINDINGS.c.last_seen_at))
    rows = connection.execute(query.where(scope.condition(FINDINGS.c.account)).group_by(FINDINGS.c.rule))
    return {rule: (int(open_), int(all_), last) for rule, open_, all_, last in rows}


def verdict_counts(connection: Connection, scope: Scope) -> dict[str, dict[str, int]]:
    """How many items got which verdict, by check: the score with its denominator."""
    joined = VERDICTS.join(ASSESSED, ASSESSED.c.item == VERDICTS.c.item)
    query = select(VERDICTS.c.check_id, VERDICTS.c.verdict, func.count()).select_from(joined)
    counted = query.where(scope.condition(ASSESSED.c.account)).group_by(VERDICTS.c.check_id, VERDICTS.c.verdict)
    counts: dict[str, dict[str, int]] = {}
    for check, verdict, count in connection.execute(counted):
        counts.setdefault(check, {})[verdict] = int(count)
    return counts


def item_verdicts(connection: Connection, keys: Sequence[ItemKey]) -> dict[ItemKey, dict[str, int]]:
    """How many verdicts of which kind each of these items has."""
    hashes = {key_of(*key): key for key in keys}
    query = select(VERDICTS.c.item, VERDICTS.c.verdict, func.count())
    query = query.where(VERDICTS.c.item.in_(list(hashes))).group_by(VERDICTS.c.item, VERDICTS.c.verdict)
    counts: dict[ItemKey, dict[str, int]] = {}
    for item, verdict, count in connection.execute(query):
        counts.setdefault(hashes[item], {})[verdict] = int(count)
    return counts


def item_findings(connection: Connection, keys: Sequence[ItemKey]) -> dict[ItemKey, tuple[int, int]]:
    """Open findings about each of these items: how many, and the rank of the gravest."""
    columns = (FINDINGS.c.account, FINDINGS.c.region, FINDINGS.c.resource_type, FINDINGS.c.resource_id)
    query = select(*columns, func.count(), func.max(FINDINGS.c.severity_rank))
    found = query.where(
        FINDINGS.c.resource_id.in_(sorted({key[3] for key in keys})),
        FINDINGS.c.account.in_(sorted({key[0] for key in keys})),
        FINDINGS.c.status == Status.OPEN,
    ).group_by(*columns)
    wanted = set(keys)
    return {
        key: (int(count), int(worst))
        for *parts, count, worst in connection.execute(found)
        if (key := (parts[0], parts[1], parts[2], parts[3])) in wanted
    }


def open_by_account(connection: Connection, scope: Scope) -> dict[str, dict[str, int]]:
    """Open findings of each account, by severity."""
    query = select(FINDINGS.c.account, FINDINGS.c.severity, func.count())
    where = (scope.condition(FINDINGS.c.account), FINDINGS.c.status == Status.OPEN)
    counts: dict[str, dict[str, int]] = {}
    for account, severity, count in connection.execute(
        query.where(*where).group_by(FINDINGS.c.account, FINDINGS.c.severity)
    ):
        counts.setdefault(account, {})[severity] = int(count)
    return counts


def open_by_age(connection: Connection, scope: Scope, now: datetime) -> dict[str, int]:
    """Open findings by how long ago they were first seen."""
    age = case(
        (FINDINGS.c.first_seen_at > now - DAY, "day"),
        (FINDINGS.c.first_seen_at > now - 7 * DAY, "week"),
        (FINDINGS.c.first_seen_at > now - 30 * DAY, "month"),
        else_="older",
    )
    query = select(age.label("age"), func.count()).where(
        scope.condition(FINDINGS.c.account), FINDINGS.c.status == Status.OPEN
    )
    found = dict.fromkeys(("day", "week", "month", "older"), 0)
    return found | {name: int(count) for name, count in connection.execute(query.group_by("age"))}


def count_findings_where(connection: Connection, scope: Scope, *where: Any) -> int:
    """How many findings there are."""
    query = select(func.count()).select_from(FINDINGS).where(scope.condition(FINDINGS.c.account), *where)
    return int(connection.scalar(query) or 0)


def gap_counts(connection: Connection, scope: Scope, column: Any) -> dict[str, int]:
    """Open gaps by a column."""
    query = select(column, func.count()).where(scope.condition(GAPS.c.account), GAPS.c.closed_at.is_(None))
    return {str(name): int(count) for name, count in connection.execute(query.group_by(column).order_by(column))}


def hour_counts(connection: Connection, scope: Scope) -> dict[str, dict[str, int]]:
    """Hours of logs by state, of each account."""
    query = select(HOURS.c.account, HOURS.c.state, func.count()).where(scope.condition(HOURS.c.account))
    counts: dict[str, dict[str, int]] = {}
    for account, state, count in connection.execute(query.group_by(HOURS.c.account, HOURS.c.state)):
        counts.setdefault(account, {})[state] = int(count)
    return counts


def summed(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    """Counts of several, together."""
    total: dict[str, int] = {}
    for each in counts:
        for name, count in each.items():
            total[name] = total.get(name, 0) + count
    return total


def missing_permissions(connection: Connection, account: str) -> list[str]:
    """Permissions that open gaps of an account name."""
    query = select(GAPS.c.permission).where(
        GAPS.c.account == account, GAPS.c.closed_at.is_(None), GAPS.c.permission != ""
    )
    return sorted(set(connection.scalars(query)))


def waiting_runs(connection: Connection, scope: Scope) -> int:
    """How many runs wait for an approval."""
    where = (scope.condition(RUNS.c.account), RUNS.c.status == RunStatus.WAITING)
    return int(connection.scalar(select(func.count()).select_from(RUNS).where(*where)) or 0)
