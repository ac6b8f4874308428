"""Findings as the ledger keeps them: first and last seen, status with its history, the events that belong to them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import insert, select, update

from nephoscope.model.finding import Actor, EventRef, Finding, Kind, ResourceRef, Severity, Status
from nephoscope.store.feed import tell
from nephoscope.store.ledger import upsert as upsert_rows
from nephoscope.store.outbox import put_changes
from nephoscope.store.tables import FINDING_HISTORY, FINDINGS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

EVENTS_KEPT = 50
SEARCH_KEPT = 2_000
AT_ONCE = 5_000
EVENT = attrgetter("uid", "object", "index")  # what makes it the same event


@dataclass(frozen=True)
class StoredFinding:
    """A finding with its life in the ledger.

    revision: 1 when it was first seen, one more with every change that someone should hear of. change: what made it,
    where known (`{"event_uid": …, "actor": …, "digest": …}`). waiver: uid of the waiver that holds.
    """

    finding: Finding
    status: Status
    revision: int
    first_seen_at: datetime
    last_seen_at: datetime
    occurrences: int = 1
    change: Mapping[str, Any] = field(default_factory=dict[str, Any])
    waiver: str = ""
    resolved_at: datetime | None = None
    resolved_why: str = ""

    @property
    def uid(self) -> str:
        return self.finding.uid


@dataclass(frozen=True)
class FindingChange:
    """One revision: what became of a finding, when and why; previous is empty for a new one."""

    uid: str
    revision: int
    changed_at: datetime
    previous: str
    status: str
    why: str


def upsert_findings(
    connection: Connection, findings: Iterable[Finding], at: datetime | None = None
) -> list[FindingChange]:
    """Keep findings; the same one again moves its last seen and adds its new events. Repeating a call changes nothing.

    Returns what is new, reopened or altered, so that the caller can tell people. A resolved detection opens again when
    it brings an event not known before; any other finding, when it is found later than it was resolved.
    """
    now = at or datetime.now(UTC)
    latest: dict[str, StoredFinding] = {}
    changes: list[FindingChange] = []
    found = list(findings)
    known = get_findings(connection, [finding.uid for finding in found])
    for finding in found:
        uid = finding.uid
        stored, why = _merge(latest.get(uid) or known.get(uid), finding)
        if why:
            previous = latest.get(uid) or known.get(uid)
            changes.append(_change(stored, previous, why, now))
        latest[uid] = stored
    _save(connection, list(latest.values()), changes)
    return changes


def resolve_findings(
    connection: Connection, uids: Iterable[str], why: str, at: datetime | None = None
) -> list[FindingChange]:
    """Resolve findings by evidence: why says what was seen (`verdict is now Pass`, `resource was deleted`)."""
    now = at or datetime.now(UTC)
    stored = get_findings(connection, uids).values()
    resolved = [
        replace(each, status=Status.RESOLVED, revision=each.revision + 1, waiver="", resolved_at=now, resolved_why=why)
        for each in stored
        if each.status is not Status.RESOLVED
    ]
    return set_status(connection, resolved, why, now)


def resolve_compliance(
    connection: Connection,
    checks_by_resource: Mapping[ResourceRef, Iterable[str]],
    why: str,
    at: datetime | None = None,
) -> list[FindingChange]:
    """Resolve the open compliance findings of these checks about these resources."""
    from nephoscope.model.finding import Finding as Model

    uids = [
        Model(Kind.COMPLIANCE, check, "", Severity.LOW, subject_of(resource), datetime.now(UTC)).uid
        for resource, checks in checks_by_resource.items()
        for check in checks
    ]
    return resolve_findings(connection, uids, why, at)


def subject_of(resource: ResourceRef) -> tuple[str, str, str, str]:
    """The subject of a compliance finding: its item's key."""
    return (resource.account, resource.region, resource.type, resource.id)


def set_status(connection: Connection, changed: Sequence[StoredFinding], why: str, at: datetime) -> list[FindingChange]:
    """Keep findings whose status (and revision) the caller has changed, with history and outbox."""
    before = get_findings(connection, [each.uid for each in changed])
    changes = [_change(each, before[each.uid], why, at) for each in changed]
    _save(connection, changed, changes)
    return changes


