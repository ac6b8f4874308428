"""Every playbook that comes with Nephoscope: it loads with its examples, says its limits, and is in the guide."""

from pathlib import Path

import pytest

from nephoscope.respond.action import builtin
from nephoscope.respond.playbook import load_playbooks

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide" / "playbooks.md"
LOADED = load_playbooks()


def test_every_playbook_loads():
    assert LOADED.errors == []


@pytest.mark.parametrize("name", sorted(LOADED.by_name))
def test_a_playbook_says_what_it_is_given_and_what_it_does_not_reach(name):
    playbook = LOADED.by_name[name]

    assert playbook.limits
    assert all(one.description for one in playbook.inputs.values())
    assert playbook.examples
    assert f"## {name}" in GUIDE.read_text()


def test_what_destroys_needs_two_people_and_nothing_that_has_to_be_quick_does():
    destroys = {name for name, kind in builtin().kinds.items() if kind.is_destructive}
    assert destroys == {"aws_cut_tracked_connections", "aws_deny_role", "aws_invoke_lambda"}
    quick = [book for book in load_playbooks().by_name.values() if book.approval.text == "false"]
    assert not destroys & {step.action for book in quick for step in book.steps}


def test_every_action_that_changes_something_is_in_a_playbook():
    used = {step.action for playbook in LOADED.by_name.values() for step in playbook.steps}

    assert {name for name, kind in builtin().kinds.items() if kind.tactic != "capture"} <= used
