from sqlalchemy import inspect

from nephoscope.store.evidence_tables import CAPTURES, CASES, CUSTODY, KEYS, MANIFESTS


def test_the_tables_are_as_their_migration_makes_them(ledger):
    with ledger.read() as connection:
        there = inspect(connection)
        for table in (CASES, CAPTURES, MANIFESTS, KEYS, CUSTODY):
            assert {each["name"] for each in there.get_columns(table.name)} == {each.name for each in table.columns}
            keys = there.get_pk_constraint(table.name)["constrained_columns"]
            assert keys == [each.name for each in table.primary_key]
