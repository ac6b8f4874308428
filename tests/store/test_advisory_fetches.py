from datetime import UTC, datetime

from nephoscope.store.advisory_fetches import Fetch, drop_fetch, list_fetches, put_fetch

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def test_the_latest_attempt_of_a_feed_is_kept(ledger):
    first = Fetch("debian", NOON, NOON, "", {"json": {"etag": '"1"', "size": 3}})
    with ledger.write() as connection:
        put_fetch(connection, Fetch("debian", NOON, None, "answered 500"))
        put_fetch(connection, first)
        put_fetch(connection, Fetch("pypi", NOON))
    with ledger.read() as connection:
        assert list_fetches(connection) == {"debian": first, "pypi": Fetch("pypi", NOON)}
    with ledger.write() as connection:
        drop_fetch(connection, "debian")
    with ledger.read() as connection:
        assert list(list_fetches(connection)) == ["pypi"]
