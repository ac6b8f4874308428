"""What is due is recorded once, whatever the clock does and whoever else looks; runs rest and go on as they should."""

import itertools
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nephoscope.model.item import Item
from nephoscope.model.schedule import JobStatus, RunStatus
from nephoscope.pipeline.schedules import Schedules, ask_for_run, close_schedule_gaps, known, read_schedule
from nephoscope.scan.schedule_document import parse_schedule
from nephoscope.store.gaps import list_gaps
from nephoscope.store.items import Revision, digest_of, insert_revisions
from nephoscope.store.ledger import open_ledger
from nephoscope.store.schedule_jobs import claim_job, end_job, list_jobs
from nephoscope.store.schedules import (
    ScheduleRun,
    add_run,
    add_schedule,
    change_schedule,
    delete_schedule,
    get_schedule,
    list_runs,
    open_runs,
)

HERE = ("instances", "folders")
EVE = datetime(2026, 11, 27, 12, tzinfo=UTC)  # a Friday
NIGHT = datetime(2026, 11, 28, 2, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NIGHTLY = "name: nightly\nkind: instances\ncron: 0 2 * * *\n"


class Clock:
    """A clock that is set."""

    def __init__(self, now=EVE):
        self.now = now

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    """A clock that stands at noon, on a Friday."""
    return Clock()


@pytest.fixture
def schedules(stores, clock):
    """What sees to schedules, over three instances."""
    items = [Item("AWS::EC2::Instance", f"i-{n}", "1", "r", {"n": n}, tags={"team": "red"}) for n in range(3)]
    insert_revisions(stores.lake, [Revision(each, digest_of(each), EVE) for each in items], "a")
    return Schedules(stores, HERE, clock)


def keep(schedules, text=NIGHTLY):
    with schedules.stores.ledger.write() as connection:
        name = text.split("\n")[0].removeprefix("name: ")
        return add_schedule(connection, name, text, "ann", schedules.clock())


def at(schedules, moment):
    schedules.clock.now = moment
    schedules.round()


def runs(schedules, name="nightly"):
    with schedules.stores.ledger.read() as connection:
        return list_runs(connection, name)


def jobs(schedules, run):
    with schedules.stores.ledger.read() as connection:
        return list_jobs(connection, run.id)


def work(schedules, count=99, lease="me"):
    """Do jobs, one after the other; answers what they were about. No other process lives."""
    done = []
    for _ in range(count):
        with schedules.stores.ledger.write() as connection:
            job = claim_job(connection, lease, schedules.limits, schedules.clock(), lambda other: other == lease)
        if job is None:
            break
        with schedules.stores.ledger.write() as connection:
            end_job(connection, job.id, lease, JobStatus.DONE, "", schedules.clock())
        done.append(job.target.id)
    return done


def gaps(schedules):
    with schedules.stores.ledger.read() as connection:
        return [(each.gap.subject, each.gap.cause) for each in list_gaps(connection, area="schedule")]


def test_a_run_has_a_job_for_each_target_and_ends_with_the_last(schedules):
    keep(schedules)
    at(schedules, NIGHT - MINUTE)
    assert runs(schedules) == []
    at(schedules, NIGHT + MINUTE)
    [run] = runs(schedules)
    assert (run.due_at, run.status, run.cause, run.targets) == (NIGHT, RunStatus.RUNNING, "time", 3)
    assert sorted(work(schedules)) == ["i-0", "i-1", "i-2"]
    at(schedules, NIGHT + 2 * MINUTE)
    assert runs(schedules)[0].status is RunStatus.DONE


def test_targets_are_those_that_fit_when_it_runs(schedules):
    keep(schedules, NIGHTLY + "include: [{tags: {team: blue}}]\n")
    late = Item("AWS::EC2::Instance", "i-9", "1", "r", {}, tags={"team": "blue"})
    insert_revisions(schedules.stores.lake, [Revision(late, digest_of(late), EVE)], "b")
    at(schedules, NIGHT)

    assert work(schedules) == ["i-9"]


def test_where_nothing_fits_the_run_says_so(schedules):
    keep(schedules, NIGHTLY + "include: [{q: 'account:9'}]\n")
    at(schedules, NIGHT)

    assert [(each.status, each.why) for each in runs(schedules)] == [(RunStatus.DONE, "nothing fits")]


def test_a_time_is_recorded_once_whatever_the_clock_does(schedules):
    keep(schedules)
    for moment in (NIGHT, NIGHT + MINUTE, NIGHT - HOUR, NIGHT - MINUTE, NIGHT, NIGHT + MINUTE, EVE, NIGHT + 2 * MINUTE):
        at(schedules, moment)
        work(schedules)

    assert [each.due_at for each in runs(schedules)] == [NIGHT]
    assert schedules.stores.listener.gaps == []


def test_after_a_clock_that_was_years_ahead_it_runs_again(schedules):
    keep(schedules)
    at(schedules, NIGHT + 3_000 * DAY)
    work(schedules)
    at(schedules, NIGHT + 3_000 * DAY)
    at(schedules, NIGHT - MINUTE)
    at(schedules, NIGHT)

    assert NIGHT in [each.due_at for each in runs(schedules)]


def test_two_processes_that_race_make_one_run(schedules, tmp_path):
    keep(schedules)
    schedules.clock.now = NIGHT
    with open_ledger(str(tmp_path / "ledger.db")) as ledger:
        other = Schedules(replace(schedules.stores, ledger=ledger), HERE, schedules.clock)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda one: one.round(), [schedules, other] * 8))
    [run] = runs(schedules)

    assert len(jobs(schedules, run)) == 3


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("skip", [("missed", 30)]),
        ("once", [("running", 30), ("missed", 29)]),
        ("2", [("running", 30), ("running", 29), ("missed", 28)]),
        ("9", [("running", 30), ("running", 29), ("running", 28)]),
    ],
)
def test_what_was_missed_is_made_up_for_as_the_policy_says(schedules, policy, expected):
    keep(schedules, NIGHTLY + f"missed: {policy}\n")
    at(schedules, NIGHT + 2 * DAY + HOUR)

    assert [(each.status, each.due_at.day) for each in runs(schedules)] == expected
    assert [each.why for each in runs(schedules) if each.status is RunStatus.MISSED] == (
        []
        if policy == "9"
        else ["3 could not begin in time, this one the last"]
        if policy == "skip"
        else ["2 could not begin in time, this one the last"]
        if policy == "once"
        else ["it could not begin in time"]
    )


