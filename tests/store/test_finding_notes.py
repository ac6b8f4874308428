from sqlalchemy import select
from tests.store.samples import NOON, failed_check

from nephoscope.store.feed import changes_after
from nephoscope.store.finding_notes import acknowledge, add_note, notes_of, unacknowledge
from nephoscope.store.findings import upsert_findings
from nephoscope.store.tables import FINDINGS


def test_what_people_say_is_kept_in_order_and_told(ledger):
    one, two = failed_check(), failed_check("other", subject=("o",))
    with ledger.write() as connection:
        upsert_findings(connection, [one, two])
        acknowledge(connection, [one.uid, two.uid], "Ada", "ours", NOON)
        unacknowledge(connection, [two.uid], "Ada", "", NOON)
        add_note(connection, one.uid, "Vic", "looked", NOON.replace(hour=13))
        kept = dict(connection.execute(select(FINDINGS.c.uid, FINDINGS.c.acknowledged_by)).all())
        notes = [(note.kind, note.by, note.text) for note in notes_of(connection, one.uid)]
        told = [change.body for change in changes_after(connection, 0) if "note" in change.body]

    assert kept == {one.uid: "Ada", two.uid: ""}
    assert notes == [("acknowledged", "Ada", "ours"), ("note", "Vic", "looked")]
    assert {body["account"] for body in told} == {"111111111111"}
    assert len(told) == 4


def test_nobody_is_asked_about_nothing(ledger):
    with ledger.write() as connection:
        acknowledge(connection, [], "Ada", "", NOON)
        assert changes_after(connection, 0) == []
