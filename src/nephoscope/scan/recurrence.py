"""Cron lines and RRULEs → moments, on the clocks of a zone, also on days on which those are put forward or back.

A time that the clocks leave out runs at the first moment after it, once, however many such times there are. A time that
comes twice runs the first time only (RFC 5545, section 3.3.10, "RECUR"). The work is bounded whatever a rule says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dateutil.rrule import DAILY, YEARLY, rrule, rrulestr

from nephoscope.model.errors import ContentError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nephoscope.model.schedule import Recurrence

HORIZON = timedelta(days=3_653)  # so far is looked for the next time; 29 February is at most eight years away
CRON_START = datetime(2000, 1, 1)  # noqa: DTZ001  on the clocks of any zone
YEARS = (2000, 2100)
LONGEST, MOST_COUNT, MOST_INTERVAL, MOST_IN_PERIOD = 500, 10_000, 100_000, 5_000
MINUTE = timedelta(minutes=1)
PERIODS = {"MINUTELY": MINUTE, "HOURLY": 60 * MINUTE, "DAILY": timedelta(days=1), "WEEKLY": timedelta(weeks=1)}
MONTHS = {"MONTHLY": 1, "YEARLY": 12}
RANGES = {  # least and greatest of what stands in a list; from the end, if negative
    "BYMINUTE": (0, 59),
    "BYHOUR": (0, 23),
    "BYMONTH": (1, 12),
    "BYMONTHDAY": (-31, 31),
    "BYYEARDAY": (-366, 366),
    "BYWEEKNO": (-53, 53),
    "BYSETPOS": (-366, 366),
}
DAYS = ("BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYDAY")  # which choose days
PARTS = ("FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", *RANGES)
NICKNAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAY_NAMES = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
FIELDS = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, MONTH_NAMES),
    ("day of the week", 0, 7, DAY_NAMES),
)
ELEMENT = re.compile(r"(?:(\*)|([a-z]{3}|\d{1,2})(?:-([a-z]{3}|\d{1,2}))?)(?:/(\d{1,4}))?", re.ASCII)


@dataclass(frozen=True)
class Moment:
    """One time. at: aware UTC; local: what the clocks were to show; note: what became of it where they were changed."""

    at: datetime
    local: datetime
    note: str = ""


@dataclass(frozen=True)
class Rule:
    """An RRULE with what is needed to begin near any moment instead of at its start. count 0, until None: no end."""

    rule: rrule
    start: datetime
    frequency: str = "DAILY"
    interval: int = 1
    count: int = 0
    until: datetime | None = None

    def between(self, first: datetime, last: datetime) -> Iterator[datetime]:
        """Local times from first to last, both included, in order."""
        last = min(last, self.until) if self.until else last
        if last < self.start:
            return
        if self.count:
            found = islice(self.rule.replace(until=last), self.count)
            yield from (each for each in found if each >= first)
            return
        near = self.rule.replace(dtstart=self._near(first), until=last)
        yield from (each for each in near if each >= first)

    def _near(self, first: datetime) -> datetime:
        """The start moved by whole periods to one before a time: what follows is the same."""
        if first <= self.start:
            return self.start
        if self.frequency in PERIODS:
            period = PERIODS[self.frequency] * self.interval
            return self.start + max((first - self.start) // period - 1, 0) * period
        months = MONTHS[self.frequency] * self.interval
        apart = (first.year - self.start.year) * 12 + first.month - self.start.month
        steps = range(apart // months - 1, 0, -1)
        return next(filter(None, (_later(self.start, step * months) for step in steps)), self.start)


@dataclass(frozen=True)
class Rhythm:
    """A recurrence that has been read."""

    rules: tuple[Rule, ...]
    zone: ZoneInfo

    def between(self, after: datetime, until: datetime) -> Iterator[Moment]:
        """Each moment after one and up to another, in order, none twice; until: at most ten years later."""
        first = after.astimezone(self.zone).replace(tzinfo=None, fold=0)
        last = min(until, after + HORIZON).astimezone(self.zone).replace(tzinfo=None, fold=0) + timedelta(days=1)
        before = after
        for local in merge(*(rule.between(first, last) for rule in self.rules)):
            moment = self.moment(local)
            if moment.at > until:
                return
            if moment.at > before:
                before = moment.at
                yield moment

    def moment(self, local: datetime) -> Moment:
        """When the clocks show a time, or would have shown it."""
        earlier, later = (local.replace(tzinfo=self.zone, fold=fold) for fold in (0, 1))
        offset, next_offset = earlier.utcoffset() or timedelta(0), later.utcoffset() or timedelta(0)
        at = (local - offset).replace(tzinfo=UTC)
        if offset == next_offset:
            return Moment(at, local)
        if offset > next_offset:
            return Moment(at, local, f"{local:%H:%M} comes twice on that day: it runs the first time")
        change = self._change(at - (next_offset - offset), at)
        shown = change.astimezone(self.zone)
        return Moment(change, local, f"{local:%H:%M} does not exist on that day: it runs at {shown:%H:%M}")

    def _change(self, before: datetime, after: datetime) -> datetime:
        """When the clocks are put forward, between two moments, to the second."""
        old = before.astimezone(self.zone).utcoffset()
        low, high = 0, int((after - before).total_seconds())
        while low < high:
            middle = (low + high) // 2
            if (before + timedelta(seconds=middle)).astimezone(self.zone).utcoffset() == old:
                low = middle + 1
            else:
                high = middle
        return before + timedelta(seconds=low)


def read_recurrence(recurrence: Recurrence, where: str) -> Rhythm:
    """A recurrence read. Raises ContentError for what cannot be read, or never comes."""
    zone = read_zone(recurrence.zone, where)
    rules = _cron(recurrence.cron, where) if recurrence.cron else (_rrule(recurrence, zone, where),)
    if not any(True for rule in rules for _ in rule.between(rule.start, rule.start + HORIZON)):
        said = recurrence.cron or recurrence.rrule
        raise ContentError(where, f"{said!r:.80} never comes within ten years")
    return Rhythm(rules, zone)


def read_zone(name: str, where: str) -> ZoneInfo:
    """A zone of the IANA database. Raises ContentError."""
    try:
        return ZoneInfo(name)
    except (ValueError, ZoneInfoNotFoundError, OSError):
        raise ContentError(where, f"{name!r:.80} is no time zone: write UTC, Europe/Berlin, …") from None


def _cron(text: str, where: str) -> tuple[Rule, ...]:
    """A crontab line's times. Where both kinds of day are said, either will do (crontab(5))."""
    line = NICKNAMES.get(text.strip().lower(), text).lower()
    fields = line.split()
    if len(line) > LONGEST or len(fields) != len(FIELDS):
        known = "minute hour day month weekday, or @hourly, @daily, @weekly, @monthly, @yearly"
        raise ContentError(where, f"{text!r:.80} is no cron line: {known}")
    minutes, hours, days, months, weekdays = (
        _numbers(field, *about, where=where) for field, about in zip(fields, FIELDS, strict=True)
    )
    weekdays = sorted({(day - 1) % 7 for day in weekdays})  # cron begins on Sunday, RFC 5545's library on Monday
    times: dict[str, Any] = {"bymonth": months, "byhour": hours, "byminute": minutes, "bysecond": 0}
    by_day: dict[str, Any] = {"bymonthday": days}
    by_weekday: dict[str, Any] = {"byweekday": weekdays}
    is_either = not fields[2].startswith("*") and not fields[4].startswith("*")
    chosen = (by_day, by_weekday) if is_either else ({**by_day, **by_weekday},)
    known = [each for each in chosen if _comes(rrule(YEARLY, dtstart=CRON_START, bymonth=months, **each))]
    return tuple(Rule(rrule(DAILY, dtstart=CRON_START, **times, **each), CRON_START) for each in known)


