import json
import re
from dataclasses import replace
from functools import cache

import pytest
from botocore.session import Session
from botocore.validate import ParamValidator
from tests.export.samples import hostile, naughty, notice
from tests.store.samples import failed_check

from nephoscope.clouds import Clouds
from nephoscope.export.exporters.aws_security_hub import AwsSecurityHub
from nephoscope.model.errors import ConfigError

ACCOUNT = "123456789012"
HUB = AwsSecurityHub(account="hub", account_id=ACCOUNT, region="eu-west-1", link="https://portal.example/f/")
# https://docs.aws.amazon.com/securityhub/latest/userguide/asff-required-attributes.html
REQUIRED = {
    "AwsAccountId",
    "CreatedAt",
    "Description",
    "GeneratorId",
    "Id",
    "ProductArn",
    "Resources",
    "SchemaVersion",
    "Severity",
    "Title",
    "Types",
    "UpdatedAt",
}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


class Hub:
    """Security Hub that takes findings as its API does: no more than a hundred, the last of an Id."""

    def __init__(self, failed=()):
        self.failed = failed
        self.findings = {}
        self.calls = []

    def call(self, service, operation, *, region, Findings):  # noqa: N803
        self.calls.append((service, operation, region))
        assert len(Findings) <= 100
        self.findings |= {each["Id"]: each for each in Findings}
        return {"FailedFindings": list(self.failed), "FailedCount": len(self.failed)}


@cache
def shape():
    """What the SDK knows of the call's input."""
    return Session().get_service_model("securityhub").operation_model("BatchImportFindings").input_shape


def well_formed(finding):
    assert set(finding) >= REQUIRED
    assert finding["SchemaVersion"] == "2018-10-08"
    assert finding["ProductArn"] == f"arn:aws:securityhub:eu-west-1:{ACCOUNT}:product/{ACCOUNT}/default"
    assert 1 <= len(finding["Title"]) <= 256
    assert 1 <= len(finding["Description"]) <= 1024
    assert all(TIME.fullmatch(finding[name]) for name in ("CreatedAt", "UpdatedAt", "FirstObservedAt"))
    assert len(json.dumps(finding)) < 240_000
    assert all(len(value) <= 2048 for value in finding["ProductFields"].values())
    report = ParamValidator().validate({"Findings": [finding]}, shape())
    assert not report.has_errors(), report.generate_report()


def test_a_finding_is_imported_with_all_that_asff_asks_for(outside):
    hub = Hub()
    assert HUB.send([notice(), notice(finding=failed_check())], replace(outside, clouds=lambda name: Clouds(hub))) == {}

    assert hub.calls == [("securityhub", "BatchImportFindings", "eu-west-1")]
    detection, check = hub.findings.values()
    for finding in (detection, check):
        well_formed(finding)
    assert detection["Severity"]["Label"] == "HIGH"
    assert detection["Types"] == ["TTPs"]
    assert detection["RecordState"] == "ACTIVE"
    assert check["Compliance"] == {"Status": "FAILED"}
    assert check["Resources"][0]["Type"] == "AwsS3Bucket"
    assert check["ProductFields"]["nephoscope/account"] == "111111111111"


def test_what_is_over_is_archived_under_the_same_id(outside):
    hub = Hub()
    there = replace(outside, clouds=lambda name: Clouds(hub))
    HUB.send([notice(finding=failed_check())], there)
    HUB.send([notice("resolved", failed_check())], there)

    [finding] = hub.findings.values()
    assert finding["RecordState"] == "ARCHIVED"
    assert finding["Compliance"] == {"Status": "PASSED"}


def test_hostile_texts_keep_to_the_limits():
    for text in naughty():
        well_formed(HUB.finding(hostile(text)))


def test_of_a_batch_what_is_refused_is_told_and_the_rest_taken(outside):
    one, two, three = notice(), notice(finding=failed_check(), number=2), notice(finding=failed_check("x"), number=3)
    failed = [
        {"Id": HUB.id_of(two), "ErrorCode": "InvalidInput", "ErrorMessage": "too long"},
        {"Id": HUB.id_of(three), "ErrorCode": "InternalError", "ErrorMessage": "later"},
        {"Id": "not ours", "ErrorCode": "X"},
    ]

    failures = HUB.send([one, two, three], replace(outside, clouds=lambda name: Clouds(Hub(failed))))

    assert {id_: error.is_final for id_, error in failures.items()} == {two.id: True, three.id: False}


def test_an_account_that_is_none_is_refused(outside):
    with pytest.raises(ConfigError, match="twelve digits"):
        AwsSecurityHub(account="hub", account_id="prod", region="eu-west-1").send([notice()], outside)
