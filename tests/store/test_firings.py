from datetime import UTC, datetime, timedelta

from nephoscope.store.firings import (
    Firing,
    add_firing,
    count_firings,
    last_firing,
    reset_trigger,
    stand_still,
    stands_still,
)

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def test_firings_are_counted_once_a_change(ledger):
    with ledger.write() as connection:
        for _ in range(2):
            add_firing(connection, Firing("t", "o", 7, "run", "r", NOW))
        add_firing(connection, Firing("t", "p", 8, "run", "r", NOW + timedelta(hours=1)))
        assert count_firings(connection, "t", NOW) == 2
        assert count_firings(connection, "t", NOW + timedelta(minutes=1)) == 1
        assert last_firing(connection, "t", "o") == NOW
        assert last_firing(connection, "t") == NOW + timedelta(hours=1)
        assert last_firing(connection, "other") is None


def test_a_trigger_stands_still_until_it_is_reset(ledger):
    with ledger.write() as connection:
        stand_still(connection, "t", "too often")
        assert stands_still(connection, "t") == "too often"
        reset_trigger(connection, "t")
        assert stands_still(connection, "t") == ""
