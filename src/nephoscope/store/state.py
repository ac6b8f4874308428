"""Small JSON values that must change together with what they belong to: correlation state, cursors, source status."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from nephoscope.store.ledger import upsert
from nephoscope.store.tables import STATE

if TYPE_CHECKING:
    from sqlalchemy import Connection


def get_state(connection: Connection, name: str) -> Any:
    """The value kept under a name; None if there never was one."""
    return connection.scalar(select(STATE.c.body).where(STATE.c.name == name))


def all_state(connection: Connection, prefix: str = "") -> dict[str, Any]:
    """Every value whose name begins so, by name."""
    query = select(STATE.c.name, STATE.c.body).where(STATE.c.name.startswith(prefix, autoescape=True))
    return {row.name: row.body for row in connection.execute(query.order_by(STATE.c.name))}


def put_state(connection: Connection, name: str, body: Any) -> None:
    """Keep a JSON value under a name."""
    upsert(STATE, [{"name": name, "body": body, "updated_at": datetime.now(UTC)}], connection)


def drop_state(connection: Connection, name: str) -> None:
    """Forget the value of a name."""
    connection.execute(delete(STATE).where(STATE.c.name == name))
