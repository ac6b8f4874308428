import pytest

from nephoscope.store.migrations.lake import APPLIED, EVENTS, ITEMS, MIGRATIONS, add_column, create, statements

ALL = [APPLIED, *(table for migration in MIGRATIONS for table in migration.tables)]


def test_migrations_are_numbered_without_a_hole():
    assert [migration.number for migration in MIGRATIONS] == list(range(1, len(MIGRATIONS) + 1))


@pytest.mark.parametrize("cluster", ["", "lake"])
def test_every_statement_may_be_repeated_and_takes_nothing_away(cluster):
    for migration in MIGRATIONS:
        for statement in statements(migration, cluster):
            assert " IF NOT EXISTS " in statement
            assert not {"DROP", "RENAME", "MODIFY", "TRUNCATE"} & set(statement.split())


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
