"""The feeds of advisories that are here: from which file, how many, how new, and whether all was matched with them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from nephoscope.store.ledger import upsert
from nephoscope.store.package_tables import FEEDS

if TYPE_CHECKING:
    from sqlalchemy import Connection


KEPT = "2"  # what is kept of a match; another number has every feed matched again


@dataclass(frozen=True)
class Feed:
    """One feed. file: its name in the folder of advisories; newest_at: when its latest record was modified, as it says.

    judged: the content that everything known was matched with, and how; empty if there was none.
    """

    name: str
    file: str
    sha256: str
    advisories: int
    newest_at: str
    imported_at: datetime
    judged: str = ""

    @property
    def is_judged(self) -> bool:
        """Whether everything known was matched with what it says now."""
        return self.judged == _mark(self.sha256)


def _mark(sha256: str) -> str:
    return f"{sha256} {KEPT}"


def age_days(newest_at: str, now: datetime | None = None) -> int | None:
    """Whole days since a feed's newest advisory; None if it says none."""
    try:
        at = datetime.fromisoformat(newest_at)
    except ValueError:
        return None
    return ((now or datetime.now(UTC)) - (at if at.tzinfo else at.replace(tzinfo=UTC))).days


def put_feed(connection: Connection, feed: Feed) -> None:
    """Keep a feed; what was judged by what it said before stays known."""
    upsert(FEEDS, [{name: getattr(feed, name) for name in Feed.__dataclass_fields__}], connection, keep=("judged",))


def list_feeds(connection: Connection) -> list[Feed]:
    """Every feed, by name."""
    rows = connection.execute(select(FEEDS).order_by(FEEDS.c.name))
    return [Feed(*(getattr(row, name) for name in Feed.__dataclass_fields__)) for row in rows]


def mark_feed_judged(connection: Connection, feed: Feed) -> None:
    """Note that everything known was matched with a feed's content, unless it changed meanwhile."""
    same = (FEEDS.c.name == feed.name) & (FEEDS.c.sha256 == feed.sha256)
    connection.execute(update(FEEDS).where(same).values(judged=_mark(feed.sha256)))


def drop_feed(connection: Connection, name: str) -> None:
    """Forget a feed."""
    connection.execute(delete(FEEDS).where(FEEDS.c.name == name))
