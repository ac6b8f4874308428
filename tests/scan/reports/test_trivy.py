from tests.scan.reports.samples import ALL, VECTOR

from nephoscope.model.coverage import Gap
from nephoscope.scan.reports.trivy import trivy
from nephoscope.scan.scanner_report import Held, Place, Reported


def test_packages_and_what_they_have_are_told_and_the_rest_is_named():
    told = list(trivy.read(ALL["trivy"], "f"))
    [held] = [each for each in told if isinstance(each, Held)]
    [said] = [each for each in told if isinstance(each, Reported)]
    assert held.place == said.place == Place("image", "app:1.4")
    assert (held.package.ecosystem, held.package.name, held.package.source) == ("Debian:12.5", "libssl3", "openssl")
    assert said[2:] == ("CVE-2026-1", ("DSA-1",), "3.0.12-1", "high", VECTOR)
    assert [each.subject.partition(": ")[2] for each in told if isinstance(each, Gap)] == [
        "app:1.4 (debian 12.5): Packages[1]",
        "app:1.4 (debian 12.5): Vulnerabilities[1]",
        "app:1.4 (debian 12.5): Secrets",
    ]


def test_a_report_without_packages_says_so():
    content = b'{"SchemaVersion": 2, "ArtifactName": "a", "Results": []}'
    [gap] = trivy.read(content, "f")
    assert (gap.area, "--list-all-pkgs" in gap.cause) == ("look", True)
