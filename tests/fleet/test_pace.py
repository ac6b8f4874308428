from nephoscope.fleet import pace
from nephoscope.fleet.pace import Pace


def test_an_address_may_try_so_often_and_again_after_a_while():
    tries = Pace(2, 60)

    assert [tries.wait_s("a", 0.0) for _ in range(3)] == [0, 0, 31]
    assert tries.wait_s("b", 0.0) == 0
    assert tries.wait_s("a", 29.0) > 0
    assert tries.wait_s("a", 60.0) == 0
    assert [tries.wait_s("a", 10_000.0) for _ in range(3)] == [0, 0, 31]


def test_a_clock_that_goes_back_gives_nothing_away():
    tries = Pace(1, 60)
    tries.wait_s("a", 100.0)

    assert tries.wait_s("a", 0.0) > 0


def test_many_addresses_do_not_fill_the_memory():
    tries = Pace(1, 60)
    for number in range(pace.MOST_ADDRESSES + 50):
        tries.wait_s(str(number), 0.0)

    assert len(tries._left) == pace.MOST_ADDRESSES
