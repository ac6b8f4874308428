"""A waiver is proposed by one, approved by another, and never covers what its proposer may not see."""

from datetime import timedelta

import pytest
from tests.portal.conftest import TWO
from tests.portal.serving import browser_of


@pytest.fixture
def proposal(clock):
    until = (clock() + timedelta(days=7)).isoformat()
    return {"scope": 'severity == "medium"', "reason": "planned", "owner": "data", "expires_at": until}


@pytest.fixture
def responder(portal):
    return browser_of(portal, "Rea Responder", "responder")


def test_it_holds_once_somebody_else_approved_it_and_ends_when_revoked(analyst, responder, proposal):
    uid = analyst.post("waivers", proposal).json()["uid"]
    assert analyst.get(f"waivers/{uid}").json()["state"] == "proposed"
    assert responder.get(f"waivers/{uid}").json()["can"] == ["approve", "revoke"]

    approved = responder.post(f"waivers/{uid}/approve").json()
    assert (approved["state"], approved["findings"]) == ("holding", 1)
    assert analyst.get("findings", q="status:waived").json()["total"] == 1
    assert analyst.post(f"waivers/{uid}/revoke").json()["state"] == "revoked"
    assert analyst.get("findings", q="status:waived").json()["total"] == 0


def test_nobody_approves_their_own_and_two_who_approve_at_once_approve_once(responder, admin, analyst, proposal):
    own = responder.post("waivers", proposal).json()["uid"]
    assert responder.post(f"waivers/{own}/approve").status_code == 409
    assert analyst.post(f"waivers/{own}/approve").status_code == 403
    assert admin.post(f"waivers/{own}/approve").status_code == 200
    assert admin.post(f"waivers/{own}/approve").status_code == 409


def test_an_approval_asks_for_a_fresh_proof(responder, analyst, proposal, clock):
    uid = analyst.post("waivers", proposal).json()["uid"]
    clock.pass_(minutes=6)

    assert responder.post(f"waivers/{uid}/approve").json()["type"].endswith("step-up")


@pytest.mark.parametrize("scope", ['account == "111111111111"', "true", "true || true"])
def test_a_scope_is_bound_to_its_proposers_accounts(scoped, proposal, scope):
    made = scoped.post("waivers", {**proposal, "scope": scope}).json()
    tried = scoped.post("waivers/try", {"scope": scope}, key=None).json()

    assert made["scope"].startswith(f'account in ["{TWO}"] && (')
    assert tried["looked_at"] == 1
    assert tried["count"] == (0 if "1111" in scope else 1)
    assert scoped.post(f"waivers/{made['uid']}/approve").status_code == 403


@pytest.mark.parametrize("scope", ["true) || (true", "true // ", "nothing == 1", "severity ==", "1", ")"])
def test_a_scope_that_does_not_load_or_would_break_out_is_refused(scoped, proposal, scope):
    answer = scoped.post("waivers", {**proposal, "scope": scope})

    assert answer.status_code in (201, 422)
    if answer.status_code == 201:  # a comment, closed off by the line's end
        assert scoped.post("waivers/try", {"scope": scope}, key=None).json()["looked_at"] == 1
        assert answer.json()["scope"].endswith("\n)")
    else:
        assert answer.json()["errors"][0]["pointer"] == "#/scope"


def test_who_sees_only_some_accounts_does_not_see_others_waivers(scoped, analyst, proposal):
    uid = analyst.post("waivers", proposal).json()["uid"]

    assert scoped.get(f"waivers/{uid}").status_code == 404
    assert scoped.get("waivers").json()["total"] == 0
    assert scoped.post(f"waivers/{uid}/revoke").status_code == 404


def test_an_expired_proposal_is_refused(analyst, proposal, clock):
    past = (clock() - timedelta(days=1)).isoformat()

    assert analyst.post("waivers", {**proposal, "expires_at": past}).status_code == 422
