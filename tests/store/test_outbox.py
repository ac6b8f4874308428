import pytest
from tests.store.samples import NOON, detection

from nephoscope.store.findings import resolve_findings, upsert_findings
from nephoscope.store.outbox import PARCEL, SINKS, drain_outbox, put_changes, waiting_changes


@pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)
def test_every_revision_reaches_the_lake_once(ledger, lake):
    with ledger.write() as connection:
        upsert_findings(connection, [detection("e1"), detection("e2")], NOON)
        resolve_findings(connection, [detection("e1").uid], "gone", NOON)
        assert waiting_changes(connection) == 3
    assert drain_outbox(ledger, lake) == 3
    assert drain_outbox(ledger, lake) == 0
    rows = lake.rows("SELECT uid, revision, status FROM finding_changes")
    assert {tuple(row.values()) for row in rows} == {
        (detection("e1").uid, 1, "open"),
        (detection("e1").uid, 2, "resolved"),
        (detection("e2").uid, 1, "open"),
    }


@pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)
def test_changes_carried_twice_are_there_once(ledger, lake):
    with ledger.write() as connection:
        upsert_findings(connection, [detection()], NOON)
        before = connection.exec_driver_sql("SELECT sink, key, body, changes, made_at FROM outbox").all()
    drain_outbox(ledger, lake)
    with ledger.write() as connection:
        for row in before:
            connection.exec_driver_sql("INSERT INTO outbox VALUES (?, ?, ?, ?, ?)", tuple(row))
    assert drain_outbox(ledger, lake) == 1
    assert len(lake.rows("SELECT * FROM finding_changes")) == 1


def test_many_changes_take_few_rows(ledger):
    with ledger.write() as connection:
        put_changes(connection, "verdict_changes", [{"n": number} for number in range(PARCEL * 2 + 1)])
        assert connection.exec_driver_sql("SELECT count(*) FROM outbox").scalar() == 3
        assert waiting_changes(connection) == PARCEL * 2 + 1


@pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)
def test_a_change_is_not_carried_when_its_transaction_failed(ledger, lake):
    def decide_and_fail():
        with ledger.write() as connection:
            upsert_findings(connection, [detection()], NOON)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        decide_and_fail()
    assert drain_outbox(ledger, lake) == 0


def test_the_sinks_are_the_lakes_tables(lake):
    for sink, columns in SINKS.items():
        found = lake.rows("SELECT name FROM system.columns WHERE table = {sink:String}", {"sink": sink})
        assert {row["name"] for row in found} == set(columns.split())
