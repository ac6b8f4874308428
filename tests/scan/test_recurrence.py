"""Cron lines and RRULEs come when they say, on clocks that are put forward and back, and never take long to read."""

import time
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from nephoscope.model.errors import ContentError
from nephoscope.model.schedule import Recurrence
from nephoscope.scan.recurrence import HORIZON, read_recurrence

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
START = datetime.fromisoformat("2026-01-05T02:30")
CHANGES = {  # when the clocks are put forward and back in 2026
    "Europe/Berlin": (datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)),
    "America/New_York": (datetime(2026, 3, 8, 7, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC)),
    "Australia/Lord_Howe": (datetime(2026, 10, 3, 15, 30, tzinfo=UTC), datetime(2026, 4, 4, 15, tzinfo=UTC)),
}


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def moments(recurrence, after, count=3):
    return list(islice(read_recurrence(recurrence, "here").between(after, after + HORIZON), count))


def times(recurrence, after, count=3):
    return [f"{each.at:%Y-%m-%d %H:%M}" for each in moments(recurrence, after, count)]


def rrule(text, zone="UTC", start=START):
    return Recurrence(rrule=text, start=start, zone=zone)


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("30 2 * * *", ["2026-11-28 02:30", "2026-11-29 02:30", "2026-11-30 02:30"]),
        ("@daily", ["2026-11-28 00:00", "2026-11-29 00:00", "2026-11-30 00:00"]),
        ("@hourly", ["2026-11-27 13:00", "2026-11-27 14:00", "2026-11-27 15:00"]),
        ("*/20 12 * * *", ["2026-11-27 12:20", "2026-11-27 12:40", "2026-11-28 12:00"]),
        ("5/25 12 * * *", ["2026-11-27 12:05", "2026-11-27 12:30", "2026-11-27 12:55"]),
        ("0 22 * * mon-fri", ["2026-11-27 22:00", "2026-11-30 22:00", "2026-12-01 22:00"]),
        ("0 22 * * 5-7/2", ["2026-11-27 22:00", "2026-11-29 22:00", "2026-12-04 22:00"]),
        ("0 0 1,15 * *", ["2026-12-01 00:00", "2026-12-15 00:00", "2027-01-01 00:00"]),
        ("0 0 1 JAN,jul *", ["2027-01-01 00:00", "2027-07-01 00:00", "2028-01-01 00:00"]),
        ("0 0 13 * fri", ["2026-12-04 00:00", "2026-12-11 00:00", "2026-12-13 00:00"]),
        ("0 0 */2 12 mon", ["2026-12-07 00:00", "2026-12-21 00:00", "2027-12-13 00:00"]),
        ("0 0 29 2 *", ["2028-02-29 00:00", "2032-02-29 00:00", "2036-02-29 00:00"]),
    ],
)
def test_a_cron_line_comes_when_crontab_says(cron, expected):
    assert times(Recurrence(cron), at("2026-11-27T12:00")) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE", ["2026-11-23 02:30", "2026-11-25 02:30", "2026-12-07 02:30"]),
        ("FREQ=MONTHLY;BYDAY=TU;BYSETPOS=2", ["2026-12-08 02:30", "2027-01-12 02:30", "2027-02-09 02:30"]),
        ("RRULE:FREQ=MONTHLY;BYDAY=-1SU;BYHOUR=4;BYMINUTE=0", ["2026-11-29 04:00", "2026-12-27 04:00"]),
        ("FREQ=DAILY;UNTIL=20261124", ["2026-11-21 02:30", "2026-11-22 02:30", "2026-11-23 02:30", "2026-11-24 02:30"]),
        ("FREQ=DAILY;UNTIL=20261122T023000Z", ["2026-11-21 02:30", "2026-11-22 02:30"]),
        ("FREQ=DAILY;COUNT=322", ["2026-11-21 02:30", "2026-11-22 02:30"]),
        ("FREQ=YEARLY;INTERVAL=500", []),
    ],
)
def test_an_rrule_comes_when_rfc_5545_says(text, expected):
    found = times(rrule(text), at("2026-11-20T12:00"), 4)

    assert found[: len(expected)] == expected
    assert len(found) == len(expected) or "UNTIL" not in text and "COUNT" not in text


