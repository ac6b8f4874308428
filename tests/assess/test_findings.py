from datetime import UTC, datetime

from nephoscope.assess import Fail, NotApplicable, Pass, Unknown
from nephoscope.assess.assessor import builtin_checks
from nephoscope.assess.findings import findings
from nephoscope.model.finding import Kind, Severity
from nephoscope.model.item import Item, Place

AT = datetime(2026, 11, 1, tzinfo=UTC)
CHECK = builtin_checks()["efs_file_system_is_encrypted"]
ITEM = Item("AWS::EFS::FileSystem", "fs-1", "111122223333", "eu-west-1", {}, place=Place("a.yaml", 7, "Files"))


def test_only_a_fail_is_a_finding():
    verdicts = [(CHECK, verdict) for verdict in (Pass(), Unknown("?"), NotApplicable("-"))]
    assert findings(ITEM, verdicts, AT) == []


def test_a_finding_names_the_check_the_resource_and_the_reason():
    [finding] = findings(ITEM, [(CHECK, Fail("not encrypted"))], AT)
    assert finding.kind is Kind.COMPLIANCE
    assert finding.rule == "efs_file_system_is_encrypted"
    assert finding.severity is Severity.MEDIUM
    assert finding.reason == "not encrypted"
    assert (finding.resource.type, finding.resource.id) == ("AWS::EFS::FileSystem", "fs-1")
    assert finding.detail["line"] == 7
    assert finding.time == AT


def test_the_same_failing_of_the_same_resource_is_the_same_finding_whenever_judged():
    [first] = findings(ITEM, [(CHECK, Fail("a"))], AT)
    [later] = findings(ITEM, [(CHECK, Fail("b"))], datetime(2027, 1, 1, tzinfo=UTC))
    assert first.uid == later.uid
