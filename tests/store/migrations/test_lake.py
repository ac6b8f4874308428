import pytest

from nephoscope.store.migrations.lake import APPLIED, EVENTS, ITEMS, MIGRATIONS, add_column, create, statements

ALL = [APPLIED, *(table for migration in MIGRATIONS for table in migration.tables)]


def test_migrations_are_numbered_without_a_hole():
    assert [migration.number for migration in MIGRATIONS] == list(range(1, len(MIGRATIONS) + 1))


@pytest.mark.parametrize("cluster", ["", "lake"])
def test_every_statement_may_be_repeated_and_takes_nothing_away(cluster):
    for migration in MIGRATIONS:
        for statement in statements(migration, cluster):
            sets = " MODIFY SETTING " in statement
            assert sets or " IF NOT EXISTS " in statement
            assert not {"DROP", "RENAME", "TRUNCATE", "COLUMN" if sets else "MODIFY"} & set(statement.split())


def test_how_a_table_is_kept_is_set_where_the_rows_lie():
    [migration] = [each for each in MIGRATIONS if each.settings]
    assert all(each.startswith("ALTER TABLE events MODIFY ") for each in statements(migration, ""))
    assert all(each.startswith("ALTER TABLE events_local MODIFY ") for each in statements(migration, "lake"))


def test_only_the_engine_differs_on_a_cluster():
    [alone] = create(EVENTS, "")
    local, distributed = create(EVENTS, "lake")
    assert local == alone.replace("EXISTS events ", "EXISTS events_local ")
    assert "Distributed('lake', currentDatabase(), events_local, cityHash64(`cloud.account.uid`))" in distributed
    assert len(list(add_column(ITEMS, "x", "String", "lake"))) == 2


@pytest.mark.parametrize("table", ALL, ids=lambda table: table.name)
def test_what_keys_and_places_a_row_is_a_column(table):
    columns = {name for name, _ in table.columns}
    assert {*table.key, table.shard, table.month or table.shard, table.version or table.shard} <= columns
