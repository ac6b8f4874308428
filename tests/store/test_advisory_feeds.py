from dataclasses import replace

from tests.store.samples import NOON

from nephoscope.store.advisory_feeds import Feed, drop_feed, list_feeds, mark_feed_judged, put_feed

FEED = Feed("debian", "debian.jsonl.gz", "aa", 10, "2026-01-01T00:00:00Z", NOON)


def test_a_feed_is_judged_for_as_long_as_its_content_stays(ledger):
    with ledger.write() as connection:
        put_feed(connection, FEED)
        assert [each.is_judged for each in list_feeds(connection)] == [False]
        mark_feed_judged(connection, FEED)
        put_feed(connection, FEED)
        assert [each.is_judged for each in list_feeds(connection)] == [True]
        put_feed(connection, replace(FEED, sha256="bb"))
        assert [each.is_judged for each in list_feeds(connection)] == [False]
        mark_feed_judged(connection, FEED)  # who judged the content before must not hide the new one
        assert [each.is_judged for each in list_feeds(connection)] == [False]
        drop_feed(connection, "debian")
        assert list_feeds(connection) == []
