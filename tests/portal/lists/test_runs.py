"""A run is asked for by one, approved by another, taken back; who does not see its account does not see it."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.portal.conftest import ONE, TWO
from tests.portal.serving import browser_of

from nephoscope.model.evidence import Capture
from nephoscope.model.response import Approval, Phase, RunStatus
from nephoscope.store.evidence import Case, open_case, put_capture
from nephoscope.store.runs import get_run, keep_run

ASKED = {"playbook": "close_public_bucket", "inputs": {"account": ONE, "region": "eu-west-1", "bucket": "logs"}}


@pytest.fixture
def rea(portal):
    return browser_of(portal, "Rea Responder", "responder")


@pytest.fixture
def ray(portal):
    return browser_of(portal, "Ray Responder", "responder")


def becomes(portal, id_, **changes):
    """What the runner makes of a run."""
    with portal.ledger.write() as connection:
        return keep_run(connection, replace(get_run(connection, id_), **changes))


def waits(portal, clock, id_, second=False):
    approval = Approval("the playbook asks for it", clock() + timedelta(days=1), second)
    return becomes(portal, id_, status=RunStatus.WAITING, plan=("Public access is blocked.",), approval=approval)


def has_acted(portal, id_):
    with portal.ledger.read() as connection:
        steps = get_run(connection, id_).steps
    done = tuple(replace(step, phase=Phase.VERIFIED, state={"was": "open"}) for step in steps)
    return becomes(portal, id_, status=RunStatus.DONE, steps=done)


def test_it_is_asked_for_waits_is_approved_by_another_and_taken_back(rea, ray, admin, portal, clock):
    made = rea.post("runs", ASKED)
    run = made.json()
    assert (made.status_code, run["status"], run["requested_by"]) == (201, "planned", "Rea Responder")
    assert (run["cause"]["mode"], run["steps"][0]["phase"], run["can"]) == ("propose", "pending", [])

    waits(portal, clock, run["id"])
    assert rea.get(f"runs/{run['id']}").json()["can"] == ["decline"]
    own = rea.post(f"runs/{run['id']}/approve")
    assert (own.status_code, own.json()["type"].rpartition("/")[2]) == (409, "conflict")
    assert ray.get(f"runs/{run['id']}").json()["can"] == ["approve", "decline"]
    approved = ray.post(f"runs/{run['id']}/approve", {"reason": "seen"}).json()
    assert (approved["status"], approved["approval"]["given_by"]) == ("running", ["Ray Responder"])
    assert ray.post(f"runs/{run['id']}/approve").status_code == 409

    has_acted(portal, run["id"])
    assert rea.get(f"runs/{run['id']}").json()["can"] == ["revert"]
    reverted = rea.post(f"runs/{run['id']}/revert", {"reason": "false alarm"}).json()
    assert (reverted["status"], reverted["revert_asked_by"]) == ("reverting", "Rea Responder")
    assert reverted["history"][-1]["by"] == "Rea Responder"
    assert {"run ask", "run approve", "run revert"} <= {row["action"] for row in admin.get("audit").json()["items"]}


def test_two_people_must_agree_where_policy_says_so(rea, ray, admin, portal, clock):
    id_ = rea.post("runs", ASKED).json()["id"]
    waits(portal, clock, id_, second=True)

    assert ray.post(f"runs/{id_}/approve").json()["status"] == "waiting"
    assert ray.post(f"runs/{id_}/approve").status_code == 409
    assert admin.post(f"runs/{id_}/approve").json()["status"] == "running"


def at_once(*asked):
    """What each gets that asks at the same moment."""
    gate = threading.Barrier(len(asked))

    def ask(one):
        gate.wait(30)
        return one()

    with ThreadPoolExecutor(len(asked)) as pool:
        return list(pool.map(ask, asked))


@pytest.mark.parametrize("second", [False, True])
def test_two_who_approve_at_once_count_as_two_or_the_later_is_told(rea, ray, admin, portal, clock, second):
    id_ = rea.post("runs", ASKED).json()["id"]
    waits(portal, clock, id_, second=second)

    answers = at_once(*(lambda who=who: who.post(f"runs/{id_}/approve") for who in (ray, admin)))

    late = [who for who, answer in zip((ray, admin), answers, strict=True) if answer.status_code == 409]
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert len(late) == 1 if not second else len(late) <= 1
    for who in late:
        assert who.post(f"runs/{id_}/approve").status_code == (200 if second else 409)
    run = rea.get(f"runs/{id_}").json()
    assert run["status"] == "running"
    assert [change["status"] for change in run["history"] if change["by"]].count("running") == 1


def test_one_that_is_declined_cannot_be_approved(rea, ray, portal, clock):
    id_ = rea.post("runs", ASKED).json()["id"]
    waits(portal, clock, id_)

    assert ray.post(f"runs/{id_}/decline", {"reason": "a drill"}).json()["status"] == "declined"
    assert ray.post(f"runs/{id_}/approve").status_code == 409
    assert ray.post(f"runs/{id_}/revert").status_code == 409


def test_who_does_not_see_its_account_does_not_see_it(rea, scoped, portal, clock):
    id_ = rea.post("runs", ASKED).json()["id"]
    waits(portal, clock, id_)

    assert scoped.get(f"runs/{id_}").status_code == 404
    assert all(scoped.post(f"runs/{id_}/{what}").status_code == 404 for what in ("approve", "decline", "revert"))
    assert scoped.get("runs").json()["total"] == 0
    assert scoped.post("runs", ASKED).status_code == 422
    theirs = scoped.post("runs", {**ASKED, "inputs": {**ASKED["inputs"], "account": TWO}}).json()
    assert [row["id"] for row in scoped.get("runs").json()["items"]] == [theirs["id"]]


def test_evidence_cannot_be_copied_to_an_account_out_of_scope(scoped):
    inputs = {"account": TWO, "region": "eu-west-1", "instance_id": "i-0abc", "copy_to_account": ONE}
    answer = scoped.post(
        "runs", {"playbook": "capture_evidence", "inputs": {**inputs, "copy_to_key": "alias/evidence"}}
    )

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/inputs/account")


def test_who_does_not_respond_only_looks(rea, analyst, portal, clock):
    id_ = rea.post("runs", ASKED).json()["id"]
    waits(portal, clock, id_)

    assert analyst.post("runs", ASKED).status_code == 403
    assert analyst.get(f"runs/{id_}").json()["can"] == []
    assert all(analyst.post(f"runs/{id_}/{what}").status_code == 403 for what in ("approve", "decline", "revert"))


def test_an_approval_asks_for_a_fresh_proof_and_the_revision_that_was_read(rea, ray, portal, clock):
    id_ = rea.post("runs", ASKED).json()["id"]
    waits(portal, clock, id_)

    assert ray.post(f"runs/{id_}/approve", If_Match='"old"').status_code == 412
    clock.pass_(minutes=6)
    assert ray.post(f"runs/{id_}/approve").json()["type"].endswith("step-up")


def test_the_revision_that_was_read_is_the_one_that_is_approved(rea, ray, portal, clock):
    id_ = rea.post("runs", ASKED).json()["id"]
    waits(portal, clock, id_)
    seen = ray.get(f"runs/{id_}").headers["ETag"]

    assert ray.post(f"runs/{id_}/approve", If_Match=seen).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"playbook": "none"},
        {"inputs": {}},
        {"inputs": {**ASKED["inputs"], "more": 1}},
        {"inputs": {**ASKED["inputs"], "bucket": 7}},
        {"finding": "none"},
        {"mode": "off"},
    ],
)
def test_what_does_not_fit_is_not_kept(rea, wrong):
    assert rea.post("runs", ASKED | wrong).status_code == 422
    assert rea.get("runs").json()["total"] == 0


def test_the_same_request_again_makes_one_run(rea):
    first, again = (rea.post("runs", ASKED, key="k1").json()["id"] for _ in range(2))

    assert first == again
    assert rea.get("runs").json()["total"] == 1


def test_the_list_is_asked_and_paged(rea):
    made = {rea.post("runs", ASKED | {"mode": mode}).json()["id"] for mode in ("plan", "run", "propose")}
    first = rea.get("runs", limit=2, q="status:planned playbook:close_public_bucket").json()
    second = rea.get("runs", limit=2, q="status:planned playbook:close_public_bucket", cursor=first["next"]).json()

    assert {row["id"] for row in first["items"] + second["items"]} == made
    assert rea.get("runs", q="status:waiting").json()["total"] == 0


def test_it_tells_what_it_captured(rea, portal, clock):
    id_ = rea.post("runs", ASKED).json()["id"]
    with portal.ledger.write() as connection:
        open_case(connection, Case(id_, "logs", "", "evidence/1", clock()), "nephoscope")
        put_capture(connection, id_, Capture("acl.json", "ab" * 32, 7, "application/json", "GetBucketAcl", clock()))
    [kept] = rea.get(f"runs/{id_}").json()["evidence"]

    assert (kept["kind"], kept["hash"], kept["sealed_at"]) == ("acl.json", "ab" * 32, None)


def test_runs_are_found_by_what_they_act_on(rea):
    rea.post("runs", ASKED)

    assert rea.get("runs", q="about:logs").json()["total"] == 1
    assert rea.get("runs", q="about:other-bucket").json()["total"] == 0
