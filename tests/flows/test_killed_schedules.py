"""The promise that no time of a schedule is lost or run twice by a kill: its process is killed at random moments."""

import os
import random
import subprocess
import sys
import textwrap
import time
from datetime import UTC, datetime, timedelta

import pytest

from nephoscope.model.schedule import JobStatus, RunStatus
from nephoscope.store.ledger import open_ledger
from nephoscope.store.schedule_jobs import ENDED, list_jobs
from nephoscope.store.schedules import add_schedule, list_runs, open_runs

KILLS = 15
RATE = 60  # a minute passes in a second
START = datetime(2026, 11, 27, 12, 0, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OFTEN = "name: often\nkind: folders\npaths: [a, b, c]\ncron: '* * * * *'\nmissed: 100\n"
PROGRAM = textwrap.dedent(
    """
    import sys, time
    from datetime import datetime, timedelta
    from pathlib import Path
    from nephoscope.keep import Stores
    from nephoscope.model.schedule import Outcome
    from nephoscope.pipeline.schedule_work import ScheduleWork
    from nephoscope.pipeline.schedules import Schedules
    from nephoscope.store.ledger import open_ledger

    ledger, log, began, start, rate, until = sys.argv[1:]

    def clock():
        return datetime.fromisoformat(start) + timedelta(seconds=(time.time() - float(began)) * float(rate))

    class Quiet:
        def found(self, _): pass
        def cannot_see(self, _): pass
        def sees_again(self, _): pass

    def do(job):
        time.sleep(0.2)
        with Path(log).open("a") as out:
            out.write(job.id + "\\n")
        return Outcome()

    with open_ledger(ledger) as opened:
        stores = Stores(None, opened, Quiet())
        schedules = Schedules(stores, ("folders",), clock)
        work = ScheduleWork(stores, {"folders": do}, lambda: schedules.limits, clock=clock)
        print("ready", flush=True)
        while time.time() < float(until):
            schedules.round()
            while work.round():
                pass
            time.sleep(0.01)
        schedules.round()
    """
)


@pytest.mark.slow
def test_a_schedule_whose_process_is_killed_over_and_over_runs_each_time_once(tmp_path):
    with open_ledger(str(tmp_path / "ledger.db")) as ledger:
        with ledger.write() as connection:
            add_schedule(connection, "often", OFTEN, "ann", START)
        in_the_middle = kill_over_and_over(tmp_path)
        with ledger.read() as connection:
            runs = list_runs(connection, "often", 10_000)
            jobs = {run.id: list_jobs(connection, run.id) for run in runs}
    due = sorted(run.due_at for run in runs)
    done = set((tmp_path / "log").read_text().split())

    assert in_the_middle > KILLS / 5
    assert due == [due[0] + number * MINUTE for number in range(len(due))]
    assert {run.status for run in runs} <= {RunStatus.DONE, RunStatus.SKIPPED, RunStatus.FAILED}
    assert all(len(jobs[run.id]) == (0 if run.status is RunStatus.SKIPPED else 3) for run in runs)
    ended = {job.id: (job.status, job.note) for each in jobs.values() for job in each}
    assert set(ended.values()) <= {(JobStatus.DONE, ""), (JobStatus.FAILED, ENDED)}  # chance may kill one three times
    assert {id_ for id_, (status, _) in ended.items() if status is JobStatus.DONE} <= done
    assert sum(run.status is RunStatus.DONE for run in runs) > KILLS / 3


def kill_over_and_over(folder):
    """Kill who sees to the schedule so many times, let the last one end by itself; answers how many had a job begun."""
    chance, began, in_the_middle = random.Random(20261127), time.time(), 0
    for number in range(KILLS + 1):
        is_last = number == KILLS
        until = time.time() + (4 if is_last else 60)
        said = [str(folder / "ledger.db"), str(folder / "log"), str(began), START.isoformat(), str(RATE), str(until)]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        command = [sys.executable, "-c", PROGRAM, *said]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
            assert process.stdout.readline() == "ready\n"
            if is_last:
                assert process.wait(60) == 0
                break
            time.sleep(chance.uniform(0.1, 1.5))
            process.kill()
        with open_ledger(str(folder / "ledger.db")) as ledger, ledger.read() as connection:
            in_the_middle += bool(open_runs(connection))
    return in_the_middle
