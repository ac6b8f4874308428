from nephoscope.store.fleet_tables import HOST_TABLES, HOSTS, NONCES, TOKENS
from nephoscope.store.migrations.fleet import FLEET
from nephoscope.store.migrations.ledger import MIGRATIONS


def test_it_makes_every_table_of_hosts_and_is_listed():
    assert (22, "fleet", FLEET) in MIGRATIONS
    assert all(f"CREATE TABLE {table.name} (" in FLEET for table in (TOKENS, HOSTS, NONCES, HOST_TABLES))
