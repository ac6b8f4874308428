"""Waivers: proposed by one, approved by another, applied to findings in scope until they expire or are revoked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import select

from nephoscope.expression import Expression, Type, compile_expression
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import ContentError, NephoscopeError
from nephoscope.model.finding import Finding, Status
from nephoscope.model.waiver import Waiver
from nephoscope.store.findings import FindingChange, StoredFinding, set_status, stored_finding
from nephoscope.store.gaps import close_gaps, record_gaps
from nephoscope.store.ledger import upsert
from nephoscope.store.tables import FINDINGS, WAIVERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection

SCOPE: Mapping[str, Type] = {
    "uid": "string",
    "kind": "string",
    "rule": "string",
    "title": "string",
    "severity": "string",
    "rank": "int",
    "reason": "string",
    "account": "string",
    "region": "string",
    "resource_type": "string",
    "resource_id": "string",
    "actor": "string",
    "actor_type": "string",
    "ip": "string",
    "tags": "list(string)",
    "time": "timestamp",
}
AT_ONCE = 1_000


class WaiverRefused(NephoscopeError):
    """A waiver cannot be proposed, approved or revoked so; the text says why."""


def scope_values(finding: Finding) -> dict[str, Any]:
    """What a waiver's scope may ask of a finding; the names of `SCOPE`."""
    actor = finding.actor
    return {
        "uid": finding.uid,
        "kind": str(finding.kind),
        "rule": finding.rule,
        "title": finding.title,
        "severity": str(finding.severity),
        "rank": finding.severity.rank,
        "reason": finding.reason,
        "account": finding.resource.account,
        "region": finding.resource.region,
        "resource_type": finding.resource.type,
        "resource_id": finding.resource.id,
        "actor": str(actor) if actor else "",
        "actor_type": actor.type if actor else "",
        "ip": actor.ip if actor else "",
        "tags": list(finding.tags),
        "time": finding.time,
    }


def propose_waiver(connection: Connection, proposal: Waiver, at: datetime | None = None) -> Waiver:
    """Keep a proposal; it applies once somebody else has approved it.

    proposal: its uid may be empty, then one is made. Raises WaiverRefused or ContentError if it says too little, its
    scope does not load, or it has expired.
    """
    now = at or datetime.now(UTC)
    for name in ("reason", "owner", "requested_by"):
        if not getattr(proposal, name).strip():
            raise WaiverRefused(f"A waiver needs its {name.replace('_', ' ')}")
    if proposal.expires_at <= now:
        raise WaiverRefused(f"The waiver would have expired at {proposal.expires_at:%Y-%m-%d %H:%M} UTC already")
    waiver = replace(
        proposal,
        uid=proposal.uid or uuid4().hex[:12],
        requested_at=now,
        approved_by="",
        approved_at=None,
        revoked_by="",
        revoked_at=None,
    )
    compile_expression(waiver.scope, SCOPE, _where(waiver))
    if get_waiver(connection, waiver.uid):
        raise WaiverRefused(f"There is a waiver {waiver.uid} already")
    _save(connection, waiver)
    return waiver


def approve_waiver(connection: Connection, uid: str, by: str, at: datetime | None = None) -> Waiver:
    """Approve a proposal; who asked for it may not. Raises WaiverRefused."""
    now = at or datetime.now(UTC)
    waiver = _needed(connection, uid)
    if not by.strip():
        raise WaiverRefused("An approval needs the name of who approves")
    if _folded(by) == _folded(waiver.requested_by):
        raise WaiverRefused(f"Waiver {uid} was requested by {waiver.requested_by}: somebody else has to approve it")
    if waiver.revoked_at or waiver.approved_at or waiver.expires_at <= now:
        raise WaiverRefused(f"Waiver {uid} is {waiver_state(waiver, now)} and cannot be approved")
    approved = replace(waiver, approved_by=by, approved_at=now)
    _save(connection, approved)
    return approved


def revoke_waiver(connection: Connection, uid: str, by: str, at: datetime | None = None) -> Waiver:
    """End a waiver, or withdraw a proposal; anyone who may steer may. Raises WaiverRefused."""
    now = at or datetime.now(UTC)
    waiver = _needed(connection, uid)
    if not by.strip():
        raise WaiverRefused("A revocation needs the name of who revokes")
    if waiver.revoked_at:
        raise WaiverRefused(f"Waiver {uid} was revoked by {waiver.revoked_by} already")
    revoked = replace(waiver, revoked_by=by, revoked_at=now)
    _save(connection, revoked)
    return revoked


def waiver_state(waiver: Waiver, now: datetime) -> str:
    """One of proposed, holding, expired, revoked."""
    if waiver.revoked_at:
        return "revoked"
    if waiver.expires_at <= now:
        return "expired"
    return "holding" if waiver.holds(now) else "proposed"