def test_a_missed_run_is_told_until_a_later_one_has_ended(schedules):
    keep(schedules, NIGHTLY + "missed: skip\n")
    at(schedules, NIGHT + HOUR)
    assert gaps(schedules) == [("nightly: missed", "the run of 2026-11-28 02:00 UTC: it could not begin in time")]
    at(schedules, NIGHT + DAY)
    work(schedules)
    at(schedules, NIGHT + DAY + MINUTE)
    assert gaps(schedules) == []


def test_a_run_whose_jobs_have_ended_keeps_the_next_from_nothing(schedules):
    keep(schedules)
    at(schedules, NIGHT)
    work(schedules)
    at(schedules, NIGHT + DAY)

    assert [each.status for each in runs(schedules)] == [RunStatus.RUNNING, RunStatus.DONE]


def test_while_a_run_goes_on_the_next_is_skipped(schedules):
    keep(schedules)
    at(schedules, NIGHT)
    at(schedules, NIGHT + DAY)

    assert [(each.status, each.why) for each in runs(schedules)] == [
        (RunStatus.SKIPPED, "an earlier run still goes on"),
        (RunStatus.RUNNING, ""),
    ]


def test_what_a_window_leaves_goes_on_in_the_next(schedules):
    keep(schedules, NIGHTLY + "window: 1h\n")
    at(schedules, NIGHT)
    first = work(schedules, 1)
    at(schedules, NIGHT + HOUR)
    [run] = runs(schedules)
    assert (run.status, run.why) == (RunStatus.PAUSED, "its window has closed: it goes on in the next one")
    assert work(schedules) == []
    at(schedules, NIGHT + DAY)
    assert [(each.status, each.why) for each in runs(schedules)] == [
        (RunStatus.SKIPPED, "the run of 2026-11-28 02:00 goes on in this window"),
        (RunStatus.RUNNING, ""),
    ]
    assert sorted([*first, *work(schedules)]) == ["i-0", "i-1", "i-2"]
    at(schedules, NIGHT + DAY + MINUTE)
    assert runs(schedules)[1].status is RunStatus.DONE


def test_a_run_about_what_changed_keeps_no_other_from_beginning_and_goes_on_in_the_next_window_too(schedules):
    keep(schedules, NIGHTLY + "window: 1h\n")
    one = (("1", "r", "AWS::EC2::Instance", "i-1"),)
    changed = ScheduleRun("c", "nightly", "instances", EVE, "change 1", chosen=one, made_at=EVE, deadline_at=EVE + HOUR)
    with schedules.stores.ledger.write() as connection:
        add_run(connection, changed)
    at(schedules, EVE)
    at(schedules, EVE + HOUR)
    assert work(schedules) == []
    at(schedules, NIGHT)

    assert sorted(work(schedules)) == ["i-0", "i-1", "i-1", "i-2"]
    assert [each.status for each in runs(schedules)] == [RunStatus.RUNNING, RunStatus.RUNNING]


