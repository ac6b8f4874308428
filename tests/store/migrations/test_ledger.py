import re

from nephoscope.store.ledger import open_ledger
from nephoscope.store.migrations.ledger import MIGRATIONS


def test_migrations_are_numbered_in_order():
    numbers = [number for number, _, _ in MIGRATIONS]
    assert numbers == sorted(set(numbers))


def test_migrations_only_add():
    for _, _, statements in MIGRATIONS:
        for statement in filter(None, map(str.strip, statements.split(";"))):
            assert re.match(r"CREATE (TABLE|INDEX)|ALTER TABLE \w+ ADD COLUMN", statement)


def test_a_migration_is_applied_once_and_recorded(ledger_url):
    for _ in range(2):
        with open_ledger(ledger_url) as ledger, ledger.read() as connection:
            found = connection.exec_driver_sql("SELECT number, name FROM migrations ORDER BY number").all()
            assert [tuple(row) for row in found] == [(number, name) for number, name, _ in MIGRATIONS]
