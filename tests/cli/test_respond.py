import json
import threading
import time
from dataclasses import replace

import pytest
from tests.cli.test_findings import data, run  # noqa: F401  fixtures

from nephoscope.cli.output import Exit
from nephoscope.model.response import Approval, Phase, Run, RunStatus, Step
from nephoscope.store.ledger import open_ledger
from nephoscope.store.runs import add_run, get_run, keep_run

STEP = Step("isolate", "aws_isolate_instance", {}, phase=Phase.VERIFIED, state={"eni-1": ["sg-1"]}, note="was: sg-1")
INPUTS = {"account": "111122223333", "region": "eu-west-1", "instance_id": "i-0abc"}
RUN = Run("3f2a90aa", "quarantine_instance", INPUTS, "", (STEP,), RunStatus.WAITING, "ann", approval=Approval("policy"))
GIVEN = [part for name, value in INPUTS.items() for part in ("-i", f"{name}={value}")]


@pytest.fixture
def kept(data):  # noqa: F811
    """Keeps a run in the ledger that the commands read."""

    def keep(one):
        with open_ledger(str(data / "ledger.sqlite")) as ledger, ledger.write() as connection:
            add_run(connection, one)

    return keep


def status(folder, id_="3f2a90aa"):
    with open_ledger(str(folder / "ledger.sqlite")) as ledger, ledger.read() as connection:
        return get_run(connection, id_)


def test_a_run_that_waits_is_listed_shown_and_approved_by_somebody_else(run, kept, data):  # noqa: F811
    kept(RUN)
    code, out, _ = run("respond", "--status", "waiting")
    assert (code, json.loads(out)["id"]) == (Exit.FINDINGS, "3f2a90aa")
    code, out, _ = run("respond", "show", "3f2a")
    assert json.loads(out)["run"]["steps"][0]["note"] == "was: sg-1"
    code, _, err = run("respond", "approve", "3f2a", "--by", "ann")
    assert code != Exit.NOTHING
    assert "somebody else must approve it" in err
    code, out, _ = run("respond", "approve", "3f2a", "--by", "bob")
    assert json.loads(out)["status"] == "running"
    assert status(data).approval.given_by == ("bob",)


def test_a_run_is_declined_and_another_taken_back(run, kept, data):  # noqa: F811
    kept(RUN)
    kept(replace(RUN, id="77", status=RunStatus.DONE))
    run("respond", "decline", "3f2a", "--by", "bob", "--reason", "a drill")
    assert (status(data).status, status(data).note) == (RunStatus.DECLINED, "a drill")
    run("respond", "revert", "77", "--by", "bob")
    assert status(data, "77").status is RunStatus.REVERTING


def test_text_for_people_says_what_to_do_next(run, kept):  # noqa: F811
    kept(replace(RUN, plan=("isolate: eni-1: sg-1 → sg-9",), approval=replace(RUN.approval, second=True)))
    _, out, _ = run("respond", "show", "3f2a", "--format", "text")
    assert "waits for two other people to approve it: policy" in out
    assert "nephoscope respond approve 3f2a90aa" in out
    assert "· isolate: eni-1: sg-1 → sg-9" in out


def test_playbooks_are_listed_and_shown_whole(run):  # noqa: F811
    _, out, _ = run("respond", "playbooks")
    assert "quarantine_instance" in {json.loads(line)["name"] for line in out.splitlines()}
    _, out, _ = run("respond", "playbooks", "quarantine_instance")
    assert "steps:" in out
    assert run("respond", "playbooks", "nothing")[0] == Exit.USAGE


def test_a_run_that_nobody_takes_up_is_kept(run, data):  # noqa: F811
    code, out, _ = run("respond", "run", "quarantine_instance", *GIVEN, "--no-wait", "--by", "ann")
    found = json.loads(out)
    assert (code, found["status"], found["inputs"]["instance_id"]) == (Exit.NOTHING, "planned", "i-0abc")
    assert status(data, found["id"]).cause["asked_by"] == "ann"


def test_a_plan_is_followed_to_its_end(run, data):  # noqa: F811
    def plan():
        for _ in range(200):
            with open_ledger(str(data / "ledger.sqlite")) as ledger, ledger.write() as connection:
                from nephoscope.store.runs import list_runs

                for found in list_runs(connection, status=["planned"]):
                    assert found.cause["mode"] == "plan"
                    keep_run(connection, replace(found, status=RunStatus.DECLINED, plan=("isolate: cuts off 3 peers",)))
                    return
            time.sleep(0.05)

    thread = threading.Thread(target=plan)
    thread.start()
    code, out, _ = run("respond", "plan", "quarantine_instance", *GIVEN)
    thread.join()
    assert (code, json.loads(out)["plan"]) == (Exit.NOTHING, ["isolate: cuts off 3 peers"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "quarantine_instanc", *GIVEN], "no such playbook"),
        (["run", "quarantine_instance"], "needs account, region, instance_id"),
        (["run", "quarantine_instance", "-i", "account"], "is not NAME=VALUE"),
        (["run", "quarantine_instance", *GIVEN, "-i", "cut_tracked_connections=maybe"], "not of type boolean"),
        (["run", "quarantine_instance", *GIVEN, "-i", "instnce=x"], "there is no input 'instnce'"),
        (["show", "nothing"], "there is no run nothing"),
        (["list", "--status", "wating"], "wating is none of"),
    ],
)
def test_a_wrong_call_is_told(run, arguments, said):  # noqa: F811
    code, _, err = run("respond", *arguments)
    assert code == Exit.USAGE
    assert said in err
