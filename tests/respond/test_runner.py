import contextlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nephoscope.model.response import Phase, Run, RunStatus
from nephoscope.respond.playbook import parse_playbook
from nephoscope.respond.runner import Hands, Runner, differing, planned
from tests.respond.fakes import CATALOGUE, Box, NothingKnown, Outside, playbook

NOW = datetime(2026, 5, 1, tzinfo=UTC)
UNREAD = "a was not read yet: what depends on it is not known."


class Killed(BaseException):
    """The process ends here."""


class Paper:
    """A desk that keeps runs in a list, dies after so many keeps, and refuses what it is told to."""

    def __init__(self):
        self.kept = []
        self.lives = None
        self.refused = {}
        self.blocked = {}
        self.sealed = []

    def keep(self, run, step="", phase="", note=""):
        self.kept.append(run := replace(run, revision=run.revision + 1))
        if self.lives is not None:
            self.lives -= 1
            if self.lives < 0:
                raise Killed
        return run

    def may_act(self, run, step, target):
        return self.refused.get(target.id, "")

    def protects(self, target):
        return self.refused.get(target.id, "")

    def in_the_way(self, run, step, target):
        return self.blocked.get(target.id, "")

    def renew(self, run): ...

    def seal(self, run):
        self.sealed.append(run.id)


class Play:
    """A run of a playbook in a world, driven by runners that come one after the other."""

    def __init__(self, values, *steps, cause=None, **others):
        self.outside = Outside(dict(values))
        self.desk = Paper()
        self.box = Box()
        self.now = NOW
        text = playbook(*steps, **others)
        book = parse_playbook(text, "play", CATALOGUE)
        inputs = book.told({"account": "1", "region": "r"})
        self.run = Run("r" * 32, "play", inputs, text, book.steps_for(inputs), requested_by="ann", cause=cause or {})
        self.hands = Hands(lambda *_: self.outside, lambda _: self.box, NothingKnown(), CATALOGUE)

    def runner(self):
        def sleep(seconds):
            self.now += timedelta(seconds=seconds)

        return Runner(self.desk, self.hands, sleep=sleep, now=lambda: self.now)

    def go(self):
        self.run = self.runner().advance(self.run)
        return self.run


def phases(run):
    return [str(step.phase) for step in run.steps]


def test_a_run_records_applies_and_verifies_each_step():
    play = Play({"a": "1", "b": "2"}, ("set_value", "a", "x"), ("set_value", "b", "${steps.s1.was}"))
    run = play.go()
    assert run.status is RunStatus.DONE
    assert play.outside.values == {"a": "x", "b": "1"}
    assert run.steps[0].state["value"] == "1"
    assert run.steps[0].note == "a: 1 → x."
    assert play.desk.sealed == [run.id]


@pytest.mark.parametrize("lives", range(9))
def test_a_run_killed_after_any_keep_is_carried_on_to_its_end(lives):
    play = Play({"a": "1", "b": "2"}, ("set_value", "a", "x"), ("set_value", "b", "y"))
    play.desk.lives = lives
    try:
        play.go()
    except Killed:
        play.desk.lives = None
        play.run = play.desk.kept[-1]
        play.go()
    assert play.run.status is RunStatus.DONE
    assert play.outside.values == {"a": "x", "b": "y"}
    assert [step.state["value"] for step in play.run.steps] == ["1", "2"]


@pytest.mark.parametrize("lives", range(14))
def test_a_run_that_fails_puts_all_back_though_killed_after_any_keep(lives):
    play = Play({"a": "1", "b": "2", "c": "3"}, ("set_value", "a", "x"), ("set_value", "b", "y"), ("never", "c", "z"))
    play.desk.lives = lives
    try:
        play.go()
    except Killed:
        play.desk.lives = None
        play.run = play.desk.kept[-1]
        play.go()
    assert play.run.status is RunStatus.REVERTED
    assert play.outside.values == {"a": "1", "b": "2", "c": "3"}
    assert phases(play.run) == ["reverted"] * 3
    assert "never" in play.run.note


def test_a_step_that_may_fail_does_not_stop_the_others():
    play = Play({"a": "1", "b": "2"}, ("never", "a", "x", {"on_failure": "continue"}), ("set_value", "b", "y"))
    run = play.go()
    assert run.status is RunStatus.DONE
    assert phases(run) == ["failed", "verified"]
    assert "s1" in run.note


