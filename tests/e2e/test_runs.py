"""Runs are read and decided, on a phone too; what only a runner does to them is played here."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nephoscope.model.response import Approval, RunStatus
from nephoscope.store.firings import stand_still
from nephoscope.store.runs import get_run, keep_run
from tests.e2e.test_every_page import violations

pytestmark = pytest.mark.slow
STEP = {
    "name": "isolate",
    "action": "aws_isolate_instance",
    "settings": {"instance_id": "i-0abc"},
    "on_failure": "revert",
    "within_s": 60,
    "phase": "pending",
    "target": {"account": "111111111111", "region": "eu-west-1", "type": "AWS::EC2::Instance", "id": "i-0abc"},
    "state": None,
    "output": {},
    "note": "",
    "attempts": 0,
    "began_at": None,
    "ended_at": None,
}
RUN = {
    "id": "r1",
    "playbook": "quarantine_instance",
    "inputs": {"instance_id": "i-0abc"},
    "text": "steps: []",
    "steps": [STEP],
    "status": "waiting",
    "requested_by": "Ann Analyst",
    "cause": {},
    "finding": "",
    "plan": ["Give eni-1 one empty security group; web traffic to i-0abc stops"],
    "approval": {
        "needed": "It cuts off an instance in production.",
        "expires_at": "2030-01-01T00:00:00Z",
        "second": False,
        "given_by": [],
        "declined_by": "",
        "reason": "",
    },
    "note": "",
    "revision": 1,
    "made_at": "2026-05-01T12:00:00Z",
    "changed_at": "2026-05-01T12:00:00Z",
    "revert_at": None,
    "account": "111111111111",
    "revert_asked_by": "",
    "history": [],
    "evidence": [],
    "can": ["approve", "decline"],
}


@pytest.fixture
def runs(visit):
    """A visitor of a portal that has runs, and the decisions that were sent."""
    visitor = visit("Rita Responder", ("responder",), viewport={"width": 390, "height": 780})
    page, sent, run = visitor.page, [], dict(RUN)

    def decide(route):
        sent.append((route.request.url.split("/")[-1], json.loads(route.request.post_data or "{}")))
        steps = [STEP | {"phase": "verified", "state": {"eni-1": ["sg-1"]}}]
        run.update({"status": "done", "can": ["revert"], "steps": steps})
        run["approval"] = RUN["approval"] | {"given_by": ["Rita Responder"]}
        route.fulfill(json=run)

    page.route("**/api/v1/runs/r1", lambda route: route.fulfill(json=run, headers={"ETag": '"1"'}))
    page.route("**/api/v1/runs?*", lambda route: route.fulfill(json={"items": [run], "next": None, "total": 1}))
    page.route("**/api/v1/runs/facets?*", lambda route: route.fulfill(json={"facets": [], "total": 1}))
    page.route("**/api/v1/runs/r1/*", decide)
    return visitor, sent


def test_a_run_is_approved_on_a_phone(runs):
    visitor, sent = runs
    page = visitor.page
    page.goto(f"{visitor.url}/runs/r1")
    page.get_by_role("heading", name="quarantine instance").wait_for()
    assert "web traffic to i-0abc stops" in page.locator("main").inner_text()
    assert violations(page) == []
    assert page.evaluate("document.querySelector('main').scrollWidth <= innerWidth")
    page.get_by_role("button", name="Approve").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("seen")
    dialog.get_by_role("button", name="Approve", exact=True).click()
    page.get_by_text("Approved by Rita Responder").wait_for()

    assert sent == [("approve", {"reason": "seen"})]
    page.get_by_role("button", name="Revert").wait_for()


def test_declining_a_run_asks_why(runs):
    visitor, _ = runs
    page = visitor.page
    page.goto(f"{visitor.url}/runs")
    page.get_by_role("gridcell", name="Waiting").click()
    page.get_by_role("button", name="Decline").click()

    assert page.get_by_role("dialog").get_by_role("button", name="Decline").is_disabled()


def test_a_run_is_asked_for_from_its_playbook_and_approved_by_somebody_else(visit, portal):
    visitor = visit("Rolf Requester", ("responder",))
    page = visitor.go("/playbooks")
    page.get_by_role("gridcell", name="close_public_bucket").click()
    page.get_by_role("button", name="Run it").click()
    inputs = {"account": "111111111111", "region": "eu-west-1", "bucket": "logs"}
    for name, value in inputs.items():
        page.get_by_role("dialog").get_by_label(name).fill(value)
    page.get_by_role("button", name="Make the plan").click()
    page.get_by_role("heading", name="close public bucket").wait_for()
    id_ = page.url.rpartition("/")[2]
    with portal.ledger.write() as connection:
        approval = Approval("it was proposed", datetime.now(UTC) + timedelta(days=1))
        run = replace(get_run(connection, id_), status=RunStatus.WAITING, plan=("Block it",), approval=approval)
        keep_run(connection, run)
    visitor.go(f"/runs/{id_}")
    page.get_by_role("button", name="Decline").wait_for()
    assert page.get_by_role("button", name="Approve").count() == 0

    other = visit("Olga Other", ("responder",)).go(f"/runs/{id_}")
    other.get_by_role("button", name="Approve").click()
    other.get_by_role("dialog").get_by_role("button", name="Approve", exact=True).click()
    other.get_by_text("Approved by Olga Other").wait_for()
    with portal.ledger.read() as connection:
        assert get_run(connection, id_).status is RunStatus.RUNNING


def test_triggers_are_listed_and_played_against_what_has_happened(visit):
    page = visit("Olga Other", ("responder",)).go("/triggers")
    page.get_by_role("gridcell", name="close_bucket_made_public").click()
    page.get_by_role("button", name="Dry run").click()
    page.get_by_text("would have fired").wait_for()


def test_evidence_is_verified_from_its_page(visit):
    visitor = visit("Olga Other", ("responder",))
    page = visitor.go("/runs/sealed")
    page.get_by_role("link", name="4 captures").click()
    page.get_by_role("button", name="Verify now").click()
    page.get_by_text("As it was sealed: 4 files").wait_for()
    page.locator("ol").get_by_text("Verified").wait_for()

    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "sealed.zip"


def test_a_trigger_that_stands_still_says_so_and_is_reset(visit, portal):
    with portal.ledger.write() as connection:
        stand_still(connection, "restart_stopped_trail", "It fired 6 times in an hour")
    page = visit("Olga Other", ("responder",)).go("/triggers?open=restart_stopped_trail")
    panel = page.get_by_role("complementary").or_(page.locator(".panel-body"))
    panel.get_by_text("It fired 6 times in an hour").wait_for()
    page.get_by_role("button", name="Let it act again").click()
    page.get_by_text("It acts again").wait_for()
    page.get_by_text("It fired 6 times in an hour").wait_for(state="detached")
