from datetime import UTC, datetime, timedelta

from tests.store.samples import failed_check

from nephoscope.model.coverage import Gap
from nephoscope.store.feed import changes_after, first_number, forget_before, last_number, place_of, put_place, tell
from nephoscope.store.findings import resolve_findings, upsert_findings
from nephoscope.store.gaps import close_gaps, close_others, record_gaps

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def told(ledger, *topics):
    with ledger.read() as connection:
        return [(change.topic, change.key) for change in changes_after(connection, 0, topics)]


def test_numbers_rise_without_holes_and_a_transaction_that_fails_takes_none(ledger):
    with ledger.write() as connection:
        tell(connection, "run", [("a", {}), ("b", {})])
    try:
        with ledger.write() as connection:
            tell(connection, "run", [("lost", {})])
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    with ledger.write() as connection:
        tell(connection, "finding", [("c", {"severity": "high"})])
    with ledger.read() as connection:
        found = changes_after(connection, 1)
        assert last_number(connection) == 3
    assert [(each.number, each.topic, each.key) for each in found] == [(2, "run", "b"), (3, "finding", "c")]
    assert found[1].body == {"severity": "high"}


def test_a_finding_is_told_when_found_and_when_resolved_and_not_when_nothing_is_new(ledger):
    one = failed_check()
    with ledger.write() as connection:
        upsert_findings(connection, [one])
        upsert_findings(connection, [one])
        resolve_findings(connection, [one.uid], "it is gone")
    with ledger.read() as connection:
        found = changes_after(connection, 0, ["finding"])
    assert [(each.key, each.body["status"]) for each in found] == [(one.uid, "open"), (one.uid, "resolved")]


def test_a_gap_is_told_when_it_opens_and_when_it_closes_and_not_when_it_lasts(ledger):
    gap, other = Gap("source", "trail", "denied", "1"), Gap("source", "flow", "denied", "1")
    with ledger.write() as connection:
        record_gaps(connection, [gap, other])
        record_gaps(connection, [gap])
        close_gaps(connection, [gap.key])
        close_gaps(connection, [gap.key])
        close_others(connection, "source", "1", [])
        record_gaps(connection, [gap])
    with ledger.read() as connection:
        found = changes_after(connection, 0, ["coverage"])
    assert [(each.body["subject"], each.body["state"]) for each in found] == [
        ("trail", "open"),
        ("flow", "open"),
        ("trail", "closed"),
        ("flow", "closed"),
        ("trail", "open"),
    ]


def test_what_a_reader_has_not_read_is_not_forgotten(ledger):
    with ledger.write() as connection:
        tell(connection, "run", [(str(number), {}) for number in range(5)])
        put_place(connection, "fast", 5)
        put_place(connection, "slow", 2)
        later = datetime.now(UTC) + timedelta(minutes=1)
        assert forget_before(connection, NOW - timedelta(days=9000), ["fast"]) == 0
        assert forget_before(connection, later, ["fast", "slow"]) == 2
        assert (first_number(connection), place_of(connection, "slow")) == (3, 2)
        assert forget_before(connection, later, ["fast"]) == 3
        assert first_number(connection) == 6
    assert told(ledger) == []
