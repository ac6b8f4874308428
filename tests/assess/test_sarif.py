import json

import pytest

from nephoscope.assess.assessor import builtin_checks
from nephoscope.assess.sarif import sarif_log
from nephoscope.model.coverage import Gap
from nephoscope.model.item import Item, Place
from nephoscope.model.verdict import Fail, NotApplicable, Pass, Unknown

CHECK = builtin_checks()["efs_file_system_is_encrypted"]


def item(file="infra/files of ours.yaml", id="Files"):
    return Item("AWS::EFS::FileSystem", id, "", "", {}, place=Place(file, 7, id))


@pytest.fixture
def run():
    """The run of a log with one verdict of each kind and a file that could not be read."""
    verdicts = (Fail("not encrypted"), Unknown("not said"), Pass(), NotApplicable("no"))
    log = sarif_log(((item(), CHECK, verdict) for verdict in verdicts), [Gap("object", "a.yaml:3", "is not YAML")])
    assert (log["version"], len(log["runs"])) == ("2.1.0", 1)
    json.dumps(log)
    return log["runs"][0]


def test_a_failure_points_at_file_line_and_rule(run):
    failure, _ = run["results"]
    place = failure["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "infra/files%20of%20ours.yaml", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 7}
    assert run["tool"]["driver"]["rules"][failure["ruleIndex"]]["id"] == failure["ruleId"] == CHECK.name
    assert (failure["kind"], failure["level"]) == ("fail", "warning")
    assert failure["message"]["text"] == "Files: not encrypted"


def test_what_could_not_be_told_is_open_and_not_a_failure(run):
    _, unknown = run["results"]
    assert (unknown["kind"], unknown["level"]) == ("open", "none")


def test_what_could_not_be_read_is_in_the_log(run):
    [invocation] = run["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["toolExecutionNotifications"][0]["message"]["text"] == "a.yaml:3: is not YAML"


def test_a_rule_says_why_and_what_to_do(run):
    [rule] = run["tool"]["driver"]["rules"]
    assert rule["help"]["text"] == CHECK.fix
    assert rule["helpUri"].startswith("https://docs.aws.amazon.com/")


def test_fingerprints_outlive_moved_lines_and_tell_resources_apart():
    def fingerprint(item):
        log = sarif_log([(item, CHECK, Fail("x"))], [])
        return log["runs"][0]["results"][0]["partialFingerprints"]["check/v1"]

    moved = Item("AWS::EFS::FileSystem", "Files", "", "", {}, place=Place("infra/files of ours.yaml", 99, "Files"))
    assert fingerprint(item()) == fingerprint(moved) != fingerprint(item(id="Other"))


def test_live_items_and_absolute_paths_have_a_place_too():
    live = Item("AWS::EFS::FileSystem", "fs-1", "111122223333", "eu-west-1", {})
    first, second = sarif_log([(live, CHECK, Fail("x")), (item("/a/b.yaml"), CHECK, Fail("x"))], [])["runs"][0][
        "results"
    ]
    assert "physicalLocation" not in first["locations"][0]
    assert second["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "file:///a/b.yaml"}
