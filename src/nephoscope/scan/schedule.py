"""A schedule → its runs: when the next ones are, which were missed, what a blackout swallows, how jobs are spread."""

from __future__ import annotations

import hashlib
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from nephoscope.model.errors import ContentError
from nephoscope.scan.recurrence import HORIZON, read_recurrence

if TYPE_CHECKING:
    from nephoscope.model.schedule import Blackout, Schedule
    from nephoscope.scan.recurrence import Rhythm

LATE = timedelta(minutes=5)  # a run that begins later than this was missed
LOOK_BACK = timedelta(days=7)  # of what was missed before, nothing is made up for
MOST_EXAMINED = 1_000  # times that are looked at for the next runs
MOST_SHOWN = 100


@dataclass(frozen=True)
class Planned:
    """A time to come. blackout: the name of the one that swallows it, else empty; note: why it is not as it is said."""

    at: datetime
    local: datetime
    note: str = ""
    blackout: str = ""


@dataclass(frozen=True)
class Due:
    """What has come since the last look, oldest first. fresh: in time; late: to be made up for, the latest ones.

    missed: how many that are not; last_missed: the latest of them.
    """

    fresh: tuple[datetime, ...] = ()
    late: tuple[datetime, ...] = ()
    missed: int = 0
    last_missed: datetime | None = None


@dataclass(frozen=True)
class Timetable:
    """A schedule whose recurrences have been read. rhythm: None for one that only changes set off."""

    schedule: Schedule
    rhythm: Rhythm | None
    blackouts: tuple[tuple[Blackout, Rhythm], ...] = ()

    def next_runs(self, after: datetime, count: int) -> list[Planned]:
        """The next runs after a moment, so many, and between them the times that a blackout swallows.

        At most a hundred of both, of the first thousand times within ten years: blackouts may cover all.
        """
        found, runs = list[Planned](), 0
        for number, moment in enumerate(self.rhythm.between(after, after + HORIZON) if self.rhythm else ()):
            if runs == count or number == MOST_EXAMINED or len(found) == MOST_SHOWN:
                break
            swallowed = self.blackout_at(moment.at)
            found.append(Planned(moment.at, moment.local, moment.note, swallowed))
            runs += not swallowed
        return found

    def due(self, after: datetime, now: datetime) -> Due:
        """What came after a moment and up to now."""
        if self.rhythm is None:
            return Due()
        fresh, late, missed, last = list[datetime](), deque[datetime](maxlen=self.schedule.missed), 0, None
        for moment in self.rhythm.between(max(after, now - LOOK_BACK), now):
            if now - moment.at <= LATE:
                fresh.append(moment.at)
                continue
            if len(late) == self.schedule.missed:
                missed, last = missed + 1, late[0] if late else moment.at
            late.append(moment.at)
        return Due(tuple(fresh), tuple(late), missed, last)

    def blackout_at(self, moment: datetime) -> str:
        """The name of the blackout that a moment lies in; empty if in none."""
        return next((each.name for each, rhythm in self.blackouts if _holds(each, rhythm, moment)), "")


def _holds(blackout: Blackout, rhythm: Rhythm, moment: datetime) -> bool:
    """Whether a moment lies in a blackout: the end is outside."""
    started = next(iter(rhythm.between(moment - blackout.duration, moment)), None)
    return started is not None


def timetable(schedule: Schedule, where: str = "") -> Timetable:
    """Read a schedule's recurrences. Raises ContentError for what cannot be read, never comes, or lasts no time."""
    where = where or schedule.name
    if schedule.when is None and schedule.window is not None:
        raise ContentError(where, "a window needs a cron or an rrule: what is left goes on in the next one")
    rhythm = read_recurrence(schedule.when, where) if schedule.when else None
    read = [(each, read_recurrence(each.when, f"{where}: blackout {each.name}")) for each in schedule.blackouts]
    return Timetable(schedule, rhythm, tuple(read))


def spread(schedule: Schedule, target: str) -> timedelta:
    """How long after its run's beginning a target's job begins: always the same, so that no crash draws anew."""
    width = int(schedule.jitter.total_seconds())
    digest = hashlib.sha256(f"{schedule.name}\x1f{target}".encode(errors="surrogatepass")).digest()
    return timedelta(seconds=int.from_bytes(digest[:8], "big") % (width + 1))