def test_a_step_that_may_fail_is_put_back_when_it_does():
    play = Play({"a": "1", "b": "2"}, ("never", "a", "x", {"on_failure": "continue"}), ("set_value", "b", "y"))
    run = play.go()
    assert (run.status, phases(run)) == (RunStatus.DONE, ["failed", "verified"])
    assert play.outside.values == {"a": "1", "b": "y"}
    assert "done but for s1" in run.note


def test_a_step_that_may_fail_and_cannot_be_put_back_fails_the_run_loudly():
    play = Play({"a": "1", "b": "2"}, ("never", "a", "x", {"on_failure": "continue"}), ("set_value", "b", "y"))
    play.outside.failing = {"revert": 1_000}
    run = play.go()
    assert (run.status, phases(run)) == (RunStatus.FAILED, ["reverting", "verified"])
    assert run.note == "could not be put back: s1"
    assert "never; could not be put back: fake:revert" in run.steps[0].note
    assert play.outside.values == {"a": "x", "b": "y"}


def test_a_step_that_failed_before_it_changed_anything_needs_no_putting_back():
    play = Play({"a": "1", "b": "2"}, ("set_value", "a", "x", {"on_failure": "continue"}), ("set_value", "b", "y"))
    play.outside.failing = {"set": 1, "revert": 1_000}
    run = play.go()
    assert (run.status, phases(run)) == (RunStatus.DONE, ["failed", "verified"])


def test_a_step_that_is_put_back_is_carried_on_though_killed_after_any_keep():
    for lives in range(1, 12):
        play = Play({"a": "1", "b": "2"}, ("never", "a", "x", {"on_failure": "continue"}), ("set_value", "b", "y"))
        play.desk.lives = lives
        with contextlib.suppress(Killed):
            play.go()
        play.desk.lives = None
        play.run = play.desk.kept[-1]
        assert play.go().status is RunStatus.DONE, lives
        assert play.outside.values == {"a": "1", "b": "y"}, lives


def test_what_another_run_has_changed_since_is_not_put_back_over_it():
    play = Play({"a": "1"}, ("set_value", "a", "x"))
    done = play.go()
    play.outside.values["a"] = "theirs"
    play.desk.blocked = {"a": "another run has come to a since"}
    play.run = replace(done, status=RunStatus.REVERTING)
    run = play.go()
    assert (run.status, run.steps[0].note) == (RunStatus.FAILED, "another run has come to a since")
    assert play.outside.values == {"a": "theirs"}


def test_a_plan_of_what_is_protected_is_refused_before_anybody_is_asked():
    play = Play({"a": "1"}, ("set_value", "a", "x"), approval="always")
    play.desk.refused = {"a": "a is protected"}
    assert (play.go().status, play.run.note) == (RunStatus.REFUSED, "a is protected")


def test_a_step_that_stops_the_run_leaves_what_was_done():
    play = Play({"a": "1", "b": "2"}, ("set_value", "a", "x"), ("never", "b", "y", {"on_failure": "stop"}))
    assert play.go().status is RunStatus.FAILED
    assert play.outside.values["a"] == "x"


def test_a_call_that_fails_once_reverts_and_says_which():
    play = Play({"a": "1", "b": "2"}, ("set_value", "a", "x"), ("set_value", "b", "y"))
    play.outside.failing = {"check": 1}
    run = play.go()
    assert run.status is RunStatus.REVERTED
    assert "fake:check answered Broken" in run.note
    assert play.outside.values == {"a": "1", "b": "2"}


def test_nothing_is_changed_where_the_first_step_is_refused():
    play = Play({"a": "1"}, ("set_value", "a", "x"))
    play.desk.refused = {"a": "a is protected"}
    run = play.go()
    assert run.status is RunStatus.REFUSED
    assert "a is protected" in run.note
    assert play.outside.calls == 0


def test_a_resource_that_is_not_there_refuses_the_run():
    run = Play({}, ("set_value", "a", "x")).go()
    assert run.status is RunStatus.REFUSED
    assert "a is not there" in run.note


def test_what_was_done_to_a_resource_went_with_it():
    play = Play({"a": "1", "b": "2"}, ("set_value", "a", "x"), ("set_value", "b", "y"))
    done = play.go()
    del play.outside.values["b"]
    play.run = replace(done, status=RunStatus.REVERTING)
    assert play.go().status is RunStatus.REVERTED
    assert play.outside.values == {"a": "1"}


