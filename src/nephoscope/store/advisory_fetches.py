"""When each feed was asked for at its publisher, what came of it, and which version of its files is here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from nephoscope.store.ledger import upsert
from nephoscope.store.package_tables import FETCHES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection


@dataclass(frozen=True)
class Fetch:
    """The latest attempt of one feed. checked_at: when the publisher last said what there is; None if it never did.

    cause: why the latest attempt failed; empty if it did not. parts: {file: which version of it the feed was made of}.
    """

    name: str
    tried_at: datetime
    checked_at: datetime | None = None
    cause: str = ""
    parts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, "Mapping[str, Any]"])


def put_fetch(connection: Connection, fetch: Fetch) -> None:
    """Note an attempt, in place of the one before."""
    upsert(FETCHES, [{name: getattr(fetch, name) for name in Fetch.__dataclass_fields__}], connection)


def drop_fetch(connection: Connection, name: str) -> None:
    """Forget that a feed was ever asked for."""
    connection.execute(delete(FETCHES).where(FETCHES.c.name == name))


def list_fetches(connection: Connection) -> dict[str, Fetch]:
    """The latest attempt of every feed that was ever asked for, by name."""
    rows = connection.execute(select(FETCHES).order_by(FETCHES.c.name))
    return {row.name: Fetch(*(getattr(row, name) for name in Fetch.__dataclass_fields__)) for row in rows}
