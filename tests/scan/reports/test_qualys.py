import pytest
from tests.scan.reports.samples import ALL, VECTOR

from nephoscope.model.errors import SourceError
from nephoscope.scan.reports.qualys import qualys
from nephoscope.scan.scanner_report import Place


def test_rows_below_the_head_are_told_and_the_rest_is_counted_or_named():
    said, short, odd, counted = qualys.read(ALL["qualys"], "f")
    assert said.place == Place("host", "web-1", name="10.0.0.5")
    assert (said.package.ecosystem, said.package.name, said.package.version) == ("Qualys", 'EOL, "OpenSSL"', "105943")
    assert said[2:] == ("QID-105943", ("CVE-2026-1", "CVE-2026-2"), "", "critical", VECTOR)
    assert short.subject == "f:7"
    assert "severity from 1 to 5" in odd.cause
    assert "2 rows were left" in counted.cause


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"QID,IP\n", b'"' * 9_999, b"\xff\0\n" * 99])
def test_another_table_is_refused(content):
    with pytest.raises(SourceError, match="names the columns"):
        list(qualys.read(content, "f"))
