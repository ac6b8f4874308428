"""Jobs are begun by one process each, in order, and no more at once than is allowed."""

from datetime import UTC, datetime, timedelta

import pytest

from nephoscope.model.finding import ResourceRef
from nephoscope.model.schedule import JobStatus, Limits, RunStatus
from nephoscope.store.schedule_jobs import (
    ENDED,
    LEASE,
    MOST_ATTEMPTS,
    Planned,
    add_jobs,
    claim_job,
    count_jobs,
    end_job,
    has_work,
    list_jobs,
    may_go_on,
    renew_job,
    rest_job,
    runs_without_work,
    target_key,
    waiting_targets,
)
from nephoscope.store.schedules import ScheduleRun, add_run, keep_run

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FREE = {"nightly": Limits(), "weekly": Limits()}


def target(number, account="1", region="r"):
    return ResourceRef("AWS::EC2::Instance", f"i-{number}", account, region)


def run(schedule="nightly", **more):
    return ScheduleRun(f"run of {schedule}", schedule, "instances", NOW, "time", targets=3, made_at=NOW, **more)


def jobs(connection, count=3, of=None, at=NOW, targets=None, **more):
    of = of or run()
    add_run(connection, of)
    chosen = targets or [target(number) for number in range(count)]
    add_jobs(connection, of, [Planned(each, at, **more) for each in chosen])
    return of


@pytest.fixture
def connection(ledger):
    """A writing transaction."""
    with ledger.write() as opened:
        yield opened


def claim(connection, lease="a", limits=FREE, at=NOW, is_alive=lambda _: True):
    return claim_job(connection, lease, limits, at, is_alive)


def test_each_job_is_begun_by_one(connection):
    jobs(connection)
    claimed = [claim(connection, lease) for lease in "abcd"]

    assert {each.target.id for each in claimed[:3]} == {"i-0", "i-1", "i-2"}
    assert claimed[3] is None


def test_the_same_jobs_again_are_kept_once(connection):
    jobs(connection)
    jobs(connection)

    assert count_jobs(connection, ["run of nightly", "none"]) == {"run of nightly": {"waiting": 3}, "none": {}}


def test_no_job_begins_before_its_time_or_after_its_window_or_while_its_run_rests(connection):
    of = jobs(connection, 1, run(deadline_at=NOW + 5 * MINUTE), at=NOW + MINUTE)

    assert not has_work(connection, FREE, NOW)
    assert claim(connection) is None
    assert claim(connection, at=NOW + 5 * MINUTE) is None
    keep_run(connection, run(deadline_at=of.deadline_at, status=RunStatus.PAUSED))
    assert claim(connection, at=NOW + 2 * MINUTE) is None
    keep_run(connection, of)
    assert has_work(connection, FREE, NOW + 2 * MINUTE)
    assert claim(connection, at=NOW + 2 * MINUTE) is not None


def test_no_job_begins_of_a_schedule_whose_limits_are_not_known(connection):
    jobs(connection)

    assert claim(connection, limits={"weekly": Limits()}) is None


def test_the_greatest_priority_goes_first_then_what_has_waited_longest(connection):
    jobs(connection, targets=[target(0)], at=NOW - MINUTE)
    jobs(connection, of=run("weekly"), targets=[target(1, "2")], priority=9)
    jobs(
        connection,
        of=ScheduleRun("old", "nightly", "x", NOW, "", made_at=NOW),
        targets=[target(2)],
        at=NOW - 2 * MINUTE,
    )

    assert [claim(connection, each).target.id for each in "abc"] == ["i-1", "i-2", "i-0"]


@pytest.mark.parametrize(
    ("limits", "most"),
    [
        (Limits(), 8),
        (Limits(schedule=3), 3),
        (Limits(account=2), 4),
        (Limits(region=1), 4),
        (Limits(group=3, group_tag="team"), 6),
        (Limits(schedule=5, account=2, region=1), 4),
    ],
)
def test_no_more_run_at_once_than_is_allowed(connection, limits, most):
    of = run()
    add_run(connection, of)
    places = [(account, region) for account in "12" for region in "rs" for _ in range(2)]
    planned = [
        Planned(target(number, *place), NOW, "red" if number % 2 else "blue") for number, place in enumerate(places)
    ]
    add_jobs(connection, of, planned)
    begun = [claim(connection, str(number), {"nightly": limits}) for number in range(10)]

    assert sum(each is not None for each in begun) == most
    first = begun[0]
    assert end_job(connection, first.id, "0", JobStatus.DONE, "", NOW)
    assert (claim(connection, "x", {"nightly": limits}) is not None) is (most < 8)


