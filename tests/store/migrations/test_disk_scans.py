from nephoscope.store.migrations.disk_scans import DISK_SCANS as MADE
from nephoscope.store.migrations.ledger import MIGRATIONS
from nephoscope.store.package_tables import DISK_SCANS


def test_it_makes_the_table_of_scans_and_is_listed():
    assert (26, "disk_scans", MADE) in MIGRATIONS
    assert f"CREATE TABLE {DISK_SCANS.name} (" in MADE
