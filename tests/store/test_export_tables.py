import pytest
from sqlalchemy import inspect

from nephoscope.store.export_tables import ACKNOWLEDGEMENTS, DELIVERIES


@pytest.mark.parametrize("table", [ACKNOWLEDGEMENTS, DELIVERIES], ids=lambda table: table.name)
def test_a_table_is_as_its_migration_makes_it(ledger, table):
    with ledger.read() as connection:
        found = inspect(connection)
        columns = [column["name"] for column in found.get_columns(table.name)]
        keys = found.get_pk_constraint(table.name)["constrained_columns"]

    assert columns == [column.name for column in table.columns]
    assert keys == [column.name for column in table.primary_key]
