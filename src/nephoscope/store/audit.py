"""The audit log: what people did, each row's hash covering the row before it; only ever added to.

Whoever changes, removes or inserts a row breaks the chain from there on. The newest number and hash are kept apart, so
that rows cut off the end are missed too; whoever can write both can forge, so export the log or note its head.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import insert, select

from nephoscope.store.portal_tables import AUDIT
from nephoscope.store.state import get_state, put_state
from nephoscope.store.tables import storable_json, to_micros

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Connection

HEAD = "audit/head"
AT_ONCE = 1_000


@dataclass(frozen=True)
class Entry:
    """Who did what to what, by which way, from where, with which outcome."""

    user: str
    name: str
    way: str
    ip: str
    action: str
    about: str = ""
    outcome: str = "done"
    detail: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class Chain:
    """What verifying found. broken_at: the first number that does not fit; None for a whole chain."""

    rows: int
    broken_at: int | None
    head: str

    @property
    def is_whole(self) -> bool:
        return self.broken_at is None


def record(connection: Connection, entry: Entry, at: datetime) -> None:
    """Add a row, in the transaction that does what it says."""
    head = get_state(connection, HEAD) or {"number": 0, "hash": ""}
    row: dict[str, Any] = {
        "number": head["number"] + 1,
        "at": at,
        "user_id": entry.user,
        "user_name": entry.name,
        "way": entry.way,
        "ip": entry.ip,
        "action": entry.action,
        "object": entry.about,
        "outcome": entry.outcome,
        "detail": storable_json(msgspec.to_builtins(entry.detail)),
    }
    row["hash"] = _hash(head["hash"], row)
    connection.execute(insert(AUDIT), row)
    put_state(connection, HEAD, {"number": row["number"], "hash": row["hash"]})


def _hash(previous: str, row: dict[str, Any]) -> str:
    said = {name: value for name, value in row.items() if name not in ("hash", "at")}
    text = msgspec.json.encode([previous, to_micros(row["at"]), storable_json(said)], order="sorted")
    return hashlib.sha256(text).hexdigest()


def verify(connection: Connection) -> Chain:
    """Compute the chain again."""
    previous, number = "", 0
    for row in _rows(connection):
        if row["number"] != number + 1 or row["hash"] != _hash(previous, row):
            return Chain(number, number + 1, previous)
        previous, number = row["hash"], row["number"]
    head = get_state(connection, HEAD) or {"number": 0, "hash": ""}
    is_whole = head == {"number": number, "hash": previous}
    return Chain(number, None if is_whole else number + 1, previous)


def _rows(connection: Connection) -> Iterator[dict[str, Any]]:
    last = 0
    while True:
        query = select(AUDIT).where(AUDIT.c.number > last).order_by(AUDIT.c.number).limit(AT_ONCE)
        rows = connection.execute(query).mappings().all()
        for row in rows:
            yield dict(row)
        if len(rows) < AT_ONCE:
            return
        last = rows[-1]["number"]
