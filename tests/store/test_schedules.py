"""Schedules and their runs in the ledger: each occasion once, each change by who read what it changes."""

from datetime import UTC, datetime, timedelta

import pytest

from nephoscope.model.finding import ResourceRef
from nephoscope.model.schedule import JobStatus, RunStatus
from nephoscope.store.feed import changes_after
from nephoscope.store.schedule_jobs import Planned, add_jobs, list_jobs
from nephoscope.store.schedules import (
    KEPT_RUNS,
    ScheduleChanged,
    ScheduleRun,
    add_run,
    add_schedule,
    change_schedule,
    delete_schedule,
    end_run,
    get_run,
    get_schedule,
    list_runs,
    list_schedules,
    open_runs,
    run_id,
    see_to,
)

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def connection(ledger):
    """A writing transaction with one schedule in it."""
    with ledger.write() as opened:
        add_schedule(opened, "nightly", "name: nightly", "ann", NOW)
        yield opened


def run(number=0, **more):
    at = NOW + number * HOUR
    return ScheduleRun(
        run_id("nightly", "time", at.isoformat()), "nightly", "instances", at, "time", made_at=at, **more
    )


def test_a_schedule_is_kept_as_it_was_written(connection):
    kept = get_schedule(connection, "nightly")

    assert (kept.text, kept.revision, kept.made_by, kept.seen_at) == ("name: nightly", 1, "ann", NOW)
    assert list_schedules(connection) == [kept]
    assert get_schedule(connection, "other") is None


def test_a_name_is_given_once(connection):
    with pytest.raises(ScheduleChanged, match="already"):
        add_schedule(connection, "nightly", "", "bob", NOW)


def test_of_two_who_change_what_they_read_the_second_is_refused(connection):
    read = get_schedule(connection, "nightly")
    change_schedule(connection, read, "ann", NOW, text="name: nightly # better")

    for late in (
        lambda: change_schedule(connection, read, "bob", NOW, paused_by="bob"),
        lambda: delete_schedule(connection, read, "bob", NOW),
    ):
        with pytest.raises(ScheduleChanged, match="meanwhile"):
            late()
    assert get_schedule(connection, "nightly").text.endswith("better")


def test_what_came_while_it_rested_is_past(connection):
    rests = change_schedule(connection, get_schedule(connection, "nightly"), "ann", NOW + HOUR, paused_by="ann")
    again = change_schedule(connection, rests, "ann", NOW + 5 * HOUR, paused_by="")

    assert (rests.paused_by, again.paused_by, again.seen_at) == ("ann", "", NOW + 5 * HOUR)


def test_its_times_are_seen_to_by_one(connection):
    read = get_schedule(connection, "nightly")

    assert see_to(connection, read, NOW + HOUR)
    assert not see_to(connection, read, NOW + HOUR)


def test_an_occasion_has_one_run(connection):
    assert add_run(connection, run())
    assert not add_run(connection, run(why="again"))
    assert [each.why for each in list_runs(connection, "nightly")] == [""]


def test_a_run_is_read_as_it_was_kept(connection):
    kept = run(chosen=(("1", "r", "AWS::EC2::Instance", "i-1"),), deadline_at=NOW + HOUR, targets=1)
    add_run(connection, kept)

    assert get_run(connection, kept.id) == kept
    assert open_runs(connection) == open_runs(connection, "nightly") == [kept]
    assert open_runs(connection, "other") == []


def test_who_deletes_a_schedule_cancels_what_of_it_goes_on_and_keeps_what_it_did(connection):
    add_run(connection, run())
    add_jobs(connection, run(), [Planned(ResourceRef("AWS::EC2::Instance", "i-1"), NOW)])
    delete_schedule(connection, get_schedule(connection, "nightly"), "bob", NOW + HOUR)
    [kept] = list_runs(connection, "nightly")

    assert list_schedules(connection) == []
    assert (kept.status, kept.why, kept.ended_at) == (RunStatus.CANCELLED, "bob deleted the schedule", NOW + HOUR)
    assert [each.status for each in list_jobs(connection, kept.id)] == [JobStatus.CANCELLED]


def test_every_change_is_told(connection):
    add_run(connection, run())
    end_run(connection, run(), RunStatus.DONE, "", NOW)

    assert [each.body["what"] for each in changes_after(connection, 0, ["schedule"])] == ["made", "running", "done"]


def test_of_many_runs_the_oldest_are_forgotten_and_none_that_goes_on(connection):
    for number in range(KEPT_RUNS + 4):
        add_run(connection, run(number, status=RunStatus.RUNNING if number == 0 else RunStatus.DONE))
    kept = [(each.due_at - NOW) // HOUR for each in list_runs(connection, "nightly", KEPT_RUNS * 2)]

    assert kept == [*range(KEPT_RUNS + 3, 3, -1), 0]