@pytest.mark.parametrize(
    ("zone", "cron", "expected"),
    [
        ("Europe/Berlin", "30 2 29 3 *", "2026-03-29 01:00"),
        ("America/New_York", "30 2 8 3 *", "2026-03-08 07:00"),
        ("Australia/Lord_Howe", "15 2 4 10 *", "2026-10-03 15:30"),
    ],
)
def test_a_time_that_the_clocks_leave_out_runs_once_right_after_and_says_so(zone, cron, expected):
    several = cron.replace("30 ", "*/10 ").replace("15 ", "*/10 ").replace("2 ", "2 ", 1)
    [first, *_] = moments(Recurrence(cron, zone=zone), at("2026-01-01T00:00"))
    on_the_day = [each for each in moments(Recurrence(several, zone=zone), at("2026-01-01"), 9) if "exist" in each.note]

    assert f"{first.at:%Y-%m-%d %H:%M}" == expected
    assert "does not exist on that day" in first.note
    assert len(on_the_day) == 1
    assert on_the_day[0].at == first.at


@pytest.mark.parametrize(
    ("zone", "cron", "expected"),
    [
        ("Europe/Berlin", "30 2 25 10 *", "2026-10-25 00:30"),
        ("America/New_York", "30 1 1 11 *", "2026-11-01 05:30"),
        ("Australia/Lord_Howe", "45 1 5 4 *", "2026-04-04 14:45"),
    ],
)
def test_a_time_that_comes_twice_runs_the_first_time_only_and_says_so(zone, cron, expected):
    first, second, *_ = moments(Recurrence(cron, zone=zone), at("2026-01-01T00:00"))

    assert f"{first.at:%Y-%m-%d %H:%M}" == expected
    assert "comes twice" in first.note
    assert second.at - first.at > timedelta(days=360)


@pytest.mark.parametrize("zone", CHANGES)
@pytest.mark.parametrize("way", [0, 1])
@given(
    minutes=st.lists(st.integers(0, 59), min_size=1, max_size=3, unique=True),
    hours=st.lists(st.integers(0, 4), min_size=1, max_size=3, unique=True),
    offset=st.integers(-1500, 600),
)
@settings(max_examples=25, deadline=None)
def test_around_a_change_of_the_clocks_it_comes_as_a_count_of_every_minute_says(zone, way, minutes, hours, offset):
    change, clock = CHANGES[zone][way], ZoneInfo(zone)
    after = change + offset * MINUTE
    until = after + 2 * DAY
    cron = f"{','.join(map(str, minutes))} {','.join(map(str, hours))} * * *"

    found = [each.at for each in read_recurrence(Recurrence(cron, zone=zone), "here").between(after, until)]

    assert found == list(counted(after, until, clock, minutes, hours))


def counted(after, until, clock, minutes, hours):
    """Every minute looked at, by what the clock shows; what it jumped over belongs to the minute it jumped to."""
    moment = after
    while moment < until:
        moment += MINUTE
        local, before = moment.astimezone(clock), (moment - MINUTE).astimezone(clock)
        shown = [local.replace(tzinfo=None, fold=0)]
        while shown[0] - before.replace(tzinfo=None, fold=0) > MINUTE:
            shown.insert(0, shown[0] - MINUTE)
        if not local.fold and any(each.minute in minutes and each.hour in hours for each in shown):
            yield moment


