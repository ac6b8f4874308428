"""The list of findings, and one finding whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, case, literal, select

from nephoscope.assess.assessor import builtin_checks
from nephoscope.detect.loading import abouts
from nephoscope.model.finding import Kind, Severity, Status
from nephoscope.model.query import Field, Type
from nephoscope.portal.keys import item_key, key
from nephoscope.portal.permissions import Permission
from nephoscope.portal.problems import ProblemError
from nephoscope.portal.shapes.findings import Finding, FindingRow
from nephoscope.portal.sources import LedgerSource
from nephoscope.store.finding_notes import notes_of
from nephoscope.store.findings import finding_history, stored_finding
from nephoscope.store.ledger_lists import LedgerList
from nephoscope.store.tables import FINDINGS
from nephoscope.store.waivers import get_waiver

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from nephoscope.portal.caller import Caller

FIELDS = {
    field.name: field
    for field in (
        Field("severity", Type.SEVERITY, "how grave", tuple(map(str, Severity)), is_facet=True, is_sortable=True),
        Field("status", Type.WORD, "open, resolved, waived", tuple(map(str, Status)), is_facet=True),
        Field("kind", Type.WORD, "what it is about", tuple(map(str, Kind)), is_facet=True),
        Field("account", Type.WORD, "the account's id", is_facet=True, is_sortable=True),
        Field("region", Type.WORD, "", is_facet=True),
        Field("resource_type", Type.WORD, "CloudFormation's, AWS::S3::Bucket", is_facet=True),
        Field("rule", Type.WORD, "the rule's id or the check's name", is_facet=True, is_sortable=True),
        Field("acknowledged", Type.BOOL, "somebody deals with it", is_facet=True),
        Field("resource_id", Type.WORD, "the resource's id"),
        Field("actor", Type.TEXT, "who did it"),
        Field("title", Type.TEXT, "what it is called", is_sortable=True),
        Field("reason", Type.TEXT, "what was found"),
        Field("uid", Type.WORD, "its own id"),
        Field("waiver", Type.WORD, "the waiver that holds"),
        Field("acknowledged_by", Type.WORD, "who deals with it"),
        Field("occurrences", Type.NUMBER, "how often it was found"),
        Field("revision", Type.NUMBER, "how often it changed"),
        Field("first_seen_at", Type.TIME, "", is_sortable=True),
        Field("last_seen_at", Type.TIME, "", is_sortable=True),
        Field("resolved_at", Type.TIME, ""),
    )
}
IS_ACKNOWLEDGED = case((FINDINGS.c.acknowledged_by != "", literal(True, Boolean)), else_=literal(False, Boolean))
COLUMNS = {name: FINDINGS.c[name] for name in FIELDS if name != "acknowledged"} | {"acknowledged": IS_ACKNOWLEDGED}
LISTING = LedgerList(
    "findings",
    FINDINGS,
    FIELDS,
    COLUMNS,
    (FINDINGS.c.uid,),
    FINDINGS.c.account,
    FINDINGS.c.search,
    "-last_seen_at",
    ("status", "severity", "kind", "account", "region", "resource_type", "rule", "acknowledged"),
    raw={"acknowledged": FINDINGS.c.acknowledged_by},
    covered=frozenset(("first_seen_at", "last_seen_at", "uid")),
)


def rights(me: Caller, status: str, is_acknowledged: bool) -> list[str]:
    """What a caller may do with a finding."""
    can: list[str] = []
    if me.may(Permission.ACKNOWLEDGE):
        can += ["unacknowledge" if is_acknowledged else "acknowledge", "note"]
    if me.may(Permission.PROPOSE) and status == Status.OPEN:
        can.append("waive")
    return can


def plain(me: Caller, row: Any) -> dict[str, Any]:
    """A row as the list shows it."""
    same = {name: getattr(row, name) for name in FindingRow.model_fields if name not in ("item", "tags", "can")}
    item = item_key(row.account, row.region, row.resource_type, row.resource_id)
    tags = list(row.body.get("tags", ()))
    return same | {"item": item, "tags": tags, "can": rights(me, row.status, bool(row.acknowledged_by))}


def shown(me: Caller, connection: Connection, rows: list[Any]) -> list[FindingRow]:
    """Rows as the list shows them."""
    return [FindingRow(**plain(me, row)) for row in rows]


SOURCE = LedgerSource(LISTING, shown)


def found(connection: Connection, me: Caller, uid: str) -> Any:
    """The row of a finding in scope. Raises `not-found`."""
    query = select(FINDINGS).where(FINDINGS.c.uid == uid, me.scope.condition(FINDINGS.c.account))
    row = connection.execute(query).one_or_none()
    if row is None:
        raise ProblemError("not-found", "There is no finding of this uid")
    return row


def whole(connection: Connection, me: Caller, row: Any) -> Finding:
    """A finding with everything that belongs to it."""
    stored = stored_finding(row)
    finding = stored.finding
    waiver = get_waiver(connection, stored.waiver) if stored.waiver else None
    events = [
        {name: getattr(each, name) for name in ("uid", "time", "source", "object", "index", "operation")}
        | {"key": key(finding.resource.account, each.uid)}
        for each in finding.events
    ]
    return Finding.model_validate(
        {
            **plain(me, row),
            **_explained(me, stored),
            "actor_detail": finding.actor,
            "detail": dict(finding.detail),
            "change": dict(stored.change),
            "events": events,
            "history": finding_history(connection, stored.uid),
            "notes": notes_of(connection, stored.uid),
            "waiver_detail": waiver and {"uid": waiver.uid, "reason": waiver.reason, "expires_at": waiver.expires_at},
        }
    )


def _explained(me: Caller, stored: Any) -> dict[str, Any]:
    """Why it matters and what to do, as its rule or check says."""
    finding = stored.finding
    about = abouts(me.portal.rules).get(finding.rule) if finding.kind is Kind.DETECTION else None
    if about:
        doubts = f"Rule out {' or '.join(about.falsepositives)}; then ask" if about.falsepositives else "Ask"
        advice = (
            f"{doubts} the actor; if it was not they, take their credentials out of use and read their other events."
        )
        return {
            "risk": " ".join(about.description.split()),
            "advice": advice,
            "references": list(about.references),
            "rule_where": about.where,
        }
    check = builtin_checks().get(finding.rule) if finding.kind is Kind.COMPLIANCE else None
    advice = str(finding.detail.get("fix") or (check.fix if check else ""))
    return {
        "risk": str(finding.detail.get("why") or (check.why if check else "")),
        "advice": advice or "Correct what was found; the finding resolves by itself when that is seen.",
        "references": [check.source] if check and check.source else [],
        "rule_where": "",
    }
