import json

from tests.export.samples import LATER, hostile, naughty, notice, stored
from tests.store.samples import detection, failed_check

from nephoscope.export.format import Report
from nephoscope.export.formats.sarif import sarif
from nephoscope.model.coverage import Gap
from nephoscope.model.finding import Status


def log(findings, **report):
    written = json.loads(b"".join(sarif(findings, Report(LATER, **report))))
    assert written["version"] == "2.1.0"
    [run] = written["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert all(rules[each["ruleIndex"]]["id"] == each["ruleId"] for each in run["results"])
    assert all(each["kind"] == "fail" or each["level"] == "none" for each in run["results"])
    return run


def test_a_finding_is_a_result_and_its_rule_stands_once():
    run = log([stored(failed_check("a")), stored(failed_check("b")), notice().stored])

    assert [each["level"] for each in run["results"]] == ["warning", "warning", "error"]
    assert len(run["tool"]["driver"]["rules"]) == 2
    assert len({each["partialFingerprints"]["findingUid/v1"] for each in run["results"]}) == 3


def test_what_is_waived_is_suppressed_and_what_is_resolved_passes():
    run = log([stored(failed_check(), Status.WAIVED, waiver="w1"), stored(failed_check("b"), Status.RESOLVED)])

    waived, over = run["results"]
    assert waived["suppressions"][0]["justification"] == "waiver w1"
    assert (over["kind"], over["level"]) == ("pass", "none")


def test_what_could_not_be_seen_is_told():
    run = log([], gaps=[Gap("read", "AWS::S3::Bucket", "denied")])

    assert run["invocations"][0]["executionSuccessful"] is False
    assert run["results"] == []
    assert log([stored(detection())])["invocations"][0]["executionSuccessful"] is True


def test_hostile_texts_leave_the_log_whole():
    texts = naughty()
    run = log([hostile(text).stored for text in texts])

    assert [each["ruleId"] for each in run["results"]] == texts
    assert all(each["message"]["text"] for each in run["results"])
