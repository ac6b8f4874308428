from nephoscope.store.integrity_tables import CHANGE_APPROVALS, HOST_BASELINES, HOST_CHANGES
from nephoscope.store.migrations.integrity import INTEGRITY
from nephoscope.store.migrations.ledger import MIGRATIONS


def test_it_makes_every_table_of_files_and_is_listed():
    assert (28, "integrity", INTEGRITY) in MIGRATIONS
    assert all(f"CREATE TABLE {each.name} (" in INTEGRITY for each in (HOST_CHANGES, HOST_BASELINES, CHANGE_APPROVALS))
