"""Both SARIF logs speak of severities, the tool and what it could not see with the same words."""

from nephoscope.model.coverage import Gap
from nephoscope.model.finding import Severity
from nephoscope.sarif import LEVELS, SCORES, run_of


def test_every_severity_has_its_level_and_a_score_that_rises_with_it():
    assert set(LEVELS) == set(SCORES) == set(Severity)
    assert [each for each in sorted(Severity, key=lambda each: each.rank)] == sorted(
        Severity, key=lambda each: float(SCORES[each])
    )


def test_a_run_was_not_successful_where_something_was_not_seen():
    [invocation] = run_of([], [Gap("read", "template.yaml", "cannot be read")])["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["toolExecutionNotifications"][0]["message"]["text"] == "template.yaml: cannot be read"
    assert run_of([{"id": "a"}], [])["invocations"][0]["executionSuccessful"] is True
    assert run_of([{"id": "a"}], [])["tool"]["driver"]["rules"] == [{"id": "a"}]
