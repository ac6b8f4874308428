from datetime import UTC, datetime

import pytest

from nephoscope.scan.vex import Statement, read_document
from nephoscope.scan.vex_writing import WRITERS

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
AT = "2026-01-01T00:00:00Z"
SAID = [
    Statement("CVE-1", ("GHSA-1",), "", "pkg:pypi/a@1", "not_affected", "component_not_present", "", AT),
    Statement("CVE-2", (), "app:1.4", "pkg:pypi/a", "affected", "", 'Update to "2"; =1+1 \u2028<script>', AT),
    Statement("CVE-3", (), "app:1.4", "", "fixed", "", "", AT),
    Statement("CVE-4", (), "", "pkg:npm/%40x/y@1", "under_investigation", "", "", AT),
]


def test_what_was_written_in_openvex_is_read_back():
    document, gaps = read_document(WRITERS["openvex"](SAID, "us", NOON), "f")
    assert (document.author, gaps) == ("us", [])
    assert list(document.statements) == SAID


def test_what_was_written_in_cyclonedx_says_the_same_of_the_same():
    document, gaps = read_document(WRITERS["cyclonedx"](SAID, "us", NOON), "f")
    assert document.author == "us"
    assert [gap.cause for gap in gaps] == ["affects app:1.4, which has no package URL"]
    assert [(each.vulnerability, each.status) for each in document.statements] == [
        (each.vulnerability, each.status) for each in SAID if each.component
    ]
    assert document.statements[0].aliases == ("GHSA-1",)


@pytest.mark.parametrize("name", WRITERS)
def test_the_same_statements_make_the_same_document(name):
    assert WRITERS[name](SAID, "us", NOON) == WRITERS[name](list(SAID), "us", NOON)
