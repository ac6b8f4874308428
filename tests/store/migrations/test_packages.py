from nephoscope.store.migrations.ledger import MIGRATIONS
from nephoscope.store.migrations.packages import PACKAGES
from nephoscope.store.package_tables import FEEDS, LOOKS, SETS, VULNERABILITIES
from nephoscope.store.package_tables import PACKAGES as TABLE


def test_it_makes_every_table_of_packages_and_is_listed():
    assert (21, "packages", PACKAGES) in MIGRATIONS
    assert all(f"CREATE TABLE {table.name} (" in PACKAGES for table in (TABLE, SETS, LOOKS, VULNERABILITIES, FEEDS))