def get_findings(connection: Connection, uids: Iterable[str]) -> dict[str, StoredFinding]:
    """Stored findings by uid; those not known are left out."""
    wanted = list(dict.fromkeys(uids))
    found: dict[str, StoredFinding] = {}
    for start in range(0, len(wanted), AT_ONCE):
        query = select(FINDINGS).where(FINDINGS.c.uid.in_(wanted[start : start + AT_ONCE]))
        found |= {row.uid: stored_finding(row) for row in connection.execute(query)}
    return found


def get_finding(connection: Connection, uid: str) -> StoredFinding | None:
    """One stored finding; None if there is none of that uid."""
    return get_findings(connection, [uid]).get(uid)


def finding_history(connection: Connection, uid: str) -> list[FindingChange]:
    """Every revision of a finding, oldest first."""
    query = select(FINDING_HISTORY).where(FINDING_HISTORY.c.uid == uid).order_by(FINDING_HISTORY.c.revision)
    return [
        FindingChange(row.uid, row.revision, row.changed_at, row.previous, row.status, row.why)
        for row in connection.execute(query)
    ]


def changes_since(connection: Connection, since: datetime) -> Iterator[tuple[FindingChange, StoredFinding]]:
    """Every revision of every finding since a moment, oldest first, each with the finding as it is now."""
    query = select(FINDING_HISTORY).where(FINDING_HISTORY.c.changed_at >= since)
    ordered = query.order_by(FINDING_HISTORY.c.changed_at, FINDING_HISTORY.c.uid, FINDING_HISTORY.c.revision)
    for rows in connection.execute(ordered).partitions(AT_ONCE):
        stored = get_findings(connection, [row.uid for row in rows])
        for row in rows:
            change = FindingChange(row.uid, row.revision, row.changed_at, row.previous, row.status, row.why)
            yield change, stored[row.uid]


def attach_change(connection: Connection, uid: str, change: Mapping[str, Any], actor: Actor | None = None) -> None:
    """Say which change made a finding, and who made that change; attribution may come after the finding."""
    attach_changes(connection, {uid: (change, actor)})


def attach_changes(connection: Connection, made: Mapping[str, tuple[Mapping[str, Any], Actor | None]]) -> None:
    """Say which changes made findings, and who made those changes. made: {uid: (change, actor)}."""
    attributed: list[StoredFinding] = []
    for uid, stored in get_findings(connection, made).items():
        change, actor = made[uid]
        if stored.change != dict(change) or stored.finding.actor != actor:
            finding = replace(stored.finding, actor=actor or stored.finding.actor)
            attributed.append(replace(stored, finding=finding, change=dict(change), revision=stored.revision + 1))
    set_status(connection, attributed, "attributed", datetime.now(UTC))


def _merge(stored: StoredFinding | None, finding: Finding) -> tuple[StoredFinding, str]:
    """What is to be kept, and why that is worth a revision; empty if it is not."""
    if stored is None:
        kept = replace(finding, events=finding.events[:EVENTS_KEPT])
        return StoredFinding(kept, Status.OPEN, 1, finding.time, finding.time), "found"
    known = set(map(EVENT, stored.finding.events))
    new = tuple(each for each in finding.events if EVENT(each) not in known)
    if not _is_later(stored, finding, bool(new)):
        first = min(stored.first_seen_at, finding.time)
        return replace(stored, first_seen_at=first), ""
    merged = _seen_again(stored, finding, new)
    why = _reason_for_revision(stored, merged, bool(new))
    return (replace(merged, revision=stored.revision + 1), why) if why else (merged, "")


def _is_later(stored: StoredFinding, finding: Finding, has_new_events: bool) -> bool:
    return has_new_events or finding.time > stored.last_seen_at


def _seen_again(stored: StoredFinding, finding: Finding, new: tuple[EventRef, ...]) -> StoredFinding:
    events = (stored.finding.events + new)[-EVENTS_KEPT:]
    actor = finding.actor or stored.finding.actor
    latest = finding if finding.time >= stored.finding.time else stored.finding
    seen = replace(
        stored,
        finding=replace(latest, events=events, actor=actor),
        first_seen_at=min(stored.first_seen_at, finding.time),
        last_seen_at=max(stored.last_seen_at, finding.time),
        occurrences=stored.occurrences + 1,
    )
    if stored.status is Status.RESOLVED and _is_back(stored, finding, bool(new)):
        return replace(seen, status=Status.OPEN, resolved_at=None, resolved_why="")
    return seen


