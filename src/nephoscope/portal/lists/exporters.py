"""The list of exporters, one whole, and a test notice sent through it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from nephoscope.model.errors import ConfigError, DeliveryError
from nephoscope.model.query import Field, Type
from nephoscope.pipeline.exports import Exports, exports_of, send_test
from nephoscope.portal.audit import noted
from nephoscope.portal.problems import ProblemError
from nephoscope.portal.shapes.common import Done
from nephoscope.portal.shapes.exporters import Exporter, ExporterRow, ExportRoute
from nephoscope.portal.sources import MemorySource
from nephoscope.store.deliveries import count_deliveries
from nephoscope.store.export_tables import DELIVERIES

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from nephoscope.portal.caller import Caller

FIELDS = {
    field.name: field
    for field in (
        Field("type", Type.WORD, "", is_facet=True, is_sortable=True),
        Field("routes", Type.WORD, "that lead to it", is_facet=True, is_many=True),
        Field("name", Type.WORD, "", is_sortable=True),
        Field("waiting", Type.NUMBER, "", is_sortable=True),
        Field("parked", Type.NUMBER, "refused, until somebody retries", is_sortable=True),
        Field("sent", Type.NUMBER, "", is_sortable=True),
        Field("failure", Type.TEXT, "why the latest attempt failed"),
        Field("last_sent_at", Type.TIME, "", is_sortable=True),
    )
}


def _rows(me: Caller) -> list[dict[str, Any]]:
    exports = exports_of(me.portal.config)
    with me.portal.ledger.read() as connection:
        counts = count_deliveries(connection)
        return [_row(connection, me, exports, name, counts.get(name, {})) for name in exports.exporters]


def _row(connection: Connection, me: Caller, exports: Exports, name: str, counts: dict[str, int]) -> dict[str, Any]:
    own = DELIVERIES.c.exporter == name
    last_sent = connection.scalar(select(func.max(DELIVERIES.c.ended_at)).where(own, DELIVERIES.c.state == "sent"))
    failing = select(DELIVERIES.c.error).where(
        own, DELIVERIES.c.state.in_(("waiting", "parked")), DELIVERIES.c.tries > 0
    )
    return {
        "name": name,
        "type": str(me.portal.config.exporters[name]["type"]),
        "routes": [each.name for each in exports.routes.values() if name in (*each.to, *each.escalate_to)],
        **{state: counts.get(state, 0) for state in ("waiting", "parked", "sent")},
        "last_sent_at": last_sent,
        "failure": connection.scalar(failing.order_by(DELIVERIES.c.due_at.desc()).limit(1)) or "",
        "permissions": list(exports.exporters[name].permissions),
    }


SOURCE = MemorySource("exporters", FIELDS, "name", "name", _rows, ExporterRow)


def shown(me: Caller, name: str) -> Exporter:
    """An exporter with the routes that lead to it, as they are configured. Raises `not-found`."""
    row = _found(me, name)
    routes = [ExportRoute(name=each, settings=dict(me.portal.config.routes[each])) for each in row["routes"]]
    return Exporter(**row, leading=routes, can=["test"])


def _found(me: Caller, name: str) -> dict[str, Any]:
    row = next((each for each in _rows(me) if each["name"] == name), None)
    if row is None:
        raise ProblemError("not-found", "There is no exporter of this name")
    return row


def tested(me: Caller, name: str) -> Done:
    """Send a test notice now. Raises `not-found`, and `conflict` with what the receiver answered."""
    _found(me, name)
    try:
        send_test(me.portal.config, name)
    except (DeliveryError, ConfigError) as error:
        noted(me, "exporter test", name, {"error": str(error)[:500]}, "refused")
        raise ProblemError("conflict", str(error)[:500]) from None
    noted(me, "exporter test", name)
    return Done()
