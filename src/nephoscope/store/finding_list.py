"""Findings listed, filtered, paged by key and counted by facet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, and_, func, or_, select, type_coerce

from nephoscope.model.finding import Status
from nephoscope.store.findings import StoredFinding, stored_finding
from nephoscope.store.tables import FINDINGS, to_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from nephoscope.model.finding import ResourceRef
    from nephoscope.store.scope import Scope

FACETS = ("status", "severity", "kind", "account", "region", "resource_type", "rule")
PAGE = 500
MOST_AROUND = 500  # findings of one resource


@dataclass(frozen=True)
class FindingFilter:
    """Which findings; what is empty does not narrow. since: last seen at or after; text: all its words, anywhere."""

    status: tuple[str, ...] = ()
    severity: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    account: tuple[str, ...] = ()
    region: tuple[str, ...] = ()
    resource_type: tuple[str, ...] = ()
    resource_id: str = ""
    rule: tuple[str, ...] = ()
    since: datetime | None = None
    text: str = ""

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        for name in FACETS:
            if chosen := getattr(self, name):
                yield FINDINGS.c[name].in_(chosen)
        if self.resource_id:
            yield FINDINGS.c.resource_id == self.resource_id
        if self.since:
            yield FINDINGS.c.last_seen_at >= self.since
        for word in self.text.lower().split():
            yield FINDINGS.c.search.contains(word, autoescape=True)


@dataclass(frozen=True)
class Position:
    """Where a page ended: the last finding's place in the order."""

    severity_rank: int
    last_seen_at: datetime
    uid: str


def position_of(stored: StoredFinding) -> Position:
    """The place after which the next page begins."""
    return Position(stored.finding.severity.rank, stored.last_seen_at, stored.uid)


def list_findings(
    connection: Connection,
    wanted: FindingFilter,
    *,
    order: str = "newest",
    after: Position | None = None,
    limit: int = 100,
) -> list[StoredFinding]:
    """One page of findings.

    order: "newest" (last seen first) or "gravest" (severity, then last seen). after: `position_of` the last one of
    the page before; findings that move meanwhile are neither skipped nor make an error.
    """
    columns = [FINDINGS.c.last_seen_at]
    if order == "gravest":
        columns.insert(0, FINDINGS.c.severity_rank)
    query = select(FINDINGS).where(*wanted.conditions())
    if after:
        query = query.where(_past(columns, after))
    query = query.order_by(*(column.desc() for column in columns), FINDINGS.c.uid).limit(limit)
    return [stored_finding(row) for row in connection.execute(query)]


def open_around(connection: Connection, resource: ResourceRef, at: datetime | None = None) -> list[StoredFinding]:
    """What is open of a resource, the gravest first, at most MOST_AROUND; or was at a moment, as it is now."""
    if not resource.id:
        return []
    same = (FINDINGS.c.resource_id == resource.id, FINDINGS.c.account == resource.account)
    query = select(FINDINGS).where(*same, FINDINGS.c.resource_type == resource.type)
    if at is None:
        query = query.where(FINDINGS.c.status == Status.OPEN)
    else:
        is_open = FINDINGS.c.resolved_at.is_(None) | (FINDINGS.c.resolved_at > at)
        query = query.where(FINDINGS.c.first_seen_at <= at, is_open)
    query = query.order_by(FINDINGS.c.severity_rank.desc(), FINDINGS.c.last_seen_at.desc(), FINDINGS.c.uid)
    return [stored_finding(row) for row in connection.execute(query.limit(MOST_AROUND))]


def _past(columns: list[Any], after: Position) -> ColumnElement[bool]:
    equal: list[ColumnElement[bool]] = []
    steps: list[ColumnElement[bool]] = []
    for column in columns:
        value = getattr(after, column.name)
        steps.append(and_(*equal, column < value))
        equal.append(column == value)
    return or_(*steps, and_(*equal, FINDINGS.c.uid > after.uid))


def all_findings(connection: Connection, wanted: FindingFilter, *, order: str = "newest") -> Iterator[StoredFinding]:
    """Every finding of a filter, page by page."""
    after = None
    while page := list_findings(connection, wanted, order=order, after=after, limit=PAGE):
        yield from page
        after = position_of(page[-1])


def uids_of(connection: Connection, wanted: FindingFilter) -> set[str]:
    """The uids of every finding that passes."""
    return set(connection.execute(select(FINDINGS.c.uid).where(*wanted.conditions())).scalars())


def count_findings(connection: Connection, wanted: FindingFilter) -> int:
    """How many there are."""
    return int(connection.scalar(select(func.count()).select_from(FINDINGS).where(*wanted.conditions())) or 0)


def facet_counts(connection: Connection, wanted: FindingFilter) -> dict[str, dict[str, int]]:
    """How many findings of a filter have which value, by facet, the most frequent first."""
    counts: dict[str, dict[str, int]] = {}
    for name in FACETS:
        column = FINDINGS.c[name]
        query = select(column, func.count()).where(*wanted.conditions()).group_by(column)
        found = connection.execute(query.order_by(func.count().desc(), column).limit(100))
        counts[name] = {value: int(count) for value, count in found}
    return counts


def findings_beginning(connection: Connection, uid: str) -> list[StoredFinding]:
    """Findings whose uid begins so, at most ten; an exact uid is one."""
    query = select(FINDINGS).where(FINDINGS.c.uid.startswith(uid, autoescape=True)).order_by(FINDINGS.c.uid).limit(10)
    return [stored_finding(row) for row in connection.execute(query)]


def findings_with_event(connection: Connection, event: str, scope: Scope, limit: int = 50) -> list[str]:
    """Uids of findings in scope that an event belongs to, the latest first."""
    quoted = f'"uid":{to_json(event)}'
    query = select(FINDINGS.c.uid).where(
        scope.condition(FINDINGS.c.account), type_coerce(FINDINGS.c.body, Text).contains(quoted, autoescape=True)
    )
    return list(connection.scalars(query.order_by(FINDINGS.c.last_seen_at.desc()).limit(limit)))