def _is_back(stored: StoredFinding, finding: Finding, has_new_events: bool) -> bool:
    if finding.kind is Kind.DETECTION:
        return has_new_events
    return stored.resolved_at is None or finding.time > stored.resolved_at


def _reason_for_revision(before: StoredFinding, after: StoredFinding, has_new_events: bool) -> str:
    if before.status is not after.status:
        return "found again"
    if before.finding.severity is not after.finding.severity:
        return f"severity was {before.finding.severity}"
    if has_new_events:
        return "more events belong to it"
    return "reason changed" if before.finding.reason != after.finding.reason else ""


def _change(after: StoredFinding, before: StoredFinding | None, why: str, at: datetime) -> FindingChange:
    return FindingChange(after.uid, after.revision, at, before.status if before else "", after.status, why)


def _save(connection: Connection, kept: Sequence[StoredFinding], changes: Sequence[FindingChange]) -> None:
    upsert_rows(FINDINGS, [_row(each) for each in kept], connection)
    if not changes:
        return
    by_uid = {each.uid: each for each in kept}
    reopened = [change.uid for change in changes if change.previous == Status.RESOLVED and change.status == Status.OPEN]
    if reopened:
        nobody = {"acknowledged_by": "", "acknowledged_at": None}
        connection.execute(update(FINDINGS).where(FINDINGS.c.uid.in_(reopened)).values(**nobody))
    connection.execute(insert(FINDING_HISTORY), [_history_row(change) for change in changes])
    sent = [_sent(change, by_uid[change.uid].finding) for change in changes]
    put_changes(connection, "finding_changes", sent)
    tell(connection, "finding", [(row["uid"], row) for row in sent])


def _history_row(change: FindingChange) -> dict[str, Any]:
    return {
        "uid": change.uid,
        "revision": change.revision,
        "changed_at": change.changed_at,
        "previous": change.previous,
        "status": change.status,
        "why": change.why,
    }


def _sent(change: FindingChange, finding: Finding) -> dict[str, Any]:
    row = _history_row(change)
    row["previous_status"] = row.pop("previous")
    return row | {
        "kind": finding.kind,
        "rule": finding.rule,
        "title": finding.title,
        "severity": finding.severity,
        "account": finding.resource.account,
        "region": finding.resource.region,
        "resource_type": finding.resource.type,
        "resource_id": finding.resource.id,
        "actor": str(finding.actor or ""),
    }


def _row(stored: StoredFinding) -> dict[str, Any]:
    finding = stored.finding
    actor = str(finding.actor) if finding.actor else ""
    words = (finding.rule, finding.title, finding.reason, finding.resource.id, actor, finding.resource.account)
    return {
        "uid": stored.uid,
        "kind": finding.kind,
        "rule": finding.rule,
        "title": finding.title,
        "severity": finding.severity,
        "severity_rank": finding.severity.rank,
        "status": stored.status,
        "revision": stored.revision,
        "first_seen_at": stored.first_seen_at,
        "last_seen_at": stored.last_seen_at,
        "occurrences": stored.occurrences,
        "reason": finding.reason,
        "account": finding.resource.account,
        "region": finding.resource.region,
        "resource_type": finding.resource.type,
        "resource_id": finding.resource.id,
        "actor": actor,
        "body": finding,
        "change": stored.change,
        "waiver": stored.waiver,
        "resolved_at": stored.resolved_at,
        "resolved_why": stored.resolved_why,
        "search": "\n".join(words).lower()[:SEARCH_KEPT],
    }


def stored_finding(row: Any) -> StoredFinding:
    """A row of the findings' table as what it says."""
    return StoredFinding(
        finding=msgspec.convert(row.body, Finding),
        status=Status(row.status),
        revision=row.revision,
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
        occurrences=row.occurrences,
        change=row.change,
        waiver=row.waiver,
        resolved_at=row.resolved_at,
        resolved_why=row.resolved_why,
    )
