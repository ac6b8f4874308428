"""When a route sends: quiet hours and digests, by the clock on somebody's wall."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from nephoscope.model.errors import ConfigError
from nephoscope.settings import nearest

SPAN = re.compile(r"(?:every )?(\d{1,4})([mhd])")
SECONDS = {"m": 60, "h": 3600, "d": 86_400}
AT = re.compile(r"(daily|mon|tue|wed|thu|fri|sat|sun) (\d\d:\d\d)(?: (\S+))?")
QUIET = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d)(?: (\S+))?")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Digest:
    """When what was collected is sent: every so many seconds, or at an hour of each day, or of one weekday."""

    every_s: int = 0
    at: time = time(0)
    zone: ZoneInfo | None = None
    weekday: int | None = None

    def next_after(self, moment: datetime) -> datetime:
        """The first time of sending that is later than a moment."""
        if self.every_s:
            gone = (moment - EPOCH) // timedelta(seconds=self.every_s)
            return EPOCH + timedelta(seconds=self.every_s) * (gone + 1)
        zone = self.zone or UTC
        day = moment.astimezone(zone).date()
        for later in range(9):
            date = day + timedelta(days=later)
            found = datetime.combine(date, self.at, zone).astimezone(UTC)
            if found > moment and self.weekday in (None, date.weekday()):
                return found
        return moment + timedelta(days=7)


@dataclass(frozen=True)
class Quiet:
    """Hours in which nothing is sent, from start until end, over midnight if end is the earlier one."""

    start: time
    end: time
    zone: ZoneInfo

    def until(self, moment: datetime) -> datetime | None:
        """When the quiet that a moment lies in ends; None if it lies in none."""
        local = moment.astimezone(self.zone)
        now = local.time().replace(tzinfo=None)
        over_midnight = self.end <= self.start
        if over_midnight and now >= self.start:
            return datetime.combine(local.date() + timedelta(days=1), self.end, self.zone).astimezone(UTC)
        if now < self.end and (over_midnight or now >= self.start):
            return datetime.combine(local.date(), self.end, self.zone).astimezone(UTC)
        return None


def digest_of(text: str, where: str) -> Digest | None:
    """`daily 08:00 Europe/Berlin`, `mon 08:00 Europe/Berlin`, `every 4h`; None for no text. Raises ConfigError."""
    if not text:
        return None
    if span := SPAN.fullmatch(text):
        every_s = int(span[1]) * SECONDS[span[2]]
        if every_s:
            return Digest(every_s)
    if at := AT.fullmatch(text):
        weekday = None if at[1] == "daily" else DAYS.index(at[1])
        return Digest(0, _clock(at[2], where), zone_of(at[3] or "UTC", where), weekday)
    raise ConfigError(
        f"{where}: '{text}' is no time of a digest: say 'daily 08:00 Europe/Berlin', 'mon 08:00' or 'every 4h'"
    )


def quiet_of(text: str, where: str) -> Quiet | None:
    """`22:00-07:00 Europe/Berlin`; None for an empty text. Raises ConfigError."""
    if not text:
        return None
    found = QUIET.fullmatch(text)
    if not found or found[1] == found[2]:
        raise ConfigError(f"{where}: '{text}' are no quiet hours: say '22:00-07:00 Europe/Berlin'")
    return Quiet(_clock(found[1], where), _clock(found[2], where), zone_of(found[3] or "UTC", where))


def zone_of(name: str, where: str) -> ZoneInfo:
    """A time zone by its IANA name. Raises ConfigError naming the nearest."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = nearest(name, dict.fromkeys(available_timezones()))[:200]
        raise ConfigError(f"{where}: there is no time zone '{name}' on this machine{near}") from None


def _clock(text: str, where: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{where}: {text} is no time of a day") from None
