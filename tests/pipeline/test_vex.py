import json

import pytest
from tests.pipeline.test_vulnerabilities import HOST, OPENSSL, advisory, arrow, feed, found, look  # noqa: F401

from nephoscope.model.errors import SourceError
from nephoscope.pipeline.vex import import_document, withdraw_document


def document(product="pkg:deb/debian/openssl", status="not_affected", **more):
    statement = {
        "vulnerability": "CVE-2026-1",
        "products": [product],
        "status": status,
        "impact_statement": "not built in",
    }
    head = {"@context": "https://openvex.dev/ns/v0.2.0", "@id": "urn:1", "author": "Vendor"}
    return json.dumps({**head, "statements": [statement | more]}).encode()


@pytest.fixture
def known(arrow):  # noqa: F811
    """One open finding."""
    feed(arrow, advisory("DSA-1", "3.0.12-1", aliases=["CVE-2026-1"]))
    look(arrow, OPENSSL)
    arrow.round()
    assert list(found(arrow, "open")) == ["CVE-2026-1"]
    return arrow


@pytest.mark.parametrize("status", ["not_affected", "fixed"])
def test_a_statement_ends_a_finding_and_its_withdrawal_reopens_it(known, status):
    made, gaps = import_document(known.stores.ledger, document(status=status), "f", "alice")
    assert (made.imported_by, made.statements, gaps) == ("alice", 1, [])
    known.round()
    [ended] = found(known, "resolved").values()
    assert status.replace("_", " ") in ended.resolved_why
    for part in ("urn:1", "Vendor", "imported by alice", "not built in"):
        assert part in ended.resolved_why

    withdraw_document(known.stores.ledger, made.digest[:12], "bob")
    known.round()
    [again] = found(known, "open").values()
    assert again.uid == ended.uid


@pytest.mark.parametrize(
    "said",
    [
        document(status="affected"),
        document(status="under_investigation"),
        document("pkg:deb/debian/zlib"),
        document({"@id": "another:1", "subcomponents": [{"@id": "pkg:deb/debian/openssl"}]}),
    ],
)
def test_other_statements_leave_it_open(known, said):
    import_document(known.stores.ledger, said, "f", "alice")
    known.round()
    assert list(found(known, "open")) == ["CVE-2026-1"]


def test_what_is_said_of_one_target_ends_it_there(known):
    said = document({"@id": HOST.id, "subcomponents": [{"@id": "pkg:deb/debian/openssl"}]})
    import_document(known.stores.ledger, said, "f", "alice")
    known.round()
    assert list(found(known, "resolved")) == ["CVE-2026-1"]


def test_withdrawing_what_is_not_there_is_an_error(known):
    with pytest.raises(SourceError, match="0 documents"):
        withdraw_document(known.stores.ledger, "zz", "bob")
