"""The list of deliveries, and what can be done with one that its receiver refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from nephoscope.model.query import Field, Type
from nephoscope.pipeline.exports import put_again
from nephoscope.portal.problems import ProblemError
from nephoscope.portal.shapes.exporters import DeliveryRow
from nephoscope.portal.sources import LedgerSource
from nephoscope.store.deliveries import ENDED, get_deliveries
from nephoscope.store.export_tables import DELIVERIES
from nephoscope.store.ledger_lists import LedgerList

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from nephoscope.portal.caller import Caller

STATES = ("waiting", "collected", "held", "parked", "sent", "digested", "replaced", "cancelled", "dropped")
FIELDS = {
    field.name: field
    for field in (
        Field("state", Type.WORD, "", STATES, is_facet=True, is_sortable=True),
        Field("exporter", Type.WORD, "", is_facet=True, is_sortable=True),
        Field("route", Type.WORD, "", is_facet=True),
        Field("what", Type.WORD, "what became of it: opened, resolved", is_facet=True),
        Field("subject", Type.WORD, "uid of the finding that it is about"),
        Field("title", Type.TEXT, ""),
        Field("error", Type.TEXT, "why it was not taken"),
        Field("id", Type.WORD, ""),
        Field("tries", Type.NUMBER, "", is_sortable=True),
        Field("made_at", Type.TIME, "", is_sortable=True),
        Field("due_at", Type.TIME, "", is_sortable=True),
        Field("ended_at", Type.TIME, "", is_sortable=True),
    )
}
LISTING = LedgerList(
    "deliveries",
    DELIVERIES,
    FIELDS,
    {name: DELIVERIES.c[name] for name in FIELDS},
    (DELIVERIES.c.id,),
    None,
    DELIVERIES.c.title + " " + DELIVERIES.c.exporter + " " + DELIVERIES.c.error,
    "-made_at",
)


def _rows(_: Caller, __: Any, rows: list[Any]) -> list[DeliveryRow]:
    return [_row(row) for row in rows]


def _row(row: Any) -> DeliveryRow:
    can = ["retry", "drop"] if row.state == "parked" else [] if row.state in ENDED else ["drop"]
    return DeliveryRow(**{name: getattr(row, name) for name in DeliveryRow.model_fields if name != "can"}, can=can)


SOURCE = LedgerSource(LISTING, _rows)


def change(connection: Connection, me: Caller, id_: str, how: Literal["retry", "drop"]) -> DeliveryRow:
    """Send a parked delivery again, or give one up that was not sent. Raises `not-found` and `conflict`."""
    if not get_deliveries(connection, [id_]):
        raise ProblemError("not-found", "There is no delivery of this id")
    if not put_again(connection, [id_], how, me.portal.clock()):
        raise ProblemError("conflict", "It is not parked" if how == "retry" else "It has ended")
    return _row(get_deliveries(connection, [id_])[0])
