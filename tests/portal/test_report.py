"""A report holds exactly what the list shows, in every form, and says what cannot be seen."""

import json

import pytest

HIGH = "severity:>=medium"


def listed(browser, q):
    return [row["uid"] for row in browser.get("findings", q=q, limit=200).json()["items"]]


def test_ocsf_and_sarif_hold_the_rows_of_the_list_in_its_order(viewer):
    wanted = listed(viewer, HIGH)
    ocsf = viewer.get("findings/report", q=HIGH, format="ocsf")
    sarif = viewer.get("findings/report", q=HIGH, format="sarif")

    assert [json.loads(line)["finding_info"]["uid"] for line in ocsf.text.splitlines()] == wanted != []
    results = sarif.json()["runs"][0]["results"]
    assert [each["partialFingerprints"]["findingUid/v1"] for each in results] == wanted
    assert sarif.json()["runs"][0]["invocations"][0]["toolExecutionNotifications"] != []
    assert "attachment" in ocsf.headers["content-disposition"]


@pytest.mark.parametrize(("format", "begins"), [("html", b"<!doctype html>"), ("pdf", b"%PDF")])
def test_people_get_a_page_or_paper(viewer, format, begins):
    answer = viewer.get("findings/report", q=HIGH, format=format)

    assert answer.content[: len(begins)].lower() == begins.lower()
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_what_is_out_of_scope_is_in_no_report(viewer, scoped):
    own = set(listed(scoped, ""))
    found = scoped.get("findings/report", format="ocsf").text.splitlines()

    assert {json.loads(line)["finding_info"]["uid"] for line in found} == own < set(listed(viewer, ""))


def test_a_report_is_in_the_audit_log_and_a_wrong_one_refused(viewer, admin):
    viewer.get("findings/report", q=HIGH, format="sarif")

    row = admin.get("audit", q='action:"export findings"').json()["items"][0]
    assert (row["object"], row["detail"]["format"]) == (HIGH, "sarif")
    assert viewer.get("findings/report", format="doc").status_code == 422
    assert viewer.get("findings/report", q="colour:red", format="html").status_code == 400
