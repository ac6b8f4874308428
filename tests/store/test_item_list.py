"""Every item that a query selects is read, page by page, as it is now."""

from datetime import UTC, datetime, timedelta

from nephoscope.model.item import Item
from nephoscope.query import parse
from nephoscope.store import item_list
from nephoscope.store.item_list import FIELDS, selected_items
from nephoscope.store.items import Revision, digest_of, insert_revisions

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


def revision(number, at=NOW, gone=False, **more):
    item = Item("AWS::EC2::Instance", f"i-{number:05}", "1", "r", {"n": number}, **more)
    return Revision(item, digest_of(item), at, is_deleted=gone)


def ids(lake, query):
    return [row["id"] for row in selected_items(lake, parse(query, FIELDS), NOW)]


def test_a_query_selects_what_is_now(lake):
    old = revision(1, NOW - timedelta(hours=1), tags={"env": "prod"})
    insert_revisions(lake, [old, revision(1, tags={"env": "dev"}), revision(2, tags={"env": "prod"})], "a")

    assert ids(lake, "tag:prod") == ["i-00002"]
    assert ids(lake, "account:2") == []


def test_more_than_a_page_is_read_to_its_end(lake):
    count = item_list.AT_ONCE + 3
    insert_revisions(lake, [revision(number) for number in range(count)], "a")

    assert ids(lake, "") == [f"i-{number:05}" for number in range(count)]