def _numbers(field: str, name: str, least: int, most: int, names: tuple[str, ...], where: str) -> list[int]:
    found = set[int]()
    for element in field.split(","):
        form = ELEMENT.fullmatch(element)
        try:
            if form is None:
                raise ValueError
            star, first, last, step = form.groups()
            start = least if star else _number(first, least, names)
            end = most if star or (step and not last) else _number(last or first, least, names)
            numbers = range(start, end + 1, int(step or 1))
            if not numbers or start < least or end > most:
                raise ValueError
        except ValueError:
            raise ContentError(where, f"cron: {element!r:.40} is no {name} from {least} to {most}") from None
        found.update(numbers)
    return sorted(found)


def _number(text: str, least: int, names: tuple[str, ...]) -> int:
    return names.index(text) + min(least, 1) if text in names else int(text)


def _rrule(recurrence: Recurrence, zone: ZoneInfo, where: str) -> Rule:
    start = recurrence.start
    if start is None:
        raise ContentError(where, "an rrule needs a start, from which it counts: start: 2026-12-01T02:00")
    if not YEARS[0] <= start.year <= YEARS[1]:
        raise ContentError(where, f"start is of {start.year}, not {YEARS[0]} to {YEARS[1]}")
    start = start.replace(second=0, microsecond=0, tzinfo=None)
    parts = _parts(recurrence.rrule, where)
    frequency = parts["FREQ"]
    interval = _whole(parts, "INTERVAL", 1, MOST_INTERVAL, where)
    count = _whole(parts, "COUNT", 0, MOST_COUNT, where)
    until = _until(parts.pop("UNTIL", ""), zone, where)
    parts.pop("COUNT", None)
    days = {name: parts[name] for name in DAYS if name in parts}
    try:
        rule = _parsed(parts, start)
        by_year = rule if frequency in MONTHS else _parsed({"FREQ": "YEARLY", **days}, start)
        is_any = not days or _comes(by_year)  # the others take long to find that no day is theirs
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError) as error:
        raise ContentError(where, f"{recurrence.rrule!r:.80} is no RRULE: {str(error) or 'malformed'}") from None
    if not is_any:
        raise ContentError(where, f"{recurrence.rrule!r:.80} never comes: there is no such day")
    if frequency in MONTHS and _is_dense(rule, MONTHS[frequency]):
        raise ContentError(where, f"rrule: FREQ={frequency} comes too often for it: write FREQ=DAILY or HOURLY")
    return Rule(rule, start, frequency, interval, count, until)


