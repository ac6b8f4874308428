from nephoscope.store.run_tables import ACTIONS, FIRINGS, RUN_HISTORY, RUNS


def test_the_tables_are_those_that_migrations_make(ledger):
    with ledger.read() as connection:
        for table in (RUNS, RUN_HISTORY, ACTIONS, FIRINGS):
            assert connection.execute(table.select()).all() == []
