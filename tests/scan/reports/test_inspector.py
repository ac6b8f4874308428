from tests.scan.reports.samples import ALL, VECTOR

from nephoscope.scan.reports.inspector import inspector
from nephoscope.scan.scanner_report import Place


def test_packages_of_a_language_are_its_ecosystems_and_those_of_a_system_inspectors_own():
    system, library, gap = inspector.read(ALL["inspector"], "f")
    assert system.place == Place("AWS::EC2::Instance", "i-1", "111122223333", "eu-west-1")
    assert (system.package.ecosystem, system.package.version, system.fixed) == ("Inspector", "1:3.0.11-1", "1:3.0.12-1")
    assert (library.package.ecosystem, library.package.version, library.fixed) == ("npm", "4.17.20", "")
    assert (system.severity, system.cvss) == ("critical", VECTOR)
    assert "NETWORK_REACHABILITY" in gap.cause
