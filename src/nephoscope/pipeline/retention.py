"""Stores ─► what is kept no longer: what the daily round of retention does."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from nephoscope.pipeline.absence import LONGEST_ABSENCE, absent
from nephoscope.store import retention
from nephoscope.store.feed import forget_before
from nephoscope.store.state import put_state

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from nephoscope.collect.source import Source
    from nephoscope.config import Retention
    from nephoscope.keep import Stores

STATE = "retention"
MARGIN = timedelta(days=31)  # on top of how far any listing, or a queue's message, may look back


@dataclass(frozen=True)
class Forgetting:
    """What is deleted of which store, after how many days. readers: of the feed; what one has not read yet stays."""

    days: Retention
    stores: Stores
    sources: Mapping[str, Source]
    is_stopping: Callable[[], bool] = lambda: False
    readers: Collection[str] = ()

    def forget(self, now: datetime | None = None) -> bool:
        """One round; answers whether it was broken off. What it deleted is kept in the ledger for `doctor`."""
        now = now or datetime.now(UTC)
        counts: Counter[str] = Counter()
        for what, count in self._steps(now):
            counts[what] += count
            if self.is_stopping():
                return True
        with self.stores.ledger.write() as connection:
            put_state(connection, STATE, {"at": now.isoformat(), "deleted": dict(counts)})
        return False

    def _steps(self, now: datetime) -> Iterator[tuple[str, int]]:
        lake, ledger, days = self.stores.lake, self.stores.ledger, self.days
        steps = {
            "months of events": (days.events_days, lambda at: retention.drop_months(lake, at)),
            "revisions": (days.revisions_days, lambda at: retention.drop_revisions(lake, at)),
            "resolved findings": (days.resolved_findings_days, lambda at: retention.drop_findings(ledger, at)),
            "closed gaps": (days.closed_gaps_days, lambda at: retention.drop_gaps(ledger, at)),
        }
        for what, (after_days, step) in steps.items():
            if after_days:
                yield from ((what, count) for count in step(now - timedelta(days=after_days)))
        if days.feed_days:
            yield "changes in the feed", self._forget_feed(now - timedelta(days=days.feed_days))
        for name, source in self.sources.items():
            before = self._seen_before(name, source, now)
            if before is not None:
                yield from (("log objects", count) for count in retention.drop_seen(ledger, name, before))
                yield from (("batches", count) for count in retention.drop_batches(ledger, name, before))

    def _forget_feed(self, before: datetime) -> int:
        with self.stores.ledger.write() as connection:
            return forget_before(connection, before, self.readers)

    def _seen_before(self, name: str, source: Source, now: datetime) -> datetime | None:
        """Before when nothing that was read can be listed again; None where that is never so, or all is kept.

        What is still to be read of an absence is listed from its beginning.
        """
        if not self.days.seen_days or source.reach_days is None:
            return None
        with self.stores.ledger.read() as connection:
            missed = absent(connection, name)
        listed = timedelta(days=source.reach_days) + MARGIN
        before = now - max(listed + LONGEST_ABSENCE, timedelta(days=self.days.seen_days))
        return min(before, missed[0] - listed) if missed else before
