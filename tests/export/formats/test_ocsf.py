import json
from dataclasses import replace

import pytest
from tests.export.samples import LATER, hostile, naughty, notice, stored
from tests.store.samples import failed_check

from nephoscope.export.format import Report
from nephoscope.export.formats.ocsf import event, ocsf
from nephoscope.model.finding import Kind, Severity, Status

# https://schema.ocsf.io/1.6.0/classes/detection_finding and compliance_finding: attributes that are required
REQUIRED = {
    "activity_id",
    "category_uid",
    "class_uid",
    "cloud",
    "finding_info",
    "metadata",
    "severity_id",
    "time",
    "type_uid",
}


def well_formed(found):
    assert set(found) >= REQUIRED
    assert found["category_uid"] == 2
    assert found["type_uid"] == found["class_uid"] * 100 + found["activity_id"]
    assert found["metadata"]["version"] == "1.6.0"
    assert {"product", "version"} <= set(found["metadata"])
    assert found["metadata"]["product"]["vendor_name"]
    assert found["finding_info"]["uid"]
    assert found["cloud"]["provider"]
    assert 10**12 < found["time"] < 10**13
    assert (found["class_uid"] == 2003) is ("compliance" in found)


def test_a_detection_is_a_detection_finding_with_its_actor_and_technique():
    found = event(notice().stored)

    well_formed(found)
    assert (found["class_uid"], found["activity_id"], found["severity_id"], found["status_id"]) == (2004, 1, 4, 1)
    assert found["evidences"][0]["actor"]["user"]["name"] == "mallory"
    assert found["finding_info"]["attacks"] == [{"technique": {"uid": "T1685.002"}}]
    assert found["resources"][0]["uid"] == "main"


@pytest.mark.parametrize(
    ("status", "activity", "status_id", "verdict"),
    [(Status.OPEN, 1, 1, 3), (Status.WAIVED, 3, 3, 3), (Status.RESOLVED, 3, 4, 1)],
)
def test_a_failed_check_is_a_compliance_finding_that_follows_its_life(status, activity, status_id, verdict):
    found = event(stored(failed_check(detail={"fix": "block it"}), status))

    well_formed(found)
    assert (found["class_uid"], found["activity_id"], found["status_id"]) == (2003, activity, status_id)
    assert found["compliance"]["status_id"] == verdict
    assert found["compliance"]["control"] == "s3_bucket_blocks_public_access"
    assert found["remediation"] == {"desc": "block it"}


def test_every_kind_and_severity_has_its_place():
    for kind in Kind:
        for severity in Severity:
            well_formed(event(stored(replace(failed_check(), kind=kind, severity=severity))))
    assert event(stored(failed_check(severity=Severity.CRITICAL)))["severity_id"] == 5


def test_every_event_is_one_line_whatever_its_texts_hold():
    texts = naughty()
    lines = b"".join(ocsf((hostile(text).stored for text in texts), Report(LATER))).split(b"\n")

    events = [json.loads(line) for line in lines[:-1]]
    assert [each["finding_info"]["title"] for each in events] == texts
    for each in events:
        well_formed(each)
