"""The audit log as a list, and whether its chain is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nephoscope.model.query import Field, Type
from nephoscope.portal.shapes.people import AuditRow, AuditState
from nephoscope.portal.sources import LedgerSource
from nephoscope.store.audit import verify
from nephoscope.store.ledger_lists import LedgerList
from nephoscope.store.portal_tables import AUDIT

if TYPE_CHECKING:
    from nephoscope.portal.caller import Caller

FIELDS = {
    field.name: field
    for field in (
        Field("action", Type.WORD, "what was done", is_facet=True),
        Field("user_name", Type.WORD, "who did it", is_facet=True),
        Field("way", Type.WORD, "session, token, command", is_facet=True),
        Field("outcome", Type.WORD, "done, refused", is_facet=True),
        Field("ip", Type.WORD, "", is_facet=True),
        Field("object", Type.TEXT, "to what"),
        Field("number", Type.NUMBER, "", is_sortable=True),
        Field("at", Type.TIME, "", is_sortable=True),
    )
}
LISTING = LedgerList(
    "audit",
    AUDIT,
    FIELDS,
    {name: AUDIT.c[name] for name in FIELDS},
    (AUDIT.c.number,),
    None,
    AUDIT.c.user_name + " " + AUDIT.c.action + " " + AUDIT.c.object,
    "-number",
)


def _shown(_: Caller, __: Any, rows: list[Any]) -> list[AuditRow]:
    same = [name for name in AuditRow.model_fields if name != "user"]
    return [AuditRow(**{name: getattr(row, name) for name in same}, user=row.user_id) for row in rows]


SOURCE = LedgerSource(LISTING, _shown)


def verified(me: Caller) -> AuditState:
    """Compute the chain again."""
    with me.portal.ledger.read() as connection:
        chain = verify(connection)
    return AuditState(is_whole=chain.is_whole, rows=chain.rows, broken_at=chain.broken_at, head=chain.head)
