import json

import pytest
from tests.detect.test_examples import RULE

from nephoscope.cli.output import Exit
from nephoscope.cli.rules import list_rules, run_examples


@pytest.fixture
def folder(tmp_path):
    """A folder with a rule whose examples are right."""
    (tmp_path / "r.yml").write_text(RULE % ("StopLogging", "GetTrail"))
    return tmp_path


def test_rules_are_listed_for_people_and_for_programs(folder, capsys):
    assert list_rules([folder], format="text") == Exit.NOTHING
    assert "Stopped" in capsys.readouterr().out
    list_rules([folder], format="jsonl")
    assert json.loads(capsys.readouterr().out)["title"] == "Stopped"


def test_our_own_rules_are_listed_without_a_path(capsys):
    assert list_rules(None, format="jsonl") == Exit.NOTHING
    assert len(capsys.readouterr().out.splitlines()) > 100


def test_the_exit_code_says_whether_examples_came_out_right(folder, capsys):
    assert run_examples([folder]) == Exit.NOTHING
    (folder / "s.yml").write_text("title: [")
    assert run_examples([folder]) == Exit.UNSEEN
    (folder / "w.yml").write_text(RULE.replace("stopped", "other") % ("GetTrail", "GetTrail"))
    assert run_examples([folder]) == Exit.FINDINGS
    out, err = capsys.readouterr()
    assert "3 examples" in out or "4 examples" in out
    assert "should match and does not" in err
