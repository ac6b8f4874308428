import pytest

from nephoscope.portal.cache import Cache


def test_an_answer_is_kept_for_its_time_and_the_oldest_goes_first():
    now = [0.0]
    made = []

    def make():
        made.append(1)
        return len(made)

    cache = Cache(most=2, seconds=10, clock=lambda: now[0])

    assert cache.get("a", make) == cache.get("a", make) == 1
    now[0] = 11
    assert cache.get("a", make) == 2
    cache.get("b", make)
    cache.get("c", make)
    assert cache.get("a", make) == 5
    cache.clear()
    assert cache.get("a", make) == 6


def test_what_raises_is_not_kept():
    cache = Cache()
    with pytest.raises(ZeroDivisionError):
        cache.get("a", lambda: 1 / 0)
    assert cache.get("a", lambda: 3) == 3