def test_accounts_are_shared_with_other_schedules(connection):
    jobs(connection, 1)
    jobs(connection, of=run("weekly"), targets=[target(7), target(8, "2")])
    limits = {"nightly": Limits(), "weekly": Limits(account=1)}
    begun = [claim(connection, each, limits) for each in "abc"]

    assert [each and each.target.account for each in begun] in (["1", "2", None], ["1", "1", "2"], ["2", "1", None])
    assert sum(each is not None and each.schedule == "weekly" and each.target.account == "1" for each in begun) <= 1


def test_what_belongs_to_no_account_is_not_limited_by_it(connection):
    jobs(connection, targets=[ResourceRef("path", str(number)) for number in range(3)])
    limits = {"nightly": Limits(account=1, region=1)}

    assert all(claim(connection, each, limits) for each in "abc")


def test_one_target_is_looked_at_by_one_job_at_a_time(connection):
    jobs(connection, 1)
    jobs(connection, 1, run("weekly"))
    first = claim(connection)

    assert claim(connection, "b") is None
    end_job(connection, first.id, "a", JobStatus.DONE, "", NOW)
    assert claim(connection, "b").run != first.run


def test_what_a_dead_process_had_begun_is_begun_again_and_a_live_ones_is_not(connection):
    jobs(connection, 1)
    first = claim(connection)

    assert claim(connection, "b", at=NOW + LEASE / 2) is None
    assert not has_work(connection, FREE, NOW)
    assert has_work(connection, FREE, NOW, lambda lease: lease != "a")
    again = claim(connection, "b", is_alive=lambda lease: lease != "a")
    assert (again.id, again.attempt, again.started_at) == (first.id, 2, NOW)
    assert not end_job(connection, first.id, "a", JobStatus.DONE, "late", NOW)
    assert not rest_job(connection, first.id, "a", None)
    assert not renew_job(connection, first.id, "a", NOW)
    assert end_job(connection, first.id, "b", JobStatus.DONE, "", NOW)


def test_a_lease_that_nobody_renews_ends(connection):
    jobs(connection, 1)
    claim(connection)
    renew_job(connection, list_jobs(connection, "run of nightly")[0].id, "a", NOW + MINUTE)

    assert claim(connection, "b", at=NOW + LEASE) is None
    assert claim(connection, "b", at=NOW + MINUTE + LEASE) is not None


def test_a_job_under_which_the_process_ends_each_time_fails(connection):
    jobs(connection, 1)
    begun = [claim(connection, str(number), is_alive=lambda _: False) for number in range(MOST_ATTEMPTS + 1)]
    [job] = list_jobs(connection, "run of nightly", status="failed")

    assert [each is not None for each in begun] == [True] * MOST_ATTEMPTS + [False]
    assert (job.note, job.ended_at) == (ENDED, NOW)


def test_a_job_that_rests_goes_on_from_where_it_was(connection):
    jobs(connection, 1)
    first = claim(connection)
    assert may_go_on(connection, first.id, "a")
    assert rest_job(connection, first.id, "a", {"block": 7}, "half")
    assert not may_go_on(connection, first.id, "a")
    again = claim(connection, "b")

    assert (again.place, again.attempt, again.note) == ({"block": 7}, 1, "half")


def test_a_run_is_done_when_all_its_jobs_have_ended(connection):
    jobs(connection, 2)
    add_run(connection, ScheduleRun("not chosen", "nightly", "x", NOW, "", made_at=NOW))
    assert runs_without_work(connection) == []
    for lease in "ab":
        job = claim(connection, lease)
        end_job(connection, job.id, lease, JobStatus.DONE, "", NOW)

    assert runs_without_work(connection) == ["run of nightly"]


def test_the_targets_whose_jobs_wait_are_known(connection):
    jobs(connection, 2)
    begun = claim(connection)
    [waits] = waiting_targets(connection, "nightly")

    assert waits in {target_key(target(0)), target_key(target(1))}
    assert waits != target_key(begun.target)
