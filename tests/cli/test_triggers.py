import json

import pytest
from tests.cli.test_findings import data, run  # noqa: F401  fixtures

from nephoscope.cli.output import Exit
from nephoscope.respond.trigger import BUILTIN
from nephoscope.store.firings import stand_still
from nephoscope.store.ledger import open_ledger

NAME = "restart_stopped_trail"


def test_triggers_are_listed_with_what_they_did(run, data):  # noqa: F811
    with open_ledger(str(data / "ledger.sqlite")) as ledger, ledger.write() as connection:
        stand_still(connection, NAME, "too often")
    code, out, _ = run("triggers")
    found = {row["name"]: row for row in map(json.loads, out.splitlines())}
    assert code == Exit.NOTHING
    assert (found[NAME]["mode"], found[NAME]["stands_still"], found[NAME]["last_fired_at"]) == (
        "off",
        "too often",
        None,
    )
    code, out, _ = run("triggers", "reset", NAME)
    assert "it stood still because too often" in out
    code, out, _ = run("triggers")
    assert not [row for row in map(json.loads, out.splitlines()) if row["stands_still"]]


def test_a_trigger_is_played_against_history(run):  # noqa: F811
    code, out, _ = run("triggers", "try", NAME, "--since", "2026-01-01")
    found = json.loads(out)
    assert (code, found["trigger"], found["times"]) == (Exit.NOTHING, NAME, 0)
    assert found["looked_at"] > 0
    _, out, _ = run("triggers", "try", NAME, "--format", "text")
    assert "would have fired 0 times in 30 days" in out


def test_examples_are_tried_and_what_is_wrong_is_told(run, tmp_path):  # noqa: F811
    good = BUILTIN / f"{NAME}.yaml"
    assert run("triggers", "test", str(good))[0] == Exit.NOTHING
    bad = tmp_path / "bad.yaml"
    bad.write_text(good.read_text().replace('status == "open"', 'status == "closed"'))
    code, out, _ = run("triggers", "test", str(good), str(bad))
    assert code == Exit.FINDINGS
    assert "match 1): does not fire" in out


@pytest.mark.parametrize("verb", ["try", "reset"])
def test_an_unknown_name_is_told_with_those_there_are(run, verb):  # noqa: F811
    code, _, err = run("triggers", verb, "nothing")
    assert code == Exit.USAGE
    assert NAME in err
