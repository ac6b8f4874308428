"""LOGS ─ digests ─► hours: what a round over one trail's digests does."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from nephoscope.collect.completeness import Ingested, hour_of, hours
from nephoscope.keep import (
    keep_hours,
    keep_sight,
    withdraw_hours,
)
from nephoscope.pipeline.absence import LONGEST_ABSENCE
from nephoscope.store.seen import seen_since
from nephoscope.store.state import get_state, put_state

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from nephoscope.collect.verify import Verifier
    from nephoscope.keep import Stores

LOOKED = ("watched", "verified")


@dataclass
class Hours:
    """LOGS ─ digests ─► hours: how complete each hour of each account and region of a trail is.

    since: what is to be verified from, where that is longer ago than it was verified last.
    """

    name: str
    verifier: Verifier
    stores: Stores
    lookback: timedelta = timedelta(days=2)
    since: datetime | None = None
    is_blind: bool = field(default=True, init=False)

    def verify(self, now: datetime | None = None) -> bool:
        """One round over the hours that may still change, from when the trail was first read or watched."""
        now = now or datetime.now(UTC)
        withdraw_hours(self.stores, self.name, now)
        with self.stores.ledger.write() as connection:
            watched_at, verified_at = self._looked(connection, now)
            read = seen_since(connection, self.name, hour_of(verified_at - self.lookback))
        first = min((each.object.hour_at for each in read if each.object.hour_at is not None), default=now)
        since = hour_of(max(min(first, watched_at), verified_at - self.lookback))
        ingested = [Ingested(each.object.uri, each.sha256, each.object.delivered_at) for each in read]
        evidence, gaps = self.verifier.evidence(ingested, since, now)
        keep_hours(self.stores, [hour for each in evidence for hour in hours(each, since, now)], now)
        if gaps or self.is_blind:
            keep_sight(self.stores, "hours", self.name, gaps)
        self.is_blind = bool(gaps)
        with self.stores.ledger.write() as connection:
            put_state(
                connection, f"hours/{self.name}", {"watched": watched_at.isoformat(), "verified": now.isoformat()}
            )
        return False

    def _looked(self, connection: Connection, now: datetime) -> tuple[datetime, datetime]:
        """When the trail was first watched, and last verified: what was missed in between is made up for."""
        kept = get_state(connection, f"hours/{self.name}") or {}
        watched_at, verified_at = (datetime.fromisoformat(kept.get(each, now.isoformat())) for each in LOOKED)
        return min(watched_at, now), min(max(verified_at, now - LONGEST_ABSENCE), self.since or now, now)
