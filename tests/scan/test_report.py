from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nephoscope.model.finding import ResourceRef, Severity
from nephoscope.model.package import Package
from nephoscope.scan.judge import Judge
from nephoscope.scan.report import Known, findings, primary, severity_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOST = ResourceRef("AWS::EC2::Instance", "i-1", "1", "eu-west-1")


def known(name="libssl3", advisory="DSA-1", aliases=("CVE-2026-1",), fixed="3.0.12", severity="high", version="3.0.11"):
    package = Package("Debian:12", name, version, source="openssl")
    return Known(package, advisory, aliases, fixed, severity, "debian", "2026-02-28T00:00:00Z", NOON)


def test_what_the_publisher_will_do_is_told():
    given = replace(known(fixed=""), state="will not fix")
    [found] = findings(HOST, [given], Severity.LOW, NOON, Judge().of)
    assert found.reason == "openssl 3.0.11: no version that fixes it is known (the publisher will not fix it)"
    assert found.detail["states"] == ["will not fix"]


@pytest.mark.parametrize(
    ("advisory", "aliases", "name"),
    [
        ("CVE-2026-1", (), "CVE-2026-1"),
        ("GHSA-1", ("CVE-2026-1", "PYSEC-1"), "CVE-2026-1"),
        ("DSA-1", ("CVE-2026-1", "CVE-2026-2"), "DSA-1"),
        ("RUSTSEC-1", (), "RUSTSEC-1"),
    ],
)
def test_a_vulnerability_has_the_name_of_its_only_cve(advisory, aliases, name):
    assert primary(advisory, aliases) == name


def test_packages_of_one_source_and_advisories_of_one_cve_are_one_finding():
    given = [known(), known("openssl", severity="critical"), known(advisory="GHSA-2", fixed="3.0.13")]
    [found] = findings(HOST, given, Severity.LOW, NOON, Judge().of)
    assert (found.rule, found.title) == ("CVE-2026-1", "CVE-2026-1 in openssl 3.0.11")
    assert found.severity is Severity.CRITICAL
    assert found.reason == "openssl 3.0.11: fixed in 3.0.12, 3.0.13"
    assert found.detail["packages"] == ["libssl3 3.0.11", "openssl 3.0.11"]
    assert found.detail["advisories"] == ["DSA-1", "GHSA-2"]
    assert found.detail["feeds"] == {"debian": "2026-02-28T00:00:00Z"}


def test_a_finding_stays_the_same_one_when_the_version_changes_and_is_another_elsewhere():
    [one] = findings(HOST, [known()], Severity.LOW, NOON, Judge().of)
    [same] = findings(HOST, [known(version="3.0.11+1")], Severity.LOW, NOON, Judge().of)
    [other] = findings(
        ResourceRef("AWS::EC2::Instance", "i-2", "1", "eu-west-1"), [known()], Severity.LOW, NOON, Judge().of
    )
    assert one.uid == same.uid != other.uid


def test_what_is_less_severe_makes_no_finding_and_the_unknown_counts_as_medium():
    given = [known(severity="low"), known(advisory="DSA-2", aliases=(), severity="unknown", fixed="")]
    assert [each.rule for each in findings(HOST, given, Severity.MEDIUM, NOON, Judge().of)] == ["DSA-2"]
    assert findings(HOST, given, Severity.HIGH, NOON, Judge().of) == []
    assert severity_of("nonsense") is Severity.MEDIUM


def test_a_finding_shows_its_priority_and_what_made_it():
    [one] = findings(HOST, [known()], Severity.LOW, NOON, Judge().of)
    assert one.detail["priority_least"] < one.detail["priority"] < one.detail["priority_most"]
    assert [each["name"] for each in one.detail["factors"]][:3] == ["severity", "exploitation", "fix"]
    assert one.detail["due"] == NOON + timedelta(days=30)
