"""Times of the week in a zone: `Mon-Fri 08:00-18:00 Europe/Berlin`, `22:00-06:00 UTC`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nephoscope.model.errors import ContentError

if TYPE_CHECKING:
    from datetime import datetime

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FORM = re.compile(
    r"(?:(?P<first>[A-Za-z]{3})(?:-(?P<last>[A-Za-z]{3}))?\s+)?"
    r"(?P<start>\d\d:\d\d)-(?P<end>\d\d:\d\d)(?:\s+(?P<zone>[A-Za-z0-9_+/-]+))?"
)


@dataclass(frozen=True)
class Window:
    """Part of each of some days, on the clocks of a zone; one that ends before it begins goes on past midnight."""

    days: frozenset[int]
    start: time
    end: time
    zone: ZoneInfo

    def holds(self, moment: datetime) -> bool:
        """Whether a moment lies in it."""
        local = moment.astimezone(self.zone)
        now = local.time()
        if self.start < self.end:
            return local.weekday() in self.days and self.start <= now < self.end
        yesterday = (local - timedelta(days=1)).weekday()
        return (local.weekday() in self.days and now >= self.start) or (yesterday in self.days and now < self.end)


def window(text: str, where: str) -> Window:
    """Read a window. Raises ContentError saying what it should look like."""
    form = FORM.fullmatch(text.strip())
    try:
        if form is None:
            raise ValueError
        start, end = time.fromisoformat(form["start"]), time.fromisoformat(form["end"])
        return Window(_days(form["first"], form["last"]), start, end, ZoneInfo(form["zone"] or "UTC"))
    except (ValueError, ZoneInfoNotFoundError, OSError):
        raise ContentError(where, f"{text!r:.80} is no window: write `Mon-Fri 08:00-18:00 Europe/Berlin`") from None


def _days(first: str | None, last: str | None) -> frozenset[int]:
    if not first:
        return frozenset(range(7))
    begin = DAYS.index(first.lower())
    end = DAYS.index((last or first).lower())
    return frozenset((begin + step) % 7 for step in range((end - begin) % 7 + 1))
