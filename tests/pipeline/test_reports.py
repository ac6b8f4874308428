import json

import pytest
from tests.pipeline.test_vulnerabilities import arrow, found  # noqa: F401
from tests.scan.reports.samples import ALL, TRIVY

from nephoscope.model.errors import SourceError
from nephoscope.pipeline.reports import import_report
from nephoscope.scan.scanner_report import Place
from nephoscope.store.gaps import list_gaps
from nephoscope.store.packages import list_looks


@pytest.mark.parametrize("name", [name for name in ALL if name != "syft"])
def test_what_a_scanner_found_is_a_finding_with_its_source_and_priority(arrow, name):  # noqa: F811
    made = import_report(arrow.stores.ledger, ALL[name], "f")
    assert (made.scanner, len(made.packages)) == (name, 1)
    arrow.round()
    known = found(arrow, "open")
    if name == "grype":  # says that it is negligible
        assert known == {}
        return
    for each in known.values():
        assert f"import:{name}" in each.finding.detail["feeds"]
        assert each.finding.detail["priority"] > 0
    assert known
    with arrow.stores.ledger.read() as connection:
        assert [
            each.gap.subject for each in list_gaps(connection, area="package") if "Nessus" in each.gap.subject
        ] == []


def test_the_same_report_again_changes_nothing_and_a_later_one_ends_what_it_says_no_more(arrow):  # noqa: F811
    for _ in range(2):
        import_report(arrow.stores.ledger, ALL["trivy"], "f")
        arrow.round()
        assert list(found(arrow, "open")) == ["CVE-2026-1"]
    [result] = TRIVY["Results"]
    later = {**TRIVY, "Results": [{**result, "Vulnerabilities": []}]}
    import_report(arrow.stores.ledger, json.dumps(later).encode(), "f")
    arrow.round()
    assert list(found(arrow, "resolved")) == ["CVE-2026-1"]


def test_a_report_of_what_is_vulnerable_only_takes_nothing_away(arrow):  # noqa: F811
    at = Place("host", "web-1")
    import_report(arrow.stores.ledger, ALL["syft"], "f", at=at)
    import_report(arrow.stores.ledger, ALL["nessus"], "f", at=at)
    with arrow.stores.ledger.read() as connection:
        [look] = list_looks(connection)
    assert (look.by, look.cause) == ("import:nessus", "nessus does not tell every package")
    arrow.round()
    assert list(found(arrow, "open")) == ["NESSUS-12345"]


def test_a_file_that_breaks_off_keeps_what_came_before_and_says_so(arrow):  # noqa: F811
    padding = b"<!--" + b" " * (2 << 20) + b"-->"
    content = ALL["nessus"].replace(b"</Report>", padding + b"<ReportHost>")
    made = import_report(arrow.stores.ledger, content, "f")
    assert any("no whole XML" in cause for cause in made.left)
    arrow.round()
    assert list(found(arrow, "open")) == ["NESSUS-12345"]


@pytest.mark.parametrize("content", [b"", b"{}", ALL["nessus"][:400], b'{"matches": [], "source": {}}'])
def test_what_says_nothing_is_an_error_and_keeps_nothing(arrow, content):  # noqa: F811
    with pytest.raises(SourceError, match="^f: "):
        import_report(arrow.stores.ledger, content, "f")
    with arrow.stores.ledger.read() as connection:
        assert list_looks(connection) == []