def test_a_run_whose_window_has_closed_before_it_could_begin_is_missed(schedules):
    keep(schedules, NIGHTLY + "window: 1h\n")
    at(schedules, NIGHT + 2 * HOUR)
    [run] = runs(schedules)

    assert (run.status, run.why) == (RunStatus.MISSED, "its window had closed before it could begin")
    assert jobs(schedules, run) == []


def test_a_missed_run_begins_late_and_ends_with_its_own_window(schedules):
    keep(schedules, NIGHTLY + "window: 3h\n")
    at(schedules, NIGHT + 2 * HOUR)

    assert [(each.status, each.deadline_at) for each in runs(schedules)] == [(RunStatus.RUNNING, NIGHT + 3 * HOUR)]


def test_after_the_last_window_what_is_left_has_failed_and_is_told(schedules):
    once = "name: nightly\nkind: instances\nstart: 2026-11-28T02:00\nwindow: 1h\n"
    keep(schedules, once)
    at(schedules, NIGHT)
    work(schedules, 1)
    at(schedules, NIGHT + HOUR)
    [run] = runs(schedules)

    assert run.status is RunStatus.FAILED
    assert sorted(each.status for each in jobs(schedules, run)) == ["cancelled", "cancelled", "done"]
    assert gaps(schedules) == [("nightly: window", "its last window has closed, and not all was done")]


def test_a_blackout_swallows_what_is_due_and_lets_rest_what_goes_on(schedules):
    keep(schedules, NIGHTLY + "blackouts: [{name: freeze, start: 2026-11-28T03:00, duration: 24h}]\n")
    at(schedules, NIGHT)
    work(schedules, 1)
    at(schedules, NIGHT + HOUR)
    assert [(each.status, each.why) for each in runs(schedules)] == [(RunStatus.PAUSED, "the blackout freeze")]
    assert work(schedules) == []
    at(schedules, NIGHT + DAY)
    assert [each.status for each in runs(schedules)] == [RunStatus.SWALLOWED, RunStatus.PAUSED]
    at(schedules, NIGHT + DAY + HOUR)
    assert len(work(schedules)) == 2


def test_while_a_schedule_is_paused_nothing_begins_and_what_came_is_past(schedules):
    kept = keep(schedules)
    at(schedules, NIGHT)
    with schedules.stores.ledger.write() as connection:
        change_schedule(connection, get_schedule(connection, kept.name), "bob", NIGHT + MINUTE, paused_by="bob")
    at(schedules, NIGHT + 3 * DAY)
    assert [(each.status, each.why) for each in runs(schedules)] == [(RunStatus.PAUSED, "bob paused the schedule")]
    assert work(schedules) == []
    with schedules.stores.ledger.write() as connection:
        change_schedule(connection, get_schedule(connection, kept.name), "bob", NIGHT + 3 * DAY, paused_by="")
    at(schedules, NIGHT + 3 * DAY + MINUTE)
    assert len(work(schedules)) == 3
    assert len(runs(schedules)) == 1


def test_jitter_spreads_the_beginnings_the_same_way_in_every_process(schedules, tmp_path):
    keep(schedules, NIGHTLY + "jitter: 8h\n")
    at(schedules, NIGHT)
    first = [(each.target.id, each.not_before) for each in jobs(schedules, runs(schedules)[0])]
    work(schedules)
    at(schedules, NIGHT + 10 * HOUR)
    work(schedules)
    at(schedules, NIGHT + DAY - MINUTE)
    at(schedules, NIGHT + DAY)
    second = [(each.target.id, each.not_before - DAY) for each in jobs(schedules, runs(schedules)[0])]

    assert first == second
    assert len({moment for _, moment in first}) == 3
    assert all(NIGHT <= moment <= NIGHT + 8 * HOUR for _, moment in first)


def test_somebody_may_have_it_run_now(schedules):
    kept = keep(schedules, NIGHTLY + "jitter: 8h\n")
    schedule = read_schedule(kept, known(HERE)).schedule
    for _ in range(2):
        with schedules.stores.ledger.write() as connection:
            ask_for_run(connection, schedule, "bob", EVE)
    at(schedules, EVE)

    assert [(each.cause, each.targets) for each in runs(schedules)] == [("asked for by bob", 3)] * 2
    assert len(work(schedules)) == 6


