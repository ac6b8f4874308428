"""Deliveries are seen, retried and dropped by administrators of all accounts."""

import pytest
from tests.portal.serving import browser_of

from nephoscope.pipeline.notices import parked_gap
from nephoscope.store.deliveries import Delivery, put_deliveries
from nephoscope.store.gaps import list_gaps, record_gaps


@pytest.fixture
def parked(portal, clock):
    """A delivery that its receiver refused, and one that was sent."""
    at = clock()
    refused = Delivery("a", "chat", "all", "opened", "f1", "Title", 1, 1, "parked", {}, at, at, 5, error="no")
    sent = Delivery("b", "chat", "all", "opened", "f2", "Other", 1, 2, "sent", {}, at, at, 1, ended_at=at)
    with portal.ledger.write() as connection:
        put_deliveries(connection, [refused, sent])
        record_gaps(connection, [parked_gap(refused, "no")])


def test_what_was_refused_is_retried_and_its_gap_closed(parked, admin, portal):
    rows = {row["id"]: row for row in admin.get("deliveries").json()["items"]}
    assert (rows["a"]["error"], rows["a"]["can"], rows["b"]["can"]) == ("no", ["retry", "drop"], [])

    assert admin.post("deliveries/a/retry").json()["state"] == "waiting"
    with portal.ledger.read() as connection:
        assert "delivery" not in {each.gap.area for each in list_gaps(connection)}
    assert admin.post("deliveries/a/retry").status_code == 409


def test_what_is_not_sent_is_dropped(parked, admin):
    assert admin.post("deliveries/a/drop").json()["state"] == "dropped"
    assert [admin.post(f"deliveries/{id_}/drop").status_code for id_ in ("a", "b", "none")] == [409, 409, 404]


def test_nobody_else_sees_them(parked, viewer, portal):
    some = browser_of(portal, "Some Admin", "admin", accounts=("111111111111",))

    assert [browser.get("deliveries").status_code for browser in (viewer, some)] == [403, 403]
