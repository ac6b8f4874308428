"""The audit log's chain shows whatever was done to it, on both databases."""

import pytest
from tests.store.samples import NOON

from nephoscope.store.audit import Entry, record, verify


@pytest.fixture
def kept(ledger):
    """A log of five rows."""
    with ledger.write() as connection:
        for number in range(5):
            record(
                connection, Entry("u", "Ada\x00\ud800", "session", "::1", f"do {number}", detail={"n": number}), NOON
            )
    return ledger


def verified(ledger):
    with ledger.read() as connection:
        return verify(connection)


def test_a_log_that_nobody_touched_is_whole(kept):
    chain = verified(kept)

    assert (chain.is_whole, chain.rows, len(chain.head)) == (True, 5, 64)


@pytest.mark.parametrize(
    ("statement", "broken_at"),
    [
        ("UPDATE portal_audit SET action = 'x' WHERE number = 3", 3),
        ("UPDATE portal_audit SET at = at + 1 WHERE number = 2", 2),
        ("UPDATE portal_audit SET hash = 'x' WHERE number = 5", 5),
        ("DELETE FROM portal_audit WHERE number = 3", 3),
        ("DELETE FROM portal_audit WHERE number = 5", 5),
        ("DELETE FROM portal_audit", 1),
        ("UPDATE portal_audit SET number = 7 WHERE number = 5", 5),
    ],
)
def test_what_was_changed_or_removed_is_named(kept, statement, broken_at):
    with kept.write() as connection:
        connection.exec_driver_sql(statement)

    assert verified(kept).broken_at == broken_at


def test_an_empty_log_is_whole(ledger):
    assert verified(ledger).is_whole
