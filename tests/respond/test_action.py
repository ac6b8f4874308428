from dataclasses import dataclass

import pytest

from nephoscope.model.errors import ContentError
from nephoscope.model.response import RunStatus, Target
from nephoscope.respond.action import TACTICS, Action, builtin


@dataclass(frozen=True)
class Nothing(Action):
    """Do nothing at all.

    Limits: it reaches nothing.
    """

    tactic = "tell"
    permissions = ()

    @property
    def target(self):
        return Target(self.account, self.region, "", "")

    def state(self, world):
        return {}

    def apply(self, world, state):
        return {}

    def verify(self, world, state):
        return ""


def test_an_action_is_titled_by_its_first_line_and_plans_at_least_that():
    action = Nothing("1", "eu-west-1")
    assert action.title() == "Do nothing at all."
    assert action.plan(None, {}) == ("Do nothing at all.",)


def test_an_unknown_action_is_named_with_place():
    with pytest.raises(ContentError, match="play.yaml:3: there is no action 'aws_isolate_instanc'"):
        builtin().make("aws_isolate_instanc", {}, "play.yaml:3")


def test_every_action_says_what_it_needs_and_where_that_stands():
    for name, kind in builtin().kinds.items():
        assert kind.tactic in TACTICS, name
        assert isinstance(kind.permissions, tuple), name
        assert kind.title().endswith("."), name
        assert "Source: " in (kind.__doc__ or ""), name


def test_a_run_ends_once():
    assert [status for status in RunStatus if not status.is_ended] == ["planned", "waiting", "running", "reverting"]
