from tests.store.samples import NOON

from nephoscope.store.ledger import open_ledger
from nephoscope.store.vex import VexDocument, list_documents, put_document, statements_of, withdraw

ROW = ("CVE-1", ("GHSA-1",), "", "pkg:pypi/a", "fixed", "", "said", "2026-01-01")
DOCUMENT = VexDocument("ab" * 32, "urn:1", "openvex", "A", 1, "alice", NOON)


def test_a_withdrawn_document_stays_and_says_nothing_until_it_comes_again(tmp_path):
    with open_ledger(str(tmp_path / "ledger.db")) as ledger, ledger.write() as connection:
        put_document(connection, DOCUMENT, [ROW])
        put_document(connection, DOCUMENT, [ROW])
        assert statements_of(connection) == [(DOCUMENT.digest, ROW)]
        withdraw(connection, DOCUMENT.digest, "bob", NOON)
        assert statements_of(connection) == []
        assert statements_of(connection, DOCUMENT.digest) == [(DOCUMENT.digest, ROW)]
        [kept] = list_documents(connection)
        assert (kept.imported_by, kept.withdrawn_by, kept.withdrawn_at) == ("alice", "bob", NOON)
        put_document(connection, DOCUMENT, [ROW])
        assert statements_of(connection) == [(DOCUMENT.digest, ROW)]