def test_what_cannot_be_read_is_told_and_the_others_go_on(schedules):
    keep(schedules)
    keep(schedules, "name: broken\nkind: images\ncron: '@daily'\n")
    at(schedules, NIGHT)

    assert len(runs(schedules)) == 1
    [(subject, cause)] = gaps(schedules)
    assert subject == "broken"
    assert "this installation cannot do 'images'" in cause


def test_targets_that_cannot_be_chosen_are_told_and_chosen_later(schedules):
    keep(schedules)
    broken = Schedules(replace(schedules.stores, lake=Broken()), HERE, schedules.clock)
    at(broken, NIGHT)
    assert gaps(schedules) == [("nightly: targets", "ConnectionError: no lake")]
    assert [(each.status, each.targets) for each in runs(schedules)] == [(RunStatus.RUNNING, None)]
    at(schedules, NIGHT + MINUTE)
    assert gaps(schedules) == []
    assert len(work(schedules)) == 3


class Broken:
    def rows(self, *_):
        raise ConnectionError("no lake")


def test_what_failed_is_told_until_it_does_well(schedules):
    keep(schedules)
    at(schedules, NIGHT)
    for status in (JobStatus.FAILED, JobStatus.DONE, JobStatus.DONE):
        with schedules.stores.ledger.write() as connection:
            job = claim_job(connection, "me", schedules.limits, NIGHT)
            end_job(connection, job.id, "me", status, "no such disk", NIGHT)
    at(schedules, NIGHT + MINUTE)
    assert [(each.status, each.why) for each in runs(schedules)] == [(RunStatus.FAILED, "1 of 3 failed")]
    [(subject, cause)] = gaps(schedules)
    assert subject.startswith("nightly: AWS::EC2::Instance i-")
    assert cause == "no such disk"
    at(schedules, NIGHT + DAY)
    work(schedules)
    at(schedules, NIGHT + DAY + MINUTE)
    assert gaps(schedules) == []


def test_of_a_deleted_schedule_nothing_stays_open(schedules):
    kept = keep(schedules)
    at(schedules, NIGHT)
    with schedules.stores.ledger.write() as connection:
        delete_schedule(connection, get_schedule(connection, kept.name), "bob", NIGHT)
        close_schedule_gaps(connection, kept.name)
    at(schedules, NIGHT + DAY)

    assert work(schedules) == []
    with schedules.stores.ledger.read() as connection:
        assert open_runs(connection) == []


class Killed(BaseException):
    """The process ends here."""


class Mortal:
    """A ledger that ends the process before or after its nth writing transaction is kept."""

    def __init__(self, ledger, at_):
        self.ledger, self.at, self.count = ledger, at_, 0

    def __getattr__(self, name):
        return getattr(self.ledger, name)

    def write(self):
        from contextlib import contextmanager

        @contextmanager
        def writing():
            self.count += 1
            with self.ledger.write() as connection:
                yield connection
                if self.count == self.at:
                    raise Killed  # before it is kept
            if self.count == self.at - 0.5:
                raise Killed  # after it is kept

        return writing()


def test_a_process_that_ends_anywhere_in_between_loses_and_repeats_nothing(stores, clock, schedules):
    keep(schedules, NIGHTLY + "window: 1h\n")
    for step in itertools.count():
        clock.now = NIGHT + step * DAY
        mortal = Schedules(replace(stores, ledger=Mortal(stores.ledger, 1 + step / 2)), HERE, clock)
        try:
            through_the_night(mortal, "first")
        except Killed:
            through_the_night(Schedules(stores, HERE, clock), "second")
        else:
            break
        today = [each for each in runs(schedules) if each.due_at == NIGHT + step * DAY]
        assert [(each.status, each.targets) for each in today] == [(RunStatus.DONE, 3)]
        assert [each.status for each in jobs(schedules, today[0])] == [JobStatus.DONE] * 3
    assert step > 15


def through_the_night(schedules, lease):
    schedules.round()
    work(schedules, lease=lease)
    schedules.round()


def test_the_examples_in_the_guide_are_schedules():
    page = (Path(__file__).parents[2] / "docs" / "guide" / "schedules.md").read_text()
    whole, choice = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)

    assert parse_schedule(whole, known(HERE)).at_once.group_tag == "team"
    assert parse_schedule(NIGHTLY + choice, known(HERE)).exclude[0].tags == (("scan", ("never",)),)
