from nephoscope.store.migrations.ledger import MIGRATIONS
from nephoscope.store.migrations.schedules import SCHEDULES


def test_it_is_one_of_the_ledgers_migrations():
    assert (23, "schedules", SCHEDULES) in MIGRATIONS
