from nephoscope.store.migrations.ledger import MIGRATIONS
from nephoscope.store.migrations.runs import RUNS


def test_it_is_one_of_the_ledgers_migrations():
    assert (4, "runs", RUNS) in MIGRATIONS
