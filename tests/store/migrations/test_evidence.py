from nephoscope.store.evidence_tables import CAPTURES, CASES, CUSTODY, KEYS, MANIFESTS
from nephoscope.store.migrations.evidence import EVIDENCE
from nephoscope.store.migrations.ledger import MIGRATIONS


def test_it_makes_every_table_of_evidence_and_is_listed():
    assert (7, "evidence", EVIDENCE) in MIGRATIONS
    assert all(f"CREATE TABLE {table.name} (" in EVIDENCE for table in (CASES, CAPTURES, MANIFESTS, KEYS, CUSTODY))
