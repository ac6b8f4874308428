"""A change in the feed has the values that conditions over its topic name."""

from datetime import UTC, datetime

from tests.store.samples import detection

from nephoscope.model.item import Item
from nephoscope.pipeline.occasions import values_of
from nephoscope.respond.facts import SCHEMAS
from nephoscope.store.feed import Change
from nephoscope.store.findings import upsert_findings
from nephoscope.store.items import Revision, digest_of, insert_revisions

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


def values(stores, topic, body, key="k"):
    with stores.ledger.read() as connection:
        return list(values_of(connection, stores.lake, Change(1, topic, key, body, NOW), []))


def test_an_items_change_comes_with_what_it_is_now(stores):
    item = Item("AWS::EC2::Instance", "i-1", "1", "r", {"size": 3})
    insert_revisions(stores.lake, [Revision(item, digest_of(item), NOW)], "a")
    body = {"account": "1", "region": "r", "type": item.type, "id": "i-1", "change": "created"}
    [found] = values(stores, "item", body)

    assert set(found) == set(SCHEMAS["item"])
    assert found["configuration"] == {"size": 3}


def test_a_finding_comes_as_it_is_kept_and_one_that_is_gone_does_not(stores):
    with stores.ledger.write() as connection:
        upsert_findings(connection, [detection()])
    [found] = values(stores, "finding", {"status": "open"}, detection().uid)

    assert set(found) == set(SCHEMAS["finding"])
    assert values(stores, "finding", {"status": "open"}, "gone") == []


def test_a_gap_has_its_names_and_what_nobody_asks_about_has_none(stores):
    [found] = values(stores, "coverage", {"area": "source", "state": "open"})

    assert set(found) == set(SCHEMAS["coverage"])
    assert values(stores, "run", {}) == []
