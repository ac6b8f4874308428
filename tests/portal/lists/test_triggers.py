"""Triggers are shown, played against history within scope, and reset."""

import pytest
from tests.portal.serving import browser_of

from nephoscope.store.firings import stand_still

NAME = "close_bucket_made_public"


@pytest.fixture
def rea(portal):
    return browser_of(portal, "Rea Responder", "responder")


def test_they_are_listed_and_shown_whole(viewer):
    row = next(row for row in viewer.get("triggers").json()["items"] if row["name"] == NAME)
    one = viewer.get(f"triggers/{NAME}").json()

    assert (row["playbook"], row["last_fired_at"], row["stands_still"]) == ("close_public_bucket", None, "")
    assert one["source"].startswith("name:")
    assert viewer.get("triggers/none").status_code == 404


@pytest.mark.parametrize("days", [1, 30])
def test_each_is_played_against_what_has_happened(viewer, days):
    for row in viewer.get("triggers").json()["items"]:
        found = viewer.get(f"triggers/{row['name']}/rehearsal", days=days)
        assert (found.status_code, found.json()["days"]) == (200, days)
    assert viewer.get(f"triggers/{NAME}/rehearsal", days=0).status_code == 422


def test_what_happened_out_of_scope_is_not_looked_at(viewer, portal):
    nowhere = browser_of(portal, "Nora Nowhere", "viewer", accounts=("999999999999",))
    names = [row["name"] for row in viewer.get("triggers").json()["items"]]

    assert all(nowhere.get(f"triggers/{name}/rehearsal").json()["looked_at"] == 0 for name in names)
    assert any(viewer.get(f"triggers/{name}/rehearsal").json()["looked_at"] for name in names)


def test_one_that_stands_still_is_reset_by_who_responds_everywhere(rea, viewer, scoped, portal):
    assert rea.post(f"triggers/{NAME}/reset").status_code == 409
    with portal.ledger.write() as connection:
        stand_still(connection, NAME, "too often")

    assert viewer.get(f"triggers/{NAME}").json()["can"] == []
    assert rea.get(f"triggers/{NAME}").json()["can"] == ["reset"]
    assert [browser.post(f"triggers/{NAME}/reset").status_code for browser in (viewer, scoped)] == [403, 403]
    assert rea.post(f"triggers/{NAME}/reset").json()["stands_still"] == ""
