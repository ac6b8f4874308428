from concurrent.futures import ThreadPoolExecutor

import pytest

from nephoscope.clouds.budget import Budget


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


def test_a_burst_is_free_and_what_follows_waits_its_turn():
    clock = Clock()
    budget = Budget(10, 5, clock, clock.sleep)

    for _ in range(25):
        budget.take()

    assert clock.now == pytest.approx(2.0)
    assert budget.calls == 25


def test_unused_time_is_saved_up_to_the_burst_only():
    clock = Clock()
    budget = Budget(10, 5, clock, clock.sleep)
    clock.now = 1000.0

    for _ in range(6):
        budget.take()

    assert clock.now == pytest.approx(1000.1)


def test_threads_share_the_budget():
    budget = Budget(1e6, 10)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: budget.take(), range(1000)))

    assert budget.calls == 1000