@given(
    frequency=st.sampled_from(["MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
    interval=st.integers(1, 9),
    start=st.datetimes(START.replace(year=2024), START.replace(year=2025)),
    more=st.sampled_from(["", ";BYDAY=MO,SA", ";BYMONTH=1,2,11", ";BYMONTHDAY=1,-1", ";BYHOUR=2,9"]),
    days=st.integers(0, 400),
)
@settings(max_examples=150, deadline=None)
def test_beginning_near_a_moment_changes_no_rrules_times(frequency, interval, start, more, days):
    start = start.replace(second=0, microsecond=0)
    text = f"FREQ={frequency};INTERVAL={interval}{more}"
    after = (start + timedelta(days=days)).replace(tzinfo=UTC)
    try:
        found = [each.local for each in moments(rrule(text, start=start), after, 5)]
    except ContentError:
        found = []  # then the library finds nothing either
    assert found == slowly(text, start, after.replace(tzinfo=None))


def slowly(text, start, after):
    """What the library finds from the rule's own start; nothing where it holds that there is nothing."""
    try:
        found = rrulestr(text, dtstart=start).xafter(after)
    except ValueError:
        return []
    return list(takewhile(lambda each: each <= after + HORIZON, islice(found, 5)))


@pytest.mark.parametrize(
    "cron",
    [
        *("", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8"),
        *(
            "*/0 * * * *",
            "5-1 * * * *",
            "a * * * *",
            "mon * * * *",
            "* * * * mo",
            "@reboot",
            "1,,2 * * * *",
            "-1 * * * *",
        ),
        *("٣ * * * *", "0 0 31 2 *", "0 0 30 feb *", "0 0 31 4,6,9,11 *", ",".join(["1"] * 400) + " * * * *"),
    ],
)
def test_a_cron_line_that_is_none_or_never_comes_is_refused_at_once(cron):
    begun = time.process_time()
    with pytest.raises(ContentError) as error:
        read_recurrence(Recurrence(cron or " "), "file:3")

    assert error.value.where == "file:3"
    assert len(str(error.value)) < 300
    assert time.process_time() - begun < 3


@pytest.mark.parametrize(
    "text",
    [
        *("FREQ=SECONDLY;COUNT=99999999", "FREQ=SECONDLY", "FREQ=DAILY;BYSECOND=1", "FREQ=DAILY;BYEASTER=1"),
        *("FREQ=DAILY;COUNT=10001", "FREQ=DAILY;COUNT=0", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;INTERVAL=-1"),
        *("FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;COUNT=9999;BYMONTH=2;BYMONTHDAY=30"),
        *("FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2,4", "FREQ=MONTHLY;BYDAY=+6MO", "FREQ=WEEKLY;BYDAY=+1MO"),
        *("FREQ=HOURLY;INTERVAL=99999;BYMONTH=2;BYMONTHDAY=30", "FREQ=MINUTELY;BYSETPOS=2", "FREQ=WEEKLY;BYSETPOS=366"),
        *("FREQ=DAILY;INTERVAL=7;BYDAY=TU", "FREQ=HOURLY;INTERVAL=24;BYHOUR=5", "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6"),
        *("FREQ=DAILY;BYHOUR=99", "FREQ=DAILY;BYDAY=XX", "FREQ=DAILY;WKST=QQ", "FREQ=DAILY;FREQ=DAILY", "", "DAILY"),
        *("FREQ=DAILY;UNTIL=x", "FREQ=DAILY;UNTIL=20261399", "DTSTART:20260101T000000\nRRULE:FREQ=DAILY", "FREQ=;"),
        *("FREQ=DAILY;BYMINUTE=" + ",".join(["1"] * 400), "FREQ=DAILY;INTERVAL=٣", "FREQ=DAILY;BYDAY=MO;X-A=1"),
        "FREQ=YEARLY;UNTIL=20200101",
        f"FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR={','.join(map(str, range(24)))}",
        f"FREQ=MONTHLY;BYDAY=MO,TU,WE,TH;BYHOUR=1,2,3,4,5,6,7,8,9;BYMINUTE={','.join(map(str, range(60)))}",
    ],
)
def test_an_rrule_that_is_none_or_never_comes_or_works_without_end_is_refused_within_seconds(text):
    begun = time.process_time()
    with pytest.raises(ContentError) as error:
        read_recurrence(rrule(text), "file:3")

    assert error.value.where == "file:3"
    assert len(str(error.value)) < 300
    assert time.process_time() - begun < 5


@pytest.mark.parametrize("text", ["FREQ=MINUTELY", "FREQ=MINUTELY;COUNT=10000", "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=29"])
def test_a_rule_that_began_long_ago_is_asked_quickly(text):
    rhythm = read_recurrence(rrule(text, start=START.replace(year=2000)), "here")
    begun = time.process_time()
    list(islice(rhythm.between(at("2026-11-27"), at("2026-11-27") + HORIZON), 3))

    assert time.process_time() - begun < 2


@pytest.mark.parametrize("start", [None, START.replace(year=1970), START.replace(year=2999)], ids=str)
def test_an_rrule_without_a_start_in_our_time_is_refused(start):
    with pytest.raises(ContentError, match="start"):
        read_recurrence(Recurrence(rrule="FREQ=DAILY", start=start), "here")


@pytest.mark.parametrize(
    "zone", ["Europe/Atlantis", "../../etc/passwd", "/etc/passwd", "Europe", "", "a\x00b", "x" * 5000]
)
def test_what_is_no_zone_is_refused(zone):
    with pytest.raises(ContentError, match="is no time zone"):
        read_recurrence(Recurrence("@daily", zone=zone), "here")
