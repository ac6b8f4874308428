from nephoscope.store.schedule_tables import SCHEDULE_JOBS, SCHEDULE_RUNS, SCHEDULES


def test_the_tables_are_those_that_migrations_make(ledger):
    with ledger.read() as connection:
        for table in (SCHEDULES, SCHEDULE_RUNS, SCHEDULE_JOBS):
            assert connection.execute(table.select()).all() == []
