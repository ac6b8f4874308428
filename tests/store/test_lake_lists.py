"""The lake's lists select what memory selects, and page by key."""

from datetime import UTC, datetime

import pytest
from tests.store.samples import NOON, event_rows

from nephoscope.model.query import And, Negated
from nephoscope.portal.lists.events import FIELDS, LISTING
from nephoscope.portal.query_rows import holds
from nephoscope.query import parse
from nephoscope.store import lake_lists
from nephoscope.store.events import insert_events
from nephoscope.store.scope import Scope

ALL = Scope.everything()
NOW = datetime(2026, 5, 2, tzinfo=UTC)
QUERIES = [
    "operation:StopLogging",
    "operation:stop*",
    "api.operation:*",
    "error:*",
    "resource_uids:arn:3",
    "resource_uids:*",
    "time:>=2026-05-01T12:00:03Z",
    "status_id:0",
    "origin.index:>2",
    "is_read_only:true",
    "account:(111111111111 or 3)",
    "(uid:e1 or uid:e2) -uid:e2",
]


@pytest.fixture
def events(lake):
    insert_events(lake, event_rows(6), "b1")
    insert_events(lake, event_rows(3, account="2", first=20, operation="It's 100%_\\"), "b2")
    return lake


@pytest.mark.parametrize("text", [*QUERIES, 'operation:"It\'s 100%_\\\\"', "operation:*%_*"])
def test_the_lake_and_memory_select_the_same(events, text):
    names = ", ".join(f"`{name}`" for name in FIELDS if name in lake_lists_columns())
    rows = events.rows(f"SELECT {names} FROM events ORDER BY `metadata.uid`")
    node = parse(text, FIELDS)
    short = {short: name.strip("`") for short, name in LISTING.columns.items()}
    for wanted in (node, Negated(node)):
        plain = [{short_: row[name] for short_, name in short.items()} for row in rows]
        expected = {row["metadata.uid"] for row in plain if holds(wanted, row, FIELDS, NOW)}
        found = lake_lists.page(events, LISTING, wanted, ALL, NOW, sort=(("time", True),), after=None, limit=50)
        assert {row["metadata.uid"] for row in found} == expected, wanted


def lake_lists_columns():
    return {name.strip("`") for name in LISTING.columns.values()}


def test_pages_join_without_a_hole_and_stay_in_scope(events):
    sort, after, found = (("time", True),), None, []
    while part := lake_lists.page(events, LISTING, And(), ALL, NOW, sort=sort, after=after, limit=2):
        found += part
        after = lake_lists.place(LISTING, sort, part[-1])
    scoped = Scope.of(["2"])

    assert [row["metadata.uid"] for row in found] == ["e22", "e21", "e20", "e5", "e4", "e3", "e2", "e1", "e0"]
    assert lake_lists.count(events, LISTING, And(), scoped, NOW) == (3, True)
    assert lake_lists.count(events, LISTING, And(), Scope.of([]), NOW) == (0, True)
    assert lake_lists.values(events, LISTING, And(), ALL, NOW, "account", 5) == [("111111111111", 6), ("2", 3)]
    assert found[-1]["time"] == NOON