def _parsed(parts: Mapping[str, str], start: datetime) -> rrule:
    found = rrulestr(";".join(f"{name}={value}" for name, value in parts.items()), dtstart=start)
    if not isinstance(found, rrule):
        raise ValueError("it is not one rule")
    return found


def _parts(text: str, where: str) -> dict[str, str]:
    """The parts of an RRULE, each once, none that would make endless work."""
    parts = dict[str, str]()
    for part in text.strip().upper().removeprefix("RRULE:").split(";"):
        name, _, value = part.partition("=")
        if len(text) > LONGEST or name not in PARTS or name in parts or not value:
            raise ContentError(where, f"rrule: {part!r:.60} is none of {', '.join(PARTS)}, each once")
        parts[name] = value
    for name in RANGES.keys() & parts.keys():
        _check_range(name, parts[name], where)
    frequency = parts.get("FREQ")
    if frequency not in (*PERIODS, *MONTHS):
        raise ContentError(where, f"rrule: FREQ is one of {', '.join((*PERIODS, *MONTHS))}")
    if frequency not in MONTHS and any(each.isdigit() for each in parts.get("BYDAY", "")):
        raise ContentError(where, "rrule: a numbered BYDAY goes with MONTHLY or YEARLY")
    if frequency in ("MINUTELY", "HOURLY") and "BYSETPOS" in parts:
        raise ContentError(where, "rrule: BYSETPOS goes with DAILY, WEEKLY, MONTHLY or YEARLY")
    return parts


def _check_range(name: str, text: str, where: str) -> None:
    low, high = RANGES[name]
    for each in text.split(","):
        if not re.fullmatch(r"[+-]?\d{1,4}", each, re.ASCII) or not low <= int(each) <= high:
            raise ContentError(where, f"rrule: {name} has {each!r:.40}, not {low} to {high}")


def _whole(parts: dict[str, str], name: str, least: int, most: int, where: str) -> int:
    text = parts.get(name, str(least))
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or not max(least, 1 if name in parts else 0) <= int(text) <= most:
        raise ContentError(where, f"rrule: {name} is {text:.40}, not 1 to {most}")
    return int(text)


def _until(text: str, zone: ZoneInfo, where: str) -> datetime | None:
    """The last moment, on the zone's clocks; a day means the end of it."""
    form = re.fullmatch(r"(\d{8})(?:T(\d{6})(Z?))?", text, re.ASCII)
    if not text:
        return None
    try:
        if form is None:
            raise ValueError
        found = datetime.strptime(form[1] + (form[2] or "235959"), "%Y%m%d%H%M%S")  # noqa: DTZ007  on the zone's clocks
        return found.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None, fold=0) if form[3] else found
    except (ValueError, OverflowError):
        raise ContentError(where, f"rrule: UNTIL is {text:.40}, not 20261231 or 20261231T235959Z") from None


def _comes(rule: rrule) -> bool:
    """Whether a rule has any day at all; of yearly rules that is found within a second."""
    return next(iter(rule), None) is not None


def _is_dense(rule: rrule, months: int) -> bool:
    """Whether so many times lie in one period that to pass over them takes long."""
    first = next(iter(rule), None) or CRON_START
    period = rule.replace(until=first + timedelta(days=28 * months))
    return sum(1 for _ in islice(period, MOST_IN_PERIOD)) == MOST_IN_PERIOD


def _later(start: datetime, months: int) -> datetime | None:
    """The same day and time so many months later; None where there is no such day."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    try:
        return start.replace(year=year, month=month + 1)
    except ValueError:
        return None
