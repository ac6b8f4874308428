"""How far back a source is read after nobody read it; what lies further back is a gap until somebody reads it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from nephoscope.keep import keep_gaps
from nephoscope.model.coverage import Gap
from nephoscope.store.state import drop_state, get_state, put_state

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from nephoscope.keep import Stores

AREA = "absence"
DAY = timedelta(days=1)
LONGEST_ABSENCE = 14 * DAY

Span = tuple[datetime, datetime]


@dataclass
class Absence:
    """One source that nobody read for a while. since: what is to be read from, where somebody says so.

    days: how many days more than usual the source looks back, from `at`.
    """

    name: str
    stores: Stores
    since: datetime | None = None
    days: int = field(init=False)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    from_at: datetime = field(init=False)

    def __post_init__(self) -> None:
        now = self.at
        with self.stores.ledger.read() as connection:
            read_at = get_state(connection, f"read/{self.name}")
            kept = absent(connection, self.name)
        ended_at = datetime.fromisoformat(read_at) if read_at else now
        asked = now - self.since if self.since else timedelta()
        self.days = -(-max(min(now - ended_at, LONGEST_ABSENCE), asked, timedelta()) // DAY)
        self.from_at = now - self.days * DAY
        missed = _joined(kept, (ended_at, self.from_at) if ended_at < self.from_at else None)
        if missed and missed[0] < self.from_at:
            self._open(missed)

    def read(self, connection: Connection, now: datetime) -> bool:
        """All that the source looks back to was read; answers whether that ends an absence."""
        put_state(connection, f"read/{self.name}", now.isoformat())
        kept = absent(connection, self.name)
        if kept is None or kept[0] < self.from_at:
            return False
        drop_state(connection, _state(self.name))
        return True

    @property
    def gap(self) -> Gap:
        """The gap as it closes."""
        return Gap(AREA, self.name, "")

    def _open(self, missed: Span) -> None:
        first, last = missed
        with self.stores.ledger.write() as connection:
            put_state(connection, _state(self.name), [each.isoformat() for each in missed])
        cause = (
            f"logs from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC were not looked for: nobody read the "
            f"source for so long; read them: nephoscope collect --once {self.name} --since {first - DAY:%Y-%m-%d}"
        )
        keep_gaps(self.stores, [Gap(AREA, self.name, cause)])


def absent(connection: Connection, name: str) -> Span | None:
    """From when to when a source's logs were not looked for; None if there is no such time."""
    kept = get_state(connection, _state(name))
    return (datetime.fromisoformat(kept[0]), datetime.fromisoformat(kept[1])) if kept else None


def _state(name: str) -> str:
    return f"absent/{name}"


def _joined(one: Span | None, other: Span | None) -> Span | None:
    """The time from the beginning of the first to the end of the last."""
    if one is None or other is None:
        return one or other
    return min(one[0], other[0]), max(one[1], other[1])
