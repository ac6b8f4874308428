"""A source that used to deliver and does no more: a gap until it delivers again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nephoscope.collect.rhythm import Rhythm, spoken
from nephoscope.keep import keep_gaps
from nephoscope.model.coverage import Gap
from nephoscope.store.state import get_state

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from nephoscope.collect.collector import ObjectRead
    from nephoscope.keep import Stores

AREA = "silence"


@dataclass
class Silence:
    """What is known of when one source delivers. quiet_after: from when on its silence is a gap; else by its rhythm."""

    name: str
    stores: Stores
    quiet_after: timedelta | None = None
    rhythm: Rhythm | None = field(default=None, init=False)
    is_silent: bool | None = field(default=None, init=False)  # not known: an earlier process may have left the gap open
    has_heard: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        with self.stores.ledger.read() as connection:
            kept = get_state(connection, self._state)
        self.rhythm = Rhythm.load(kept) if kept else None

    @property
    def _state(self) -> str:
        return f"rhythm/{self.name}"

    def heard(self, reads: Sequence[ObjectRead]) -> dict[str, Any]:
        """Note what a batch brought; answers the state that is to be kept with the batch, if it is another one.

        Where the provider does not say when it delivered, the pause before a start may be ours, and does not count.
        """
        now = datetime.now(UTC)
        delivered = [read.object.delivered_at for read in reads if read.records]
        if not delivered:
            return {}
        said = [at for at in delivered if at is not None]
        at = min(now, max(said)) if said else now
        before, counts = self.rhythm, bool(said) or self.has_heard
        self.rhythm = before.delivered(at, counts=counts) if before else Rhythm(at, at)
        self.has_heard = True
        return {} if self.rhythm == before else {self._state: self.rhythm.dump()}

    def judge(self, now: datetime | None = None) -> None:
        """After a round that saw all there was: open the gap, or close it, if it is not so already."""
        is_silent = self._is_silent(now or datetime.now(UTC))
        if is_silent == self.is_silent:
            return
        gap = Gap(AREA, self.name, self._cause())
        keep_gaps(self.stores, [gap] if is_silent else [], [] if is_silent else [gap])
        self.is_silent = is_silent

    def _is_silent(self, now: datetime) -> bool:
        if self.rhythm is None:
            return False
        limit = self.quiet_after or self.rhythm.quiet_after
        return limit is not None and now - self.rhythm.last_at > limit

    def _cause(self) -> str:
        if self.rhythm is None:
            return ""
        usually = self.rhythm.usually
        often = f", usually every {spoken(usually)}" if usually else ""
        return f"nothing received since {self.rhythm.last_at:%Y-%m-%d %H:%M} UTC{often}"
