"""The list of waivers, and what can be done with one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from nephoscope.expression import compile_expression
from nephoscope.model.errors import ContentError
from nephoscope.model.query import Field, Type
from nephoscope.model.waiver import Waiver
from nephoscope.portal.permissions import Permission
from nephoscope.portal.problems import ProblemError
from nephoscope.portal.shapes.common import Fault
from nephoscope.portal.shapes.waivers import WaiverProposal, WaiverRow, WaiverTry
from nephoscope.portal.sources import MemorySource
from nephoscope.store.counts import count_by, findings_in
from nephoscope.store.tables import FINDINGS
from nephoscope.store.waivers import (
    SCOPE,
    WaiverRefused,
    apply_waivers,
    approve_waiver,
    get_waiver,
    list_waivers,
    propose_waiver,
    revoke_waiver,
    scope_values,
    waiver_state,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from nephoscope.portal.caller import Caller

FIELDS = {
    field.name: field
    for field in (
        Field("state", Type.WORD, "", ("proposed", "holding", "expired", "revoked"), is_facet=True, is_sortable=True),
        Field("uid", Type.WORD, "its own id"),
        Field("scope", Type.TEXT, "the expression"),
        Field("reason", Type.TEXT, "why"),
        Field("owner", Type.WORD, "whose it is", is_facet=True, is_sortable=True),
        Field("requested_by", Type.WORD, "", is_facet=True),
        Field("approved_by", Type.WORD, ""),
        Field("findings", Type.NUMBER, "how many it waives now", is_sortable=True),
        Field("requested_at", Type.TIME, "", is_sortable=True),
        Field("expires_at", Type.TIME, "", is_sortable=True),
    )
}
SAMPLE = 20


def _rows(me: Caller) -> list[dict[str, Any]]:
    with me.portal.ledger.read() as connection:
        waivers = list_waivers(connection)
        counts = count_by(connection, FINDINGS.c.waiver, me.scope)
    now = me.portal.clock()
    return [_row(me, waiver, counts.get(waiver.uid, 0), now) for waiver in waivers if _sees(me, waiver, counts)]


def _sees(me: Caller, waiver: Waiver, counts: dict[str, int]) -> bool:
    """What binds no account is seen by callers of all, by who asked for it, and where it waives what is in scope."""
    return me.scope.is_all or waiver.requested_by == me.name or waiver.uid in counts


def _row(me: Caller, waiver: Waiver, findings: int, now: datetime) -> dict[str, Any]:
    kept = {name: getattr(waiver, name) for name in WaiverRow.model_fields if hasattr(waiver, name)}
    state = waiver_state(waiver, now)
    return kept | {"state": state, "findings": findings, "can": _rights(me, waiver, state)}


def _rights(me: Caller, waiver: Waiver, state: str) -> list[str]:
    can: list[str] = []
    if state == "proposed" and me.may(Permission.APPROVE) and me.scope.is_all and waiver.requested_by != me.name:
        can.append("approve")
    if state in ("proposed", "holding") and _may_revoke(me, waiver):
        can.append("revoke")
    return can


def _may_revoke(me: Caller, waiver: Waiver) -> bool:
    return waiver.requested_by == me.name or (me.may(Permission.APPROVE) and me.scope.is_all)


SOURCE = MemorySource("waivers", FIELDS, "-requested_at", "uid", _rows, WaiverRow)


def shown(connection: Connection, me: Caller, uid: str) -> WaiverRow:
    """A waiver in sight. Raises `not-found`."""
    waiver = get_waiver(connection, uid)
    counts = count_by(connection, FINDINGS.c.waiver, me.scope)
    if waiver is None or not _sees(me, waiver, counts):
        raise ProblemError("not-found", "There is no waiver of this uid")
    return WaiverRow(**_row(me, waiver, counts.get(uid, 0), me.portal.clock()))


def bound(me: Caller, scope: str) -> str:
    """A scope that covers nothing beyond the caller's accounts. Raises `bad-value` for one that does not load."""
    _loaded(scope)
    if me.scope.is_all:
        return scope
    accounts = ", ".join(msgspec.json.encode(account).decode() for account in me.scope.names)
    bounded = f"account in [{accounts}] && (\n{scope}\n)"
    _loaded(bounded)
    return bounded


def _loaded(scope: str) -> Any:
    try:
        return compile_expression(scope, SCOPE, "scope")
    except ContentError as error:
        raise ProblemError("bad-value", str(error), [Fault(pointer="#/scope", detail=str(error))]) from None


def propose(connection: Connection, me: Caller, proposal: WaiverProposal) -> WaiverRow:
    """Keep a proposal."""
    now, expires = me.portal.clock(), proposal.expires_at
    expires = expires.replace(tzinfo=UTC) if expires.tzinfo is None else expires.astimezone(UTC)
    scope = bound(me, proposal.scope)
    try:
        waiver = propose_waiver(
            connection, Waiver("", scope, proposal.reason, proposal.owner, me.name, now, expires), now
        )
    except WaiverRefused as error:
        raise ProblemError("bad-value", str(error)) from None
    return shown(connection, me, waiver.uid)


def approve(connection: Connection, me: Caller, uid: str) -> WaiverRow:
    """Approve somebody else's; it applies at once. A waiver binds no account, so that callers of some may not."""
    shown(connection, me, uid)
    if not me.scope.is_all:
        raise ProblemError("not-allowed", "A waiver is approved by somebody whose scope is all accounts")
    try:
        approve_waiver(connection, uid, me.name, me.portal.clock())
    except WaiverRefused as error:
        raise ProblemError("conflict", str(error)) from None
    apply_waivers(connection, at=me.portal.clock())
    return shown(connection, me, uid)


def revoke(connection: Connection, me: Caller, uid: str) -> WaiverRow:
    """End a waiver; what it waived is open again at once."""
    shown(connection, me, uid)
    waiver = get_waiver(connection, uid)
    if waiver is None or not _may_revoke(me, waiver):
        raise ProblemError("not-allowed", "A waiver is revoked by who asked for it, or by who may approve")
    try:
        revoke_waiver(connection, uid, me.name, me.portal.clock())
    except WaiverRefused as error:
        raise ProblemError("conflict", str(error)) from None
    apply_waivers(connection, at=me.portal.clock())
    return shown(connection, me, uid)


def tried(me: Caller, scope: str) -> WaiverTry:
    """What a scope would cover among the open and waived findings in the caller's scope."""
    expression = _loaded(bound(me, scope))
    covered: list[str] = []
    looked_at = faults = 0
    with me.portal.ledger.read() as connection:
        for finding in findings_in(connection, me.scope):
            looked_at += 1
            try:
                if expression.evaluate(scope_values(finding)):
                    covered.append(finding.uid)
            except ContentError:
                faults += 1
    return WaiverTry(count=len(covered), looked_at=looked_at, sample=covered[:SAMPLE], faults=faults)
