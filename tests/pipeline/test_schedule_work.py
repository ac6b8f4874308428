"""A job's outcome is recorded once; what fails is told, what rests goes on from where it was."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from datetime import UTC, datetime, timedelta

import pytest

from nephoscope.model.coverage import Gap
from nephoscope.model.errors import AccessDenied, Stopped
from nephoscope.model.finding import ResourceRef
from nephoscope.model.schedule import JobStatus, Limits, Outcome, RunStatus
from nephoscope.pipeline.schedule_kinds import Workshop
from nephoscope.pipeline.schedule_work import ScheduleWork, scheduled
from nephoscope.store.gaps import list_gaps
from nephoscope.store.packages import list_looks
from nephoscope.store.schedule_jobs import Planned, add_jobs, list_jobs
from nephoscope.store.schedules import ScheduleRun, add_run, add_schedule, keep_run, list_runs

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
RUN = ScheduleRun("run", "nightly", "instances", NOW, "time", targets=2, made_at=NOW)
LIMITS = {"nightly": Limits()}


@pytest.fixture
def ledger(stores):
    """A ledger with a run of two jobs."""
    with stores.ledger.write() as connection:
        add_run(connection, RUN)
        targets = [ResourceRef("AWS::EC2::Instance", f"i-{number}", "1", "r") for number in range(2)]
        add_jobs(connection, RUN, [Planned(each, NOW) for each in targets])
    return stores.ledger


def denied(permission):
    error = AccessDenied(permission, "AccessDenied", "no")
    error.permission = permission
    return error


def worker(stores, do, **more):
    return ScheduleWork(stores, {"instances": do}, lambda: LIMITS, **more)


def jobs(ledger):
    with ledger.read() as connection:
        return {each.target.id: each for each in list_jobs(connection, "run")}


def gaps(ledger):
    with ledger.read() as connection:
        return [each.gap for each in list_gaps(connection)]


def test_jobs_are_done_one_after_the_other_until_none_is_left(stores, ledger):
    seen = []
    one = worker(stores, lambda job: seen.append(job.target.id) or Outcome(f"{job.target.id} is fine"))

    assert [one.round(), one.round(), one.round()] == [True, True, False]
    assert sorted(seen) == ["i-0", "i-1"]
    assert {(each.status, each.note) for each in jobs(ledger).values()} == {
        (JobStatus.DONE, "i-0 is fine"),
        (JobStatus.DONE, "i-1 is fine"),
    }


@pytest.mark.parametrize(
    ("error", "cause", "permission"),
    [
        (denied("ec2:CreateSnapshot"), "ec2:CreateSnapshot answered AccessDenied", "ec2:CreateSnapshot"),
        (ValueError("no such disk"), "ValueError: no such disk", ""),
    ],
    ids=["ours", "another"],
)
def test_a_job_that_fails_is_told_with_its_cause_until_it_does_well(stores, ledger, error, cause, permission):
    def fail(job):
        raise error

    worker(stores, fail).round()
    [gap] = gaps(ledger)
    failed = next(each for each in jobs(ledger).values() if each.status is JobStatus.FAILED)

    assert cause in gap.cause
    assert cause in failed.note
    assert gap == Gap("schedule", f"nightly: AWS::EC2::Instance {failed.target.id}", gap.cause, "1", "r", permission)
    other = ScheduleRun("run 2", "nightly", "instances", NOW, "time", targets=1, made_at=NOW)
    with stores.ledger.write() as connection:
        add_run(connection, other)
        add_jobs(connection, other, [Planned(failed.target, NOW)])
    one = worker(stores, lambda job: Outcome())
    while one.round():
        pass
    assert gaps(ledger) == []


def test_what_a_job_could_not_see_is_told(stores, ledger):
    worker(stores, lambda job: Outcome("half", gaps=(Gap("look", job.target.id, "a denied block"),))).round()

    assert [each.cause for each in gaps(ledger)] == ["a denied block"]


def test_a_job_rests_when_its_run_does_and_goes_on_from_where_it_was(stores, ledger):
    places = []

    def slow(job):
        places.append(job.place)
        if job.place is None:
            with stores.ledger.write() as connection:
                keep_run(connection, RUN.__class__(**{**vars(RUN), "status": RunStatus.PAUSED}))
        deadline = time.monotonic() + 10
        while not job.stops() and job.place is None:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return Outcome("half", is_paused=job.place is None, place={"block": 7})

    one = worker(stores, slow)
    one.round()
    assert not one.round()
    with stores.ledger.write() as connection:
        keep_run(connection, RUN)
    one.round()
    one.round()
    assert {"block": 7} in places


@pytest.mark.parametrize("how", ["asks", "raises"])
def test_when_nephoscope_stops_a_job_rests_and_no_other_begins(stores, ledger, how):
    def asks(job):
        if how == "raises":
            raise Stopped("stopping")
        return Outcome(is_paused=job.stops())

    assert worker(stores, asks, is_stopping=lambda: True).round() is False
    assert {(each.status, each.attempt) for each in jobs(ledger).values()} == {(JobStatus.WAITING, 0)}
    assert gaps(ledger) == []


KILLED = textwrap.dedent(
    """
    import sys, time
    from nephoscope.keep import Stores
    from nephoscope.model.schedule import Limits, Outcome
    from nephoscope.pipeline.schedule_work import ScheduleWork
    from nephoscope.store.ledger import open_ledger

    def slow(job):
        print(job.target.id, flush=True)
        time.sleep(60)
        return Outcome()

    class Quiet:
        def found(self, _): pass
        def cannot_see(self, _): pass
        def sees_again(self, _): pass

    with open_ledger(sys.argv[1]) as ledger:
        ScheduleWork(Stores(None, ledger, Quiet()), {"instances": slow}, lambda: {"nightly": Limits()}).round()
    """
)


def test_what_a_killed_process_had_begun_is_done_by_another_and_recorded_once(stores, ledger, tmp_path):
    command = [sys.executable, "-c", KILLED, str(tmp_path / "ledger.db")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | path()) as process:
        begun = process.stdout.readline().strip()
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert jobs(ledger)[begun].status is JobStatus.RUNNING
    done = []
    one = worker(stores, lambda job: done.append(job.target.id) or Outcome(f"attempt {job.attempt}"))
    while one.round():
        pass

    assert sorted(done) == ["i-0", "i-1"]
    assert jobs(ledger)[begun].note == "attempt 2"


def path():
    return {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def test_a_schedule_of_a_folder_ends_with_its_packages_kept_and_its_run_done(stores, tmp_path):
    tree = tmp_path / "trees" / "web"
    (tree / "var/lib/dpkg").mkdir(parents=True)
    (tree / "etc").mkdir()
    (tree / "etc/os-release").write_text('ID=debian\nVERSION_ID="12"\n')
    (tree / "var/lib/dpkg/status").write_text("Package: bash\nStatus: install ok installed\nVersion: 5.2-1\n\n")
    text = f"name: trees\nkind: folders\npaths: [{tree}]\ncron: '* * * * *'\n"
    with stores.ledger.write() as connection:
        add_schedule(connection, "trees", text, "ann", datetime.now(UTC) - timedelta(minutes=2))
    rounds = {each.name: each.round for each in scheduled(Workshop(stores, folders=(tmp_path / "trees",)), 2, never)}

    assert set(rounds) == {"schedules", "scheduled 1", "scheduled 2"}
    rounds["schedules"]()
    assert rounds["scheduled 1"]()
    rounds["schedules"]()
    with stores.ledger.read() as connection:
        [look] = list_looks(connection)
        run = next(each for each in list_runs(connection, "trees") if each.targets)

    assert (look.target.id, look.by) == (str(tree), "schedule")
    assert run.status is RunStatus.DONE


def never():
    return False
