"""A schedule's next runs, what was missed, what blackouts swallow, and how its jobs are spread."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nephoscope.model.errors import ContentError
from nephoscope.model.schedule import Blackout, Occasion, Recurrence, Schedule
from nephoscope.scan.schedule import LATE, MOST_SHOWN, spread, timetable

NOW = datetime(2026, 11, 27, 12, 0, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FREEZE = Blackout("freeze", Recurrence(cron="0 0 * * sat"), 2 * DAY)


def daily(**more):
    return timetable(Schedule("nightly", "Nightly", "instances", Recurrence("0 2 * * *"), **more))


def test_the_next_ten_runs_are_told_with_those_that_a_blackout_swallows():
    runs = daily(blackouts=(FREEZE,)).next_runs(NOW, 10)

    assert [(f"{each.at:%a}", each.blackout) for each in runs[:4]] == [
        ("Sat", "freeze"),
        ("Sun", "freeze"),
        ("Mon", ""),
        ("Tue", ""),
    ]
    assert sum(not each.blackout for each in runs) == 10
    assert runs[-1].blackout == ""


def test_a_blackout_that_covers_all_is_told_and_not_searched_without_end():
    begun = time.process_time()
    always = Blackout("always", Recurrence(cron="@hourly"), timedelta(hours=2))
    runs = timetable(Schedule("often", "Often", "instances", Recurrence("* * * * *"), blackouts=(always,))).next_runs(
        NOW, 10
    )

    assert len(runs) == MOST_SHOWN
    assert {each.blackout for each in runs} == {"always"}
    assert time.process_time() - begun < 5


def test_a_blackout_begins_with_its_first_moment_and_ends_before_its_last():
    table = daily(blackouts=(FREEZE,))
    begin = datetime(2026, 11, 28, tzinfo=UTC)
    second = timedelta(seconds=1)

    inside = [table.blackout_at(each) for each in (begin - second, begin, begin + 2 * DAY - second, begin + 2 * DAY)]
    assert inside == ["", "freeze", "freeze", ""]


def test_what_came_within_minutes_is_in_time():
    due = daily().due(datetime(2026, 11, 27, 1, 59, tzinfo=UTC), datetime(2026, 11, 27, 2, 0, 1, tzinfo=UTC))

    assert due.fresh == (datetime(2026, 11, 27, 2, tzinfo=UTC),)
    assert (due.late, due.missed) == ((), 0)


@pytest.mark.parametrize(("policy", "made_up", "missed"), [(0, 0, 4), (1, 1, 3), (3, 3, 1), (10, 4, 0)])
def test_of_missed_runs_as_many_are_made_up_for_as_the_policy_says_the_latest_ones(policy, made_up, missed):
    due = daily(missed=policy).due(NOW - 4 * DAY, NOW)

    assert (len(due.late), due.missed) == (made_up, missed)
    assert [each.day for each in due.late] == list(range(28 - made_up, 28))
    assert (due.last_missed is None) is (missed == 0)


def test_of_a_clock_that_jumped_years_forward_only_a_week_is_looked_at():
    begun = time.process_time()
    due = timetable(Schedule("often", "Often", "instances", Recurrence("* * * * *"))).due(NOW, NOW + 3_000 * DAY)

    assert len(due.late) == 1
    assert 10_000 < due.missed < 10_200
    assert time.process_time() - begun < 5


def test_a_clock_that_went_backwards_makes_nothing_due():
    assert daily().due(NOW, NOW - DAY) == daily().due(NOW, NOW)


@given(st.text(), st.text(), st.integers(0, 86_400))
def test_a_targets_job_is_put_off_within_the_jitter_and_always_by_the_same(name, target, seconds):
    schedule = Schedule(name, name, "instances", jitter=timedelta(seconds=seconds))

    assert timedelta(0) <= spread(schedule, target) <= timedelta(seconds=seconds)
    assert spread(schedule, target) == spread(schedule, target)


def test_jitter_spreads_targets_over_all_of_it():
    schedule = Schedule("nightly", "Nightly", "instances", jitter=HOUR)
    quarters = {spread(schedule, f"i-{number}") // timedelta(minutes=15) for number in range(100)}

    assert quarters == {0, 1, 2, 3}


def test_a_schedule_on_changes_alone_has_no_times_and_no_windows():
    on = Occasion("item", "true")
    assert timetable(Schedule("fresh", "Fresh", "instances", on=on)).next_runs(NOW, 10) == []
    with pytest.raises(ContentError, match="a window needs"):
        timetable(Schedule("fresh", "Fresh", "instances", on=on, window=HOUR))


def test_late_is_later_than_jobs_wait_for_one_another():
    assert timedelta(minutes=1) <= LATE
