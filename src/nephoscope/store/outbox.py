"""Changes that the ledger decided on and the lake keeps: written in the deciding transaction, carried over later.

A change has a key (finding and revision; item, check and time). Carrying it twice is carrying it once, because the
lake's table collapses rows of one key.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import delete, func, insert, select

from nephoscope.store.tables import OUTBOX, key_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa
    from sqlalchemy import Connection

    from nephoscope.store.lake import Lake
    from nephoscope.store.ledger import Ledger

PARCEL = 1_000  # changes in one row of the outbox
PARCELS = 100


SINKS = {
    "finding_changes": (
        "uid revision changed_at status previous_status why kind rule title severity account region resource_type "
        "resource_id actor"
    ),
    "verdict_changes": "account region type id check changed_at verdict previous reason digest",
}


def put_changes(connection: Connection, sink: str, changes: Sequence[Mapping[str, Any]]) -> None:
    """Leave rows for a sink of the lake, in the transaction that decided on them."""
    now = datetime.now(UTC)
    parcels = [changes[start : start + PARCEL] for start in range(0, len(changes), PARCEL)]
    rows = [
        {"sink": sink, "key": uuid4().hex, "body": parcel, "changes": len(parcel), "made_at": now} for parcel in parcels
    ]
    if rows:
        connection.execute(insert(OUTBOX), rows)


def drain_outbox(ledger: Ledger, lake: Lake) -> int:
    """Carry every waiting change into the lake; returns how many. May be killed anywhere and called again."""
    carried = 0
    while waiting := _waiting(ledger):
        for sink, parcels in waiting.items():
            rows = [row for _, body in parcels for row in body]
            lake.insert(sink, _table(sink, rows), key_of(sink, *(key for key, _ in parcels)))
            carried += len(rows)
        with ledger.write() as connection:
            for sink, parcels in waiting.items():
                keys = [key for key, _ in parcels]
                connection.execute(delete(OUTBOX).where(OUTBOX.c.sink == sink, OUTBOX.c.key.in_(keys)))
    return carried


def _waiting(ledger: Ledger) -> dict[str, list[tuple[str, list[dict[str, Any]]]]]:
    """The oldest parcels of each sink that has any: (key, changes)."""
    query = select(OUTBOX.c.key, OUTBOX.c.body).order_by(OUTBOX.c.made_at, OUTBOX.c.key).limit(PARCELS)
    with ledger.read() as connection:
        found = {sink: connection.execute(query.where(OUTBOX.c.sink == sink)).all() for sink in SINKS}
    return {sink: [(row.key, row.body) for row in rows] for sink, rows in found.items() if rows}


def _table(sink: str, bodies: list[dict[str, Any]]) -> pa.Table:
    import pyarrow as pa

    kinds = {"revision": pa.uint32(), "changed_at": pa.timestamp("ms", "UTC")}
    rows = [body | {"changed_at": datetime.fromisoformat(body["changed_at"])} for body in bodies]
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in SINKS[sink].split()])
    return pa.table([pa.array([row[each.name] for row in rows], each.type) for each in schema], schema=schema)


def waiting_changes(connection: Connection) -> int:
    """How many changes are still to be carried."""
    return int(connection.scalar(select(func.sum(OUTBOX.c.changes))) or 0)
