from datetime import timedelta

from tests.store.samples import NOON

from nephoscope.store.disk_scans import (
    end_scan,
    get_scan,
    hold_scan,
    list_scans,
    mark_granted,
    mark_kept,
    prefix_of,
    take_scan,
)
from nephoscope.store.packages import Target

ONE = Target("AWS::EC2::Instance", "i-1", "1", "eu-west-1", "web")
HOUR = timedelta(hours=1)


def test_a_scan_is_taken_by_one_at_a_time_and_by_another_when_its_time_is_over(ledger):
    with ledger.write() as connection:
        first, is_mine = take_scan(connection, ONE, "a", NOON, NOON + HOUR)
        assert is_mine
        assert first.token.startswith(prefix_of(connection))
        assert take_scan(connection, ONE, "b", NOON, NOON + HOUR) == (first, False)
        assert take_scan(connection, ONE, "a", NOON, NOON + HOUR) == (first, True)
        second, is_mine = take_scan(connection, ONE, "b", NOON + HOUR, NOON + 2 * HOUR)
        assert (second.token, is_mine) == (first.token, True)
        assert not hold_scan(connection, first, NOON + 3 * HOUR)
        assert hold_scan(connection, second, NOON + 3 * HOUR)


def test_what_is_noted_of_a_scan_is_there_until_it_ends(ledger):
    with ledger.write() as connection:
        scan, _ = take_scan(connection, ONE, "a", NOON, NOON + HOUR)
        mark_granted(connection, scan)
        mark_kept(connection, scan)
    with ledger.read() as connection:
        [found] = list_scans(connection)
        assert (found.target, found.is_granted, found.is_kept) == (ONE, True, True)
        assert get_scan(connection, scan.token) == found
    with ledger.write() as connection:
        end_scan(connection, scan)
        assert list_scans(connection) == []
        again, _ = take_scan(connection, ONE, "a", NOON, NOON + HOUR)
        assert again.token != scan.token


def test_a_ledger_s_tokens_begin_alike(ledger):
    with ledger.write() as connection:
        assert prefix_of(connection) == prefix_of(connection)
