"""Actions on everything that a query selects: first counted, then done to exactly what was counted."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import select

from nephoscope.portal.cursors import seal, unseal
from nephoscope.portal.listing import parsed
from nephoscope.portal.lists.findings import LISTING, SOURCE, shown
from nephoscope.portal.lists.waivers import propose
from nephoscope.portal.permissions import Permission
from nephoscope.portal.problems import ProblemError
from nephoscope.portal.shapes.common import Fault
from nephoscope.portal.shapes.findings import BulkAction, BulkPreview, BulkQuery, BulkResult
from nephoscope.portal.shapes.waivers import WaiverProposal
from nephoscope.store.finding_notes import acknowledge, unacknowledge
from nephoscope.store.ledger_lists import matching, page
from nephoscope.store.tables import FINDINGS

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from nephoscope.portal.caller import Caller

PURPOSE = "findings bulk"
LASTS = timedelta(minutes=5)
MOST = 50_000
MOST_WAIVED = 200
SAMPLE = 5


def preview_bulk(me: Caller, asked: BulkQuery) -> BulkPreview:
    """Count what a query selects, and name that selection."""
    node, now = parsed(SOURCE, asked.q), me.portal.clock()
    with me.portal.ledger.read() as connection:
        uids = _selected(connection, me, node, now)
        rows = page(connection, LISTING, node, me.scope, now, sort=(("last_seen_at", True),), after=None, limit=SAMPLE)
        sample = shown(me, connection, rows)
    can = ["acknowledge", "unacknowledge"] if uids else []
    if uids and len(uids) <= MOST_WAIVED and me.may(Permission.PROPOSE):
        can.append("propose_waiver")
    token = {"q": asked.q, "user": me.user, "at": now, "of": _digest(uids)}
    return BulkPreview(count=len(uids), sample=sample, token=seal(me.portal.secret, PURPOSE, token), can=can)


def _selected(connection: Connection, me: Caller, node: Any, now: datetime) -> list[str]:
    where = matching(LISTING, node, me.scope, now)
    uids = list(connection.scalars(select(FINDINGS.c.uid).where(where).order_by(FINDINGS.c.uid).limit(MOST + 1)))
    if len(uids) > MOST:
        raise ProblemError("bad-value", f"At most {MOST:,} findings at once: narrow the query")
    return uids


def _digest(uids: list[str]) -> str:
    return hashlib.sha256(msgspec.json.encode(uids)).hexdigest()


def apply_bulk(connection: Connection, me: Caller, action: BulkAction) -> BulkResult:
    """Do it to the selection. Raises `conflict` where the query selects others by now, or the token is too old."""
    token = unseal(me.portal.secret, PURPOSE, action.token, "bad-value")
    now = me.portal.clock()
    if token["user"] != me.user or now - token["at"] > LASTS:
        raise ProblemError("conflict", "The preview is too old, or somebody else's: count again")
    uids = _selected(connection, me, parsed(SOURCE, token["q"]), token["at"])
    if _digest(uids) != token["of"]:
        raise ProblemError("conflict", "The query selects other findings by now: count again")
    if action.action == "propose_waiver":
        return _propose(connection, me, action, uids)
    do = acknowledge if action.action == "acknowledge" else unacknowledge
    do(connection, uids, me.name, action.text, now)
    return BulkResult(count=len(uids))


def _propose(connection: Connection, me: Caller, action: BulkAction, uids: list[str]) -> BulkResult:
    if not me.may(Permission.PROPOSE):
        raise ProblemError("not-allowed", "This asks for the permission propose")
    if not 0 < len(uids) <= MOST_WAIVED:
        raise ProblemError("bad-value", f"A waiver by query takes 1 to {MOST_WAIVED} findings; say a scope instead")
    missing = [name for name in ("text", "owner", "expires_at") if not getattr(action, name)]
    if missing or action.expires_at is None:
        faults = [Fault(pointer=f"#/{name}", detail="is needed for a waiver") for name in missing]
        raise ProblemError("bad-value", "A waiver needs its reason, owner and expiry", faults)
    scope = f"uid in [{', '.join(msgspec.json.encode(uid).decode() for uid in uids)}]"
    proposal = WaiverProposal(scope=scope, reason=action.text, owner=action.owner, expires_at=action.expires_at)
    return BulkResult(count=len(uids), waiver=propose(connection, me, proposal).uid)
