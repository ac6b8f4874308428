from tests.detect.sigma_rules import batch, rule

from nephoscope.detect.columns import Columns, cheap_fields
from nephoscope.detect.findings import UNKNOWN_TIME, Witness, fields_of
from nephoscope.model.finding import Severity

EVENT = {
    "eventID": "e-1",
    "eventTime": "2026-03-01T11:58:00Z",
    "eventName": "DeleteTrail",
    "awsRegion": "eu-west-1",
    "recipientAccountId": "111122223333",
    "sourceIPAddress": "192.0.2.1",
    "userIdentity": {"arn": "arn:aws:iam::111122223333:user/eve"},
    "resources": [{"ARN": "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main"}],
    "requestParameters": {"name": "x" * 1_000, "tags": ["a", "b"]},
}
DETECTION = {
    "s": {"eventName": "DeleteTrail", "requestParameters.name|contains": "x", "requestParameters.tags": "a"},
    "f": {"errorCode|exists": True},
    "condition": "s and not f",
}


def finding(event, **others):
    found = batch(event, origin="file.json.gz", first=7)
    one = rule(DETECTION, level="high", tags=["attack.impact"], **others)
    return Witness(found, Columns(found, cheap_fields(found.columns))).finding(one.about, 0, fields_of(one))


def test_a_finding_says_what_who_to_what_and_where_the_record_lies():
    found = finding(EVENT)
    assert (found.title, found.severity, found.tags) == ("T", Severity.HIGH, ("attack.impact",))
    assert found.subject == ("e-1",)
    assert found.time.isoformat() == "2026-03-01T11:58:00+00:00"
    assert (found.actor.uid, found.actor.ip) == ("arn:aws:iam::111122223333:user/eve", "192.0.2.1")
    assert found.resource.id.endswith("trail/main")
    assert (found.resource.account, found.resource.region) == ("111122223333", "eu-west-1")
    [event] = found.events
    assert (event.object, event.index, event.operation) == ("file.json.gz", 7, "DeleteTrail")


def test_the_matched_values_are_shown_cut_and_without_what_was_denied():
    matched = finding(EVENT, fields=["awsRegion", "gone"]).detail["matched"]
    assert list(matched) == ["eventName", "requestParameters.name", "requestParameters.tags", "awsRegion"]
    assert len(matched["requestParameters.name"]) < 600
    assert matched["requestParameters.tags"] == ["a", "b"]


def test_absurd_fields_leave_gaps_and_no_crash():
    found = finding({"eventName": "DeleteTrail", "userIdentity": "eve", "eventTime": [], "awsRegion": {"a": 1}})
    assert found.time == UNKNOWN_TIME
    assert found.subject == ("file.json.gz#7",)
    assert found.actor.uid == ""
    assert found.resource.region == '{"a":1}'
