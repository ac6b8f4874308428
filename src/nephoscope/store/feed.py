"""The feed: everything that changed, in the order in which it was decided; written in the deciding transaction.

Triggers, exporters and the live stream read it, each from a place of its own that it keeps with what it did. Writers of
the ledger come one after the other, so numbers rise without holes, in the order of commits: who has read to a number
has missed nothing before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select

from nephoscope.store.state import get_state, put_state
from nephoscope.store.tables import FEED

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection

AT_ONCE = 500
LAST = "feed/last"


@dataclass(frozen=True)
class Change:
    """What changed. number: its place in the feed. topic: finding, item, coverage, event or run.

    key: of what changed (a finding's uid, `account/region/type/id`, a gap's area and subject, a run's id).
    body: JSON-ready facts for those who only look on; who acts on it reads what is kept now.
    """

    number: int
    topic: str
    key: str
    body: dict[str, Any]
    made_at: datetime


def tell(connection: Connection, topic: str, changes: Sequence[tuple[str, dict[str, Any]]]) -> None:
    """Add changes, as (key, body), in the transaction that decided on them."""
    if not changes:
        return
    last = get_state(connection, LAST) or 0
    now = datetime.now(UTC)
    rows = [
        {"number": number, "topic": topic, "key": key, "body": body, "made_at": now}
        for number, (key, body) in enumerate(changes, last + 1)
    ]
    connection.execute(insert(FEED), rows)
    put_state(connection, LAST, last + len(rows))


def changes_after(
    connection: Connection, number: int, topics: Collection[str] = (), limit: int = AT_ONCE
) -> list[Change]:
    """The changes behind a place, oldest first; of these topics, or of all."""
    query = select(FEED).where(FEED.c.number > number).order_by(FEED.c.number).limit(limit)
    if topics:
        query = query.where(FEED.c.topic.in_(list(topics)))
    return [Change(row.number, row.topic, row.key, row.body, row.made_at) for row in connection.execute(query)]


def last_number(connection: Connection) -> int:
    """The number of the newest change; 0 where there never was one."""
    return int(get_state(connection, LAST) or 0)


def first_number(connection: Connection) -> int:
    """The number of the oldest change that is still kept; one more than the last where none is."""
    found = connection.scalar(select(func.min(FEED.c.number)))
    return last_number(connection) + 1 if found is None else int(found)


def place_of(connection: Connection, reader: str) -> int:
    """To which number a reader has read; 0 for one that never did."""
    return int(get_state(connection, f"feed/at/{reader}") or 0)


def put_place(connection: Connection, reader: str, number: int) -> None:
    """Keep how far a reader has read, in the transaction that keeps what it made of it."""
    put_state(connection, f"feed/at/{reader}", number)


def forget_before(connection: Connection, moment: datetime, readers: Collection[str] = ()) -> int:
    """Drop changes made before a moment that every one of these readers has read; returns how many."""
    read = min((place_of(connection, reader) for reader in readers), default=last_number(connection))
    gone = delete(FEED).where(FEED.c.made_at < moment, FEED.c.number <= read)
    return connection.execute(gone).rowcount
