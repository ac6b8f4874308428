from tests.scan.reports.samples import ALL

from nephoscope.scan.reports.syft import syft
from nephoscope.scan.scanner_report import Place


def test_every_package_is_told_and_one_without_a_url_is_named():
    one, two, gap = syft.read(ALL["syft"], "f")
    assert (one.place, one.package.ecosystem, two.package.ecosystem) == (Place("host", "web-1"), "PyPI", "Debian:12")
    assert gap.subject == "f: artifacts[2]"
