from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nephoscope.model.errors import Refused
from nephoscope.model.response import Approval, Phase, Run, RunStatus, Step
from nephoscope.respond.consent import approved, declined, needed_for, reverted
from nephoscope.respond.playbook import parse_playbook
from tests.respond.fakes import CATALOGUE, playbook

NOW = datetime(2026, 5, 1, tzinfo=UTC)
STEP = Step("a", "set", {}, state={"v": 1}, phase=Phase.VERIFIED)
RUN = Run("r", "p", {}, "", (STEP,), RunStatus.WAITING, "ann", approval=Approval("policy", NOW + timedelta(hours=1)))


@pytest.mark.parametrize(
    ("action", "others", "mode", "why", "is_second"),
    [
        ("set_value", {}, "run", "", False),
        ("set_value", {"approval": "always"}, "run", "the playbook asks for it", False),
        ("set_value", {"approval": "to == 'y'"}, "run", "", False),
        ("set_value", {"second_person": "to == 'x'"}, "run", "the playbook asks for that of two people", True),
        ("set_value", {}, "propose", "it was proposed, to be approved first", False),
        ("burn", {}, "run", "burn cannot be put back", False),
        ("raze", {}, "run", "raze is destructive: two people must agree", True),
    ],
)
def test_consent_is_asked_for_where_policy_or_a_step_says_so_and_of_two_where_it_destroys(
    action, others, mode, why, is_second
):
    book = parse_playbook(playbook((action, "a", "x"), **others), "play.yaml", CATALOGUE)
    inputs = book.told({"account": "1", "region": "r"})
    run = Run("r", "play", inputs, book.text, book.steps_for(inputs), cause={"mode": mode})
    assert needed_for(book, run, CATALOGUE) == (why, is_second)


def test_another_person_than_who_asked_approves():
    run = approved(RUN, "bob", NOW, "seen")
    assert run.status is RunStatus.RUNNING
    assert run.approval.given_by == ("bob",)


def test_where_two_must_agree_one_is_not_enough_and_the_same_is_not_two():
    run = approved(replace(RUN, approval=replace(RUN.approval, second=True)), "bob", NOW)
    assert run.status is RunStatus.WAITING
    with pytest.raises(Refused, match="bob has approved it already"):
        approved(run, "bob", NOW)
    assert approved(run, "eve", NOW).status is RunStatus.RUNNING


def test_who_asked_cannot_agree():
    with pytest.raises(Refused, match="somebody else must approve"):
        approved(RUN, "ann", NOW)


def test_consent_comes_too_late_once():
    with pytest.raises(Refused, match="expired"):
        approved(RUN, "bob", NOW + timedelta(hours=2))
    with pytest.raises(Refused, match="waits for no approval"):
        approved(approved(RUN, "bob", NOW), "eve", NOW)


def test_a_declined_run_never_is():
    run = declined(RUN, "bob", NOW, "not now")
    assert (run.status, run.note) == (RunStatus.DECLINED, "not now")


def test_only_effects_can_be_put_back_and_only_once():
    assert reverted(replace(RUN, status=RunStatus.DONE), "bob").status is RunStatus.REVERTING
    with pytest.raises(Refused, match="nothing to put back"):
        reverted(replace(RUN, steps=(replace(STEP, state=None),), status=RunStatus.DECLINED), "bob")
    with pytest.raises(Refused, match="already"):
        reverted(replace(RUN, status=RunStatus.REVERTED), "bob")