def list_waivers(connection: Connection) -> list[Waiver]:
    """Every waiver, the newest proposal first."""
    query = select(WAIVERS).order_by(WAIVERS.c.requested_at.desc(), WAIVERS.c.uid)
    return [_waiver(row) for row in connection.execute(query)]


def get_waiver(connection: Connection, uid: str) -> Waiver | None:
    """A waiver; None if there is none of that uid."""
    row = connection.execute(select(WAIVERS).where(WAIVERS.c.uid == uid)).one_or_none()
    return _waiver(row) if row else None


def apply_waivers(
    connection: Connection, uids: Iterable[str] | None = None, at: datetime | None = None
) -> list[FindingChange]:
    """Waive open findings that a holding waiver covers, and open those again whose waiver holds no more.

    uids: of the findings to look at (those just found); None looks at all. A scope that errs does not apply to that
    finding, and is a gap (area "waiver"), which closes when a later pass over all findings meets no error.
    """
    now = at or datetime.now(UTC)
    holding = {waiver.uid: waiver for waiver in list_waivers(connection) if waiver.holds(now)}
    scopes, failed = _scopes(holding.values())
    changes: list[FindingChange] = []
    for stored in _to_look_at(connection, uids, (Status.OPEN, Status.WAIVED) if scopes else (Status.WAIVED,)):
        waiver, errors = _covering(stored.finding, scopes)
        failed |= errors
        changes += _settle(connection, stored, waiver, now)
    record_gaps(connection, failed.values(), now)
    if uids is None:
        fine = [gap_key for uid in holding if (gap_key := _gap_key(uid)) not in failed]
        close_gaps(connection, fine, now)
    return changes


def _scopes(waivers: Iterable[Waiver]) -> tuple[dict[str, Expression], dict[Any, Gap]]:
    scopes: dict[str, Expression] = {}
    failed: dict[Any, Gap] = {}
    for waiver in waivers:
        try:
            scopes[waiver.uid] = compile_expression(waiver.scope, SCOPE, _where(waiver))
        except ContentError as error:
            failed[_gap_key(waiver.uid)] = Gap("waiver", waiver.uid, str(error))
    return scopes, failed


def _covering(finding: Finding, scopes: Mapping[str, Expression]) -> tuple[str, dict[Any, Gap]]:
    failed: dict[Any, Gap] = {}
    values = scope_values(finding)
    for uid, scope in scopes.items():
        try:
            if scope.evaluate(values):
                return uid, failed
        except ContentError as error:
            failed[_gap_key(uid)] = Gap("waiver", uid, str(error))
    return "", failed


def _settle(connection: Connection, stored: StoredFinding, waiver: str, now: datetime) -> list[FindingChange]:
    if stored.status is Status.OPEN and waiver:
        waived = replace(stored, status=Status.WAIVED, waiver=waiver, revision=stored.revision + 1)
        return set_status(connection, [waived], f"waived by {waiver}", now)
    if stored.status is Status.WAIVED and not waiver:
        opened = replace(stored, status=Status.OPEN, waiver="", revision=stored.revision + 1)
        return set_status(connection, [opened], f"waiver {stored.waiver} holds no more", now)
    if stored.status is Status.WAIVED and stored.waiver != waiver:
        moved = replace(stored, waiver=waiver, revision=stored.revision + 1)
        return set_status(connection, [moved], f"waived by {waiver}", now)
    return []


def _to_look_at(
    connection: Connection, uids: Iterable[str] | None, statuses: tuple[Status, ...]
) -> list[StoredFinding]:
    query = select(FINDINGS).where(FINDINGS.c.status.in_(statuses)).order_by(FINDINGS.c.uid)
    if uids is None:
        return [stored_finding(row) for row in connection.execute(query)]
    wanted = list(uids)
    found: list[StoredFinding] = []
    for start in range(0, len(wanted), AT_ONCE):
        part = query.where(FINDINGS.c.uid.in_(wanted[start : start + AT_ONCE]))
        found += [stored_finding(row) for row in connection.execute(part)]
    return found


def _needed(connection: Connection, uid: str) -> Waiver:
    waiver = get_waiver(connection, uid)
    if waiver is None:
        raise WaiverRefused(f"There is no waiver {uid}; nephoscope waivers list shows those there are")
    return waiver


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def _where(waiver: Waiver) -> str:
    return f"waiver {waiver.uid}"


def _gap_key(uid: str) -> tuple[str, str, str, str]:
    return ("waiver", uid, "", "")


def _save(connection: Connection, waiver: Waiver) -> None:
    upsert(WAIVERS, [{column.name: getattr(waiver, column.name) for column in WAIVERS.columns}], connection)


def _waiver(row: Any) -> Waiver:
    return Waiver(**{column.name: getattr(row, column.name) for column in WAIVERS.columns})