def test_what_cannot_be_put_back_fails_loudly_and_can_be_tried_again():
    play = Play({"a": "1", "b": "2"}, ("set_value", "a", "x"), ("never", "b", "y"))
    play.outside.failing = {"revert": 1_000}
    run = play.go()
    assert run.status is RunStatus.FAILED
    assert "could not be put back: s1, s2" in run.note
    play.outside.failing = {}
    play.run = replace(run, status=RunStatus.REVERTING)
    assert play.go().status is RunStatus.REVERTED
    assert play.outside.values == {"a": "1", "b": "2"}


def test_a_run_with_a_final_step_waits_with_a_plan_that_changed_nothing():
    play = Play({"a": "1"}, ("burn", "a", "x"))
    run = play.go()
    assert run.status is RunStatus.WAITING
    assert "burn cannot be put back" in run.approval.needed
    assert run.plan == ("s1: a: 1 → x.", "s1: cannot be put back: ashes stay ashes", UNREAD)
    assert play.outside.values == {"a": "1"}


def test_a_plan_says_what_the_playbook_does_not_reach():
    plan = Play({"a": "1"}, ("set_value", "a", "x"), approval="always", limits=["What was copied."]).go().plan
    assert plan == ("s1: a: 1 → x.", UNREAD, "not reached: What was copied.")


def test_a_trigger_that_only_proposes_always_waits():
    assert Play({"a": "1"}, ("set_value", "a", "x"), cause={"mode": "propose"}).go().status is RunStatus.WAITING


def test_an_approval_that_nobody_gives_in_time_declines_the_run():
    play = Play({"a": "1"}, ("set_value", "a", "x"), approval="always", approval_within_s=60)
    assert play.go().status is RunStatus.WAITING
    play.now += timedelta(seconds=61)
    assert play.go().status is RunStatus.DECLINED
    assert play.outside.values == {"a": "1"}


def test_effects_that_are_to_last_so_long_are_put_back_then():
    play = Play({"a": "1"}, ("set_value", "a", "x"), revert_after_s=60)
    assert play.go().revert_at == NOW + timedelta(seconds=60)
    play.now += timedelta(seconds=61)
    assert play.go().status is RunStatus.REVERTED
    assert play.outside.values == {"a": "1"}


def test_a_step_that_builds_on_what_failed_is_told_so():
    play = Play(
        {"a": "1", "b": "2"},
        ("set_value", "a", "x", {"on_failure": "continue"}),
        ("set_value", "b", "${steps.s1.was}"),
    )
    play.outside.failing = {"set": 1}
    run = play.go()
    assert run.status is RunStatus.REVERTED
    assert "told nothing" in run.note
    assert play.outside.values == {"a": "1", "b": "2"}


def test_a_process_that_is_to_stop_leaves_the_run_to_the_next():
    play = Play({"a": "1"}, ("set_value", "a", "x"))
    runner = play.runner()
    runner.is_stopping = lambda: True
    left = runner.advance(play.run)
    assert left.status is RunStatus.RUNNING
    assert phases(left) == ["pending"]
    assert phases(play.go()) == ["verified"]


def test_a_playbook_that_does_not_load_any_more_refuses_the_run():
    play = Play({"a": "1"}, ("set_value", "a", "x"))
    play.run = replace(play.run, text="name: [")
    assert play.go().status is RunStatus.REFUSED


def test_a_plan_names_what_would_fail_and_may():
    play = Play({"a": "1"}, ("set_value", "gone", "x", {"on_failure": "continue"}), ("set_value", "a", "x"))
    assert list(planned(play.run, play.hands)) == [
        "s1: would fail, and may: gone is not there",
        "s2: a: 1 → x.",
        UNREAD.replace("a was", "gone was"),
        UNREAD,
    ]


def test_states_differ_by_what_may_not():
    assert differing({"a": 1, "b": 2}, {"a": 1, "b": 3}, ("b",)) == ""
    assert differing({"a": 1}, {"a": 1, "c": 0}, ()) == "c not as recorded"
    assert Phase.VERIFIED == "verified"


def test_a_fault_of_an_action_ends_its_step_and_the_rest_is_put_back():
    play = Play({"a": "1", "b": "2"}, ("set_value", "a", "x"), ("set_value", "b", "y"))
    call = play.outside.call

    def faulty(name):
        call(name)
        if name == "set" and play.outside.values["a"] == "x":
            raise KeyError("Groups")

    play.outside.call = faulty
    run = play.go()
    assert run.status is RunStatus.REVERTED
    assert "KeyError: 'Groups'" in run.note
    assert play.outside.values == {"a": "1", "b": "2"}
