from sqlalchemy import inspect

from nephoscope.store import portal_tables
from nephoscope.store.tables import FINDINGS


def test_tables_have_the_columns_that_their_migration_makes(ledger):
    tables = [table for name, table in vars(portal_tables).items() if name.isupper()]
    with ledger.read() as connection:
        found = inspect(connection)
        for table in [*tables, FINDINGS]:
            made = {column["name"] for column in found.get_columns(table.name)}
            assert made == {column.name for column in table.columns}, table.name
            keys = found.get_pk_constraint(table.name)["constrained_columns"]
            assert set(keys) == {column.name for column in table.primary_key}
