"""The lists of gaps and of hours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import case

from nephoscope.model.coverage import HourState
from nephoscope.model.query import Field, Type
from nephoscope.portal.shapes.coverage import GapRow, HourRow
from nephoscope.portal.sources import LedgerSource
from nephoscope.store.ledger_lists import LedgerList
from nephoscope.store.tables import GAPS, HOURS

if TYPE_CHECKING:
    from nephoscope.portal.caller import Caller

GAP_FIELDS = {
    field.name: field
    for field in (
        Field("state", Type.WORD, "open, closed", ("open", "closed"), is_facet=True),
        Field("area", Type.WORD, "which boundary reports it", is_facet=True, is_sortable=True),
        Field("account", Type.WORD, "", is_facet=True),
        Field("region", Type.WORD, "", is_facet=True),
        Field("permission", Type.WORD, "the one that is missing", is_facet=True),
        Field("subject", Type.TEXT, "what cannot be seen"),
        Field("cause", Type.TEXT, "why"),
        Field("times", Type.NUMBER, "", is_sortable=True),
        Field("since", Type.TIME, "", is_sortable=True),
        Field("last_at", Type.TIME, "", is_sortable=True),
        Field("closed_at", Type.TIME, ""),
    )
}
STATE = case((GAPS.c.closed_at.is_(None), "open"), else_="closed")
GAPS_LISTING = LedgerList(
    "gaps",
    GAPS,
    GAP_FIELDS,
    {name: GAPS.c[name] for name in GAP_FIELDS if name != "state"} | {"state": STATE},
    (GAPS.c.key,),
    GAPS.c.account,
    GAPS.c.subject + " " + GAPS.c.cause,
    "-last_at",
)


def _gaps(_: Caller, __: Any, rows: list[Any]) -> list[GapRow]:
    return [GapRow(**row._mapping, state="closed" if row.closed_at else "open") for row in rows]


GAPS_SOURCE = LedgerSource(GAPS_LISTING, _gaps)
HOUR_FIELDS = {
    field.name: field
    for field in (
        Field("state", Type.WORD, "", tuple(map(str, HourState)), is_facet=True),
        Field("source", Type.WORD, "", is_facet=True),
        Field("account", Type.WORD, "", is_facet=True),
        Field("region", Type.WORD, "", is_facet=True),
        Field("start_at", Type.TIME, "", is_sortable=True),
        Field("changed_at", Type.TIME, "", is_sortable=True),
    )
}
HOURS_LISTING = LedgerList(
    "hours",
    HOURS,
    HOUR_FIELDS,
    {name: HOURS.c[name] for name in HOUR_FIELDS},
    (HOURS.c.source, HOURS.c.account, HOURS.c.region, HOURS.c.start_at),
    HOURS.c.account,
    HOURS.c.source + " " + HOURS.c.region,
    "-start_at",
    ("state", "source", "account", "region"),
)


def _hours(_: Caller, __: Any, rows: list[Any]) -> list[HourRow]:
    return [HourRow(**row._mapping) for row in rows]


HOURS_SOURCE = LedgerSource(HOURS_LISTING, _hours)
