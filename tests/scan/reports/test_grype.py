from tests.scan.reports.samples import ALL, VECTOR

from nephoscope.model.coverage import Gap
from nephoscope.scan.reports.grype import grype
from nephoscope.scan.scanner_report import Place


def test_a_match_is_of_a_package_in_the_release_that_the_document_names():
    said, gap = grype.read(ALL["grype"], "f")
    assert (said.place, said.package.ecosystem) == (Place("image", "app:1.4"), "Debian:12")
    assert said[2:] == ("CVE-2026-1", ("GHSA-1",), "3.0.12-1", "low", VECTOR)
    assert isinstance(gap, Gap)
    assert gap.subject == "f: matches[1]"
