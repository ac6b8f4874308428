"""An action on a query is done to exactly what was counted."""

from datetime import timedelta

import pytest


def preview(browser, q):
    return browser.post("findings/bulk/preview", {"q": q}, key=None).json()


def test_all_that_a_query_selects_is_acknowledged_and_given_back(analyst):
    counted = preview(analyst, "kind:compliance")
    done = analyst.post("findings/bulk", {"token": counted["token"], "action": "acknowledge", "text": "we know"})

    assert counted["count"] == done.json()["count"] == 2
    assert analyst.get("findings", q="acknowledged:true").json()["total"] == 2
    token = preview(analyst, "acknowledged:true")["token"]
    analyst.post("findings/bulk", {"token": token, "action": "unacknowledge"})
    assert analyst.get("findings", q="acknowledged:true").json()["total"] == 0


def test_a_selection_that_changed_meanwhile_is_refused(analyst):
    first = preview(analyst, "acknowledged:false")
    uid = first["sample"][0]["uid"]
    analyst.post(f"findings/{uid}/acknowledge", {"text": ""})
    answer = analyst.post("findings/bulk", {"token": first["token"], "action": "acknowledge"})

    assert (answer.status_code, answer.json()["type"]) == (409, "/api/v1/problems/conflict")


def test_a_preview_is_ones_own_and_good_for_five_minutes(analyst, admin, clock):
    token = preview(analyst, "")["token"]
    assert admin.post("findings/bulk", {"token": token, "action": "acknowledge"}).status_code == 409
    clock.pass_(minutes=6)
    assert analyst.post("findings/bulk", {"token": token, "action": "acknowledge"}).status_code == 409
    assert analyst.post("findings/bulk", {"token": "x" * 50, "action": "acknowledge"}).status_code == 422


def test_a_waiver_is_proposed_for_what_was_selected(analyst, clock):
    token = preview(analyst, "severity:low")["token"]
    until = (clock() + timedelta(days=3)).isoformat()
    body = {"token": token, "action": "propose_waiver", "text": "planned", "owner": "data", "expires_at": until}
    uid = analyst.post("findings/bulk", body).json()["waiver"]

    assert analyst.get(f"waivers/{uid}").json()["scope"].startswith('uid in ["')
    incomplete = analyst.post("findings/bulk", {**body, "owner": ""})
    assert incomplete.json()["errors"][0]["pointer"] == "#/owner"


def test_a_selection_stays_within_scope(scoped):
    assert preview(scoped, "status:* or account:*")["count"] == 1


@pytest.mark.parametrize("q", ["nothing:1", "("])
def test_a_wrong_query_is_refused(analyst, q):
    assert analyst.post("findings/bulk/preview", {"q": q}).status_code == 400
