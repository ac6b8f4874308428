"""Changes that the ledger decided on and the lake keeps: written in the deciding transaction, carried over later.

A change has a key (finding and revision; item, check and time). Carrying it twice is carrying it once, because the
lake's table collapses rows of one key.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select

from nephoscope.store.ledger import insert_new
from nephoscope.store.tables import OUTBOX, key_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pyarrow as pa
    from sqlalchemy import Connection

    from nephoscope.store.lake import Lake
    from nephoscope.store.ledger import Ledger

AT_ONCE = 5_000


SINKS = {
    "finding_changes": (
        "uid revision changed_at status previous_status why kind rule title severity account region resource_type "
        "resource_id actor"
    ),
    "verdict_changes": "account region type id check changed_at verdict previous reason digest",
}


def put_changes(connection: Connection, sink: str, changes: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
    """Leave (key, row) for a sink of the lake, in the transaction that decided on them."""
    now = datetime.now(UTC)
    insert_new(OUTBOX, [{"sink": sink, "key": key, "body": body, "made_at": now} for key, body in changes], connection)


def drain_outbox(ledger: Ledger, lake: Lake) -> int:
    """Carry every waiting change into the lake; returns how many. May be killed anywhere and called again."""
    carried = 0
    for sink in SINKS:
        while count := _drain(ledger, lake, sink):
            carried += count
    return carried


def _drain(ledger: Ledger, lake: Lake, sink: str) -> int:
    query = select(OUTBOX.c.key, OUTBOX.c.body).where(OUTBOX.c.sink == sink)
    with ledger.read() as connection:
        waiting = connection.execute(query.order_by(OUTBOX.c.made_at, OUTBOX.c.key).limit(AT_ONCE)).all()
    if not waiting:
        return 0
    keys = [key for key, _ in waiting]
    lake.insert(sink, _table(sink, [body for _, body in waiting]), key_of(sink, *keys))
    with ledger.write() as connection:
        connection.execute(delete(OUTBOX).where(OUTBOX.c.sink == sink, OUTBOX.c.key.in_(keys)))
    return len(keys)


def _table(sink: str, bodies: list[dict[str, Any]]) -> pa.Table:
    import pyarrow as pa

    kinds = {"revision": pa.uint32(), "changed_at": pa.timestamp("ms", "UTC")}
    rows = [body | {"changed_at": datetime.fromisoformat(body["changed_at"])} for body in bodies]
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in SINKS[sink].split()])
    return pa.table([pa.array([row[each.name] for row in rows], each.type) for each in schema], schema=schema)


def waiting_changes(connection: Connection) -> int:
    """How many changes are still to be carried."""
    return int(connection.scalar(select(func.count()).select_from(OUTBOX)) or 0)
