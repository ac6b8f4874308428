from nephoscope.store.fleet_tables import HOST_LOGS as TABLE
from nephoscope.store.migrations.host_logs import HOST_LOGS
from nephoscope.store.migrations.ledger import MIGRATIONS


def test_it_makes_the_queue_and_is_listed():
    assert (27, "host logs", HOST_LOGS) in MIGRATIONS
    assert f"CREATE TABLE {TABLE.name} (" in HOST_LOGS
