from datetime import timedelta

from tests.store.samples import NOON, event_rows

from nephoscope.model.item import Item, Relationship
from nephoscope.store import lake_facts
from nephoscope.store.events import insert_events
from nephoscope.store.items import Revision, digest_of, insert_revisions
from nephoscope.store.scope import Scope

ALL, OTHER = Scope.everything(), Scope.of(["2"])


def revision(account, id_, at=NOON, **more):
    item = Item("T", id_, account, "r", {}, captured_at=at, **more)
    return Revision(item, digest_of(item), at)


def test_numbers_stay_within_scope(lake):
    insert_events(lake, event_rows(3), "b1")
    insert_events(lake, event_rows(2, account="2", first=10), "b2")
    gone = Revision(revision("2", "x").item, "d", NOON + timedelta(hours=1), "p", is_deleted=True)
    insert_revisions(lake, [revision("1", "a"), revision("2", "x"), gone], "r1")

    assert lake_facts.event_counts(lake, OTHER, NOON + timedelta(seconds=11))["2"][:2] == (2, 1)
    assert set(lake_facts.event_counts(lake, ALL, NOON)) == {"111111111111", "2"}
    assert lake_facts.item_counts(lake, ALL)["1"][0] == 1
    assert lake_facts.item_counts(lake, OTHER)["2"][0] == 0
    assert lake_facts.change_counts(lake, OTHER, NOON) == {"created": 1, "changed": 0, "deleted": 1}
    assert list(lake_facts.source_ends(lake, ALL)) == ["aws_cloudtrail"]


def test_neighbours_are_found_by_what_they_name(lake):
    insert_revisions(
        lake, [revision("1", "a"), revision("1", "b", relationships=(Relationship("uses", "T", "a"),))], "r1"
    )

    [row] = lake_facts.items_naming(lake, ALL, "1", "T", "a", 10)
    assert (row["id"], row["kinds"]) == ("b", ["uses"])
    assert lake_facts.items_naming(lake, OTHER, "1", "T", "a", 10) == []
    assert [row["id"] for row in lake_facts.items_of_ids(lake, ALL, "1", ["a", "none"])] == ["a"]
    assert lake_facts.items_of_ids(lake, ALL, "1", []) == []
    assert lake_facts.verdict_flips(lake, ("1", "r", "T", "a"), ["d"]) == {}
