from datetime import UTC, datetime

import pytest

from nephoscope.export.times import digest_of, quiet_of, zone_of
from nephoscope.model.errors import ConfigError


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "now", "then"),
    [
        ("daily 08:00 Europe/Berlin", "2026-01-10 06:59", "2026-01-10 07:00"),
        ("daily 08:00 Europe/Berlin", "2026-01-10 07:00", "2026-01-11 07:00"),
        ("daily 08:00 Europe/Berlin", "2026-07-10 05:00", "2026-07-10 06:00"),
        ("daily 08:00 Asia/Kolkata", "2026-01-10 02:00", "2026-01-10 02:30"),
        ("daily 02:30 Europe/Berlin", "2026-03-28 12:00", "2026-03-29 01:30"),
        ("daily 08:00", "2026-01-10 09:00", "2026-01-11 08:00"),
        ("mon 08:00", "2026-01-10 09:00", "2026-01-12 08:00"),
        ("mon 08:00", "2026-01-12 08:00", "2026-01-19 08:00"),
        ("every 4h", "2026-01-10 09:00", "2026-01-10 12:00"),
        ("15m", "2026-01-10 09:00", "2026-01-10 09:15"),
    ],
)
def test_a_digest_is_due_by_the_clock_on_the_wall(said, now, then):
    assert digest_of(said, "routes.x").next_after(at(now)) == at(then)


@pytest.mark.parametrize(
    ("said", "now", "until"),
    [
        ("22:00-07:00 Europe/Berlin", "2026-01-10 21:30", "2026-01-11 06:00"),
        ("22:00-07:00 Europe/Berlin", "2026-01-10 03:00", "2026-01-10 06:00"),
        ("22:00-07:00 Europe/Berlin", "2026-01-10 06:00", None),
        ("22:00-07:00 Europe/Berlin", "2026-01-10 20:59", None),
        ("22:00-07:00 Europe/Berlin", "2026-07-10 20:00", "2026-07-11 05:00"),
        ("12:00-13:00", "2026-01-10 12:30", "2026-01-10 13:00"),
        ("12:00-13:00", "2026-01-10 13:00", None),
    ],
)
def test_quiet_hours_end_by_the_clock_on_the_wall(said, now, until):
    assert quiet_of(said, "routes.x").until(at(now)) == (until and at(until))


@pytest.mark.parametrize("said", ["at noon", "daily 25:00", "every 0h", "daily 08:00 Europe/Berln", "fri", "08:00"])
def test_a_digest_that_is_written_wrong_is_refused(said):
    with pytest.raises(ConfigError, match=r"routes\.x"):
        digest_of(said, "routes.x")


@pytest.mark.parametrize("said", ["night", "22:00-22:00", "22-07", "22:00-07:61", "22:00-07:00 Mars/Base"])
def test_quiet_hours_that_are_written_wrong_are_refused(said):
    with pytest.raises(ConfigError, match=r"routes\.x"):
        quiet_of(said, "routes.x")


def test_a_zone_that_there_is_not_names_the_nearest():
    with pytest.raises(ConfigError, match="did you mean 'Europe/Berlin'"):
        zone_of("Europe/Berln", "routes.x")
    with pytest.raises(ConfigError):
        zone_of("../../etc/passwd", "routes.x")
    assert digest_of("", "x") is quiet_of("", "x") is None
