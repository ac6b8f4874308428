from datetime import UTC, datetime

from sqlalchemy import select

from nephoscope.model.query import Compare, Op, Word
from nephoscope.portal.lists.findings import COLUMNS, FIELDS
from nephoscope.store.query_ledger import condition, escaped
from nephoscope.store.tables import FINDINGS

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def test_values_are_bound_and_wildcards_of_values_are_taken_literally():
    wanted = condition(Compare("title", Op.CONTAINS, "50%_\\'; --"), FIELDS, COLUMNS, FINDINGS.c.search, NOW)
    compiled = select(FINDINGS.c.uid).where(wanted).compile()

    assert "--" not in str(compiled)
    assert "%50\\%\\_\\\\'; --%" in compiled.params.values()
    assert escaped("\x00") == "\N{SYMBOL FOR NULL}"


def test_words_are_looked_for_in_the_column_of_words(ledger):
    wanted = condition(Word("x"), FIELDS, COLUMNS, FINDINGS.c.search, NOW)

    with ledger.read() as connection:
        assert connection.execute(select(FINDINGS.c.uid).where(wanted)).all() == []
