"""A ledger's list pages by key in every order, on both databases."""

from datetime import timedelta

import pytest
from tests.store.samples import NOON, detection

from nephoscope.model.finding import Severity
from nephoscope.model.query import And, Compare, Op
from nephoscope.portal.lists.findings import LISTING
from nephoscope.store import ledger_lists
from nephoscope.store.findings import upsert_findings
from nephoscope.store.scope import Scope

ALL = Scope.everything()


@pytest.fixture
def connection(ledger):
    """Findings of which many share severity and time."""
    with ledger.write() as opened:
        found = [
            detection(str(n), NOON + timedelta(minutes=n % 3), severity=list(Severity)[n % 2 + 2]) for n in range(12)
        ]
        upsert_findings(opened, found)
        yield opened


@pytest.mark.parametrize(
    "sort", [(("severity", True), ("last_seen_at", False)), (("last_seen_at", True),), (("title", False),)]
)
def test_pages_join_without_a_hole_in_every_order(connection, sort):
    whole = ledger_lists.page(connection, LISTING, And(), ALL, NOON, sort=sort, after=None, limit=50)
    rows, after = [], None
    while part := ledger_lists.page(connection, LISTING, And(), ALL, NOON, sort=sort, after=after, limit=5):
        rows += part
        after = ledger_lists.place(LISTING, sort, part[-1])

    assert [row.uid for row in rows] == [row.uid for row in whole]
    assert len({row.uid for row in rows}) == 12


def test_a_cube_counts_combinations_and_nothing_out_of_scope(connection):
    high = Compare("severity", Op.EQUALS, "high")
    found = ledger_lists.cube(connection, LISTING, high, ALL, NOON)

    assert [(row["severity"], row["acknowledged"], count) for row, count in found] == [("high", False, 6)]
    assert ledger_lists.cube(connection, LISTING, high, Scope.of(["3"]), NOON) == []
    assert ledger_lists.count(connection, LISTING, high, ALL, NOON) == (6, True)
    assert ledger_lists.values(connection, LISTING, And(), ALL, NOON, "severity", 5) == [("high", 6), ("medium", 6)]
