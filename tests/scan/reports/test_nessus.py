import pytest
from tests.scan.reports.samples import ALL, VECTOR

from nephoscope.model.errors import SourceError
from nephoscope.scan.reports.nessus import nessus
from nephoscope.scan.scanner_report import Place

BOMB = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "' + b"a" * 999 + b'">]><NessusClientData_v2/>'


def test_a_plugin_is_a_package_of_its_own_and_the_rest_is_counted():
    said, nobody, counted = nessus.read(ALL["nessus"], "f")
    assert said.place == Place("host", "web-1.example.com")
    assert (said.package.ecosystem, said.package.name, said.package.version) == ("Nessus", "OpenSSL < 3.0.12", "12345")
    assert said[2:] == ("NESSUS-12345", ("CVE-2026-1", "CVE-2026-2"), "", "high", VECTOR)
    assert "names no host, or no plugin" in nobody.cause
    assert "1 informational" in counted.cause


def test_an_instance_is_known_as_one():
    tag = b'<tag name="aws-instance-instance-id">i-1</tag><tag name="host-ip">'
    said, *_ = nessus.read(ALL["nessus"].replace(b'<tag name="host-ip">', tag), "f")
    assert said.place[:2] == ("AWS::EC2::Instance", "i-1")


@pytest.mark.parametrize("content", [BOMB, ALL["nessus"][:-30], b"<NessusClientData_v2>"])
def test_bombs_and_broken_files_are_refused(content):
    with pytest.raises(SourceError, match=r"^f: "):
        list(nessus.read(content, "f"))
