import threading
import time

import pytest

from nephoscope.jobs import LONGEST_PAUSE_S, Job, Jobs, gap_of, pause_s
from nephoscope.model.errors import AccessDenied, ConfigError


@pytest.fixture
def running():
    """Starts jobs, keeps what they report, and stops them afterwards."""
    started = []

    def start(*jobs):
        told = {"failed": [], "recovered": []}
        running = Jobs(jobs, told["failed"].append, told["recovered"].append)
        running.start()
        started.append(running)
        return running, told

    yield start
    for each in started:
        assert each.stop() == []


def test_a_round_that_says_there_is_more_is_followed_at_once(running):
    rounds, done = iter([True, True, False]), threading.Event()

    def one_round():
        more = next(rounds)
        if not more:
            done.set()
        return more

    running(Job("collect", one_round, every_s=3600))
    assert done.wait(5)


def test_a_round_that_raises_is_reported_and_the_job_goes_on(running):
    outcomes, done = iter([ValueError("bad"), None]), threading.Event()

    def one_round():
        outcome = next(outcomes, None)
        if outcome:
            raise outcome
        done.set()
        return False

    jobs, told = running(Job("collect", one_round, every_s=0.01))
    assert done.wait(5)
    jobs.stop()

    [gap] = told["failed"]
    assert gap.key == told["recovered"][0].key
    assert gap.cause == "ValueError: bad"


def test_a_sleeping_job_can_be_woken_and_stopped(running):
    began, count = threading.Event(), []

    def one_round():
        count.append(1)
        began.set()
        return False

    jobs, _ = running(Job("inventory", one_round, every_s=3600))
    assert began.wait(5)
    began.clear()
    jobs.wake("inventory")
    assert began.wait(5)
    assert jobs.stop() == []
    assert jobs.is_stopping


def test_a_job_that_waits_for_a_provider_ends_at_once_when_asked_to_stop_and_is_no_failure(running):
    is_named, waits = threading.Event(), threading.Event()

    def one_round():
        is_named.wait(5)
        waits.set()
        jobs.wait(60)

    jobs, told = running(Job("collect", one_round, every_s=0.01))
    is_named.set()
    assert waits.wait(5)
    began = time.monotonic()

    assert jobs.stop() == []
    assert time.monotonic() - began < 5
    assert told == {"failed": [], "recovered": []}


def test_failures_are_retried_later_and_later_but_within_five_minutes():
    assert [pause_s(2, n) for n in (1, 2, 3)] == [2, 4, 8]
    assert pause_s(2, 500) == LONGEST_PAUSE_S


def test_a_missing_permission_is_named_in_the_gap():
    denied = AccessDenied("s3:ListObjectsV2", "AccessDenied")
    denied.permission = "s3:ListBucket"

    assert gap_of("collect", denied).permission == "s3:ListBucket"


def test_the_first_success_ends_what_an_earlier_process_left_open(running):
    done = threading.Event()
    jobs, told = running(Job("collect", lambda: bool(done.set()), every_s=3600))
    assert done.wait(5)
    jobs.stop()

    assert [gap.key for gap in told["recovered"]] == [("job", "collect", "", "")]


def test_an_error_of_ours_is_told_in_its_own_words():
    assert gap_of("collect", ConfigError("no account 'a'")).cause == "no account 'a'"
