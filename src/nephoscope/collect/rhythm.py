"""How often a source delivers, and from when on its silence is longer than it used to be. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

RECENT = 50
DAYS = 14
KNOWN_FOR = timedelta(days=7)  # a weekend is in it
TIMES = 2
LEAST = timedelta(hours=1)


@dataclass(frozen=True)
class Rhythm:
    """When a source first and last delivered, its recent pauses, and the longest that ended on each of its last days.

    recent: in seconds, the latest last. longest: {day: seconds}, of days on which it delivered.
    """

    first_at: datetime
    last_at: datetime
    recent: tuple[float, ...] = ()
    longest: Mapping[str, float] = field(default_factory=dict[str, float])

    def delivered(self, at: datetime, *, counts: bool = True) -> Rhythm:
        """The rhythm after one more delivery; one that is older than the last changes nothing.

        counts: whether the pause was the source's own. A silence that was noticed lengthens what is usual step by step.
        """
        if at <= self.last_at:
            return self
        if not counts:
            return replace(self, last_at=at)
        usual = self.quiet_after
        pause_s = min(at - self.last_at, usual or timedelta.max).total_seconds()
        day = f"{at:%Y-%m-%d}"
        longest = {**self.longest, day: max(pause_s, self.longest.get(day, 0.0))}
        kept = {each: longest[each] for each in sorted(longest)[-DAYS:]}
        return Rhythm(self.first_at, at, (*self.recent, pause_s)[-RECENT:], kept)

    @property
    def quiet_after(self) -> timedelta | None:
        """How long a silence has to be to be noticed: twice the longest; None while too little is known."""
        if self.last_at - self.first_at < KNOWN_FOR or not self.longest:
            return None
        return max(LEAST, TIMES * timedelta(seconds=max(self.longest.values())))

    @property
    def usually(self) -> timedelta | None:
        """The pause that is in the middle of the recent ones."""
        return timedelta(seconds=median(self.recent)) if self.recent else None

    def dump(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "first_at": self.first_at.isoformat(),
            "last_at": self.last_at.isoformat(),
            "recent": list(self.recent),
            "longest": dict(self.longest),
        }

    @classmethod
    def load(cls, kept: Mapping[str, Any]) -> Self:
        """From what `dump` gave."""
        first_at, last_at = (datetime.fromisoformat(kept[name]) for name in ("first_at", "last_at"))
        return cls(first_at, last_at, tuple(kept["recent"]), dict(kept["longest"]))


def spoken(span: timedelta) -> str:
    """A span of time as people say it."""
    for unit, seconds in (("days", 86_400), ("h", 3600), ("min", 60)):
        if span.total_seconds() >= 2 * seconds:
            return f"{span.total_seconds() / seconds:.0f} {unit}"
    return f"{span.total_seconds():.0f} s"
