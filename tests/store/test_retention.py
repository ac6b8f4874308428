"""What is kept no longer goes, what holds stays, and repeating changes nothing; on both ledgers and both lakes."""

from datetime import timedelta

import pyarrow as pa
from tests.store.samples import NOON, detection, event_rows, failed_check
from tests.store.test_items import BUCKET, HOUR, ROLE, _revision

from nephoscope.model.coverage import Gap
from nephoscope.store import retention
from nephoscope.store.events import count_events, insert_events
from nephoscope.store.findings import finding_history, get_findings, resolve_findings, upsert_findings
from nephoscope.store.gaps import close_gaps, list_gaps, record_gaps
from nephoscope.store.items import (
    current_digests,
    current_items,
    deleted_items,
    insert_revisions,
    item_history,
    items_as_of,
)
from nephoscope.store.seen import Batch, ObjectRef, Read, count_seen, finish_batch, pending_batches, record_batch

DAY = timedelta(days=1)


def months(lake, *months_ago):
    for ago in months_ago:
        rows = event_rows(3, first=10 * ago)
        at = NOON - 31 * ago * DAY
        moved = rows.set_column(0, "time", pa.array([at] * 3, pa.timestamp("ms", "UTC")))
        insert_events(lake, moved, f"month-{ago}")


def test_events_go_in_whole_months_and_no_earlier(lake):
    months(lake, 0, 1, 3, 5)
    assert sum(retention.drop_months(lake, NOON - 60 * DAY)) == 2
    assert count_events(lake) == 6  # March had begun, of it nothing goes

    assert sum(retention.drop_months(lake, NOON - 60 * DAY)) == 0
    assert sum(retention.drop_months(lake, NOON)) == 1
    assert count_events(lake) == 3


def test_superseded_revisions_go_and_what_held_then_and_holds_now_stays(lake):
    revisions = [_revision(BUCKET, hours, {"BucketName": "logs", "n": hours}) for hours in (0, 10, 20, 30)]
    insert_revisions(lake, [*revisions, _revision(ROLE, 0)], "t")
    then = [items_as_of(lake, NOON + hours * HOUR) for hours in (25, 40)]

    assert sum(retention.drop_revisions(lake, NOON + 25 * HOUR)) == 2
    assert [each.captured_at for each in item_history(lake, BUCKET.key)] == [NOON + 30 * HOUR, NOON + 20 * HOUR]
    assert [items_as_of(lake, NOON + hours * HOUR) for hours in (25, 40)] == then
    assert sum(retention.drop_revisions(lake, NOON + 25 * HOUR)) == 0

    assert sum(retention.drop_revisions(lake, NOON + 999 * HOUR)) == 1
    assert {each.item.key for each in current_items(lake)} == {BUCKET.key, ROLE.key}


def test_a_deleted_item_goes_after_its_time_and_never_seems_to_be_there_again(lake):
    gone = [_revision(BUCKET, 0), _revision(BUCKET, 10, {"n": 1}), _revision(BUCKET, 20, {"n": 1}, is_deleted=True)]
    insert_revisions(lake, gone, "t")

    assert sum(retention.drop_revisions(lake, NOON + 15 * HOUR)) == 1
    assert [each.item.key for each in deleted_items(lake)] == [BUCKET.key]
    steps = retention.drop_revisions(lake, NOON + 30 * HOUR)
    for _ in steps:
        assert current_digests(lake) == {}
    assert item_history(lake, BUCKET.key) == []


def test_an_item_that_was_deleted_and_made_again_keeps_what_it_is_now(lake):
    again = [_revision(BUCKET, 0), _revision(BUCKET, 10, is_deleted=True), _revision(BUCKET, 50, {"n": 2})]
    insert_revisions(lake, again, "t")
    list(retention.drop_revisions(lake, NOON + 30 * HOUR))

    assert [each.captured_at for each in item_history(lake, BUCKET.key)] == [NOON + 50 * HOUR]
    assert items_as_of(lake, NOON + 40 * HOUR) == []


def read(ledger, source, number):
    batch = Batch(source, (ObjectRef(f"s3://b/{number}"),))
    with ledger.write() as connection:
        finish_batch(connection, record_batch(connection, batch), [Read(batch.objects[0], 1)])


def counted(ledger, source):
    with ledger.read() as connection:
        return count_seen(connection, source)[0]


def test_objects_of_one_source_are_forgotten_in_steps_and_unfinished_batches_never(ledger):
    for number in range(5):
        read(ledger, "trail", number)
    read(ledger, "other", 1)
    with ledger.write() as connection:
        record_batch(connection, Batch("trail", (ObjectRef("s3://b/new"),)))
    later = NOON.replace(year=2100)

    assert next(retention.drop_seen(ledger, "trail", later, at_once=2)) == 2
    assert counted(ledger, "trail") == 3
    assert list(retention.drop_seen(ledger, "trail", later, at_once=2)) == [2, 1]
    assert sum(retention.drop_batches(ledger, "trail", later)) == 5
    assert (counted(ledger, "trail"), counted(ledger, "other")) == (0, 1)
    with ledger.read() as connection:
        assert len(pending_batches(connection)) == 1
    assert sum(retention.drop_seen(ledger, "other", NOON - 900 * DAY)) == 0


def test_findings_go_with_their_history_once_they_were_resolved_long_ago(ledger):
    still_open, old, recent = detection(), failed_check("old"), failed_check("recent")
    with ledger.write() as connection:
        upsert_findings(connection, [still_open, old, recent], NOON)
        resolve_findings(connection, [old.uid], "verdict is now Pass", NOON)
        resolve_findings(connection, [recent.uid], "verdict is now Pass", NOON + 9 * DAY)

    assert sum(retention.drop_findings(ledger, NOON + DAY)) == 1
    with ledger.read() as connection:
        assert set(get_findings(connection, [still_open.uid, old.uid, recent.uid])) == {still_open.uid, recent.uid}
        assert finding_history(connection, old.uid) == []
        assert len(finding_history(connection, recent.uid)) == 2


def test_gaps_go_once_they_closed_long_ago_and_open_ones_stay(ledger):
    gaps = [Gap("read", name, "denied") for name in ("open", "closed")]
    with ledger.write() as connection:
        record_gaps(connection, gaps, NOON)
        close_gaps(connection, [gaps[1].key], NOON)

    assert sum(retention.drop_gaps(ledger, NOON + DAY)) == 1
    with ledger.read() as connection:
        assert [known.gap.subject for known in list_gaps(connection, with_closed=True)] == ["open"]


def test_what_is_kept_is_counted_with_the_oldest(ledger, lake):
    with ledger.write() as connection:
        upsert_findings(connection, [detection()], NOON)
    months(lake, 0)
    with ledger.read() as connection:
        kept = retention.kept_in_ledger(connection)

    assert kept == {"log objects": (0, None), "batches": (0, None), "findings": (1, NOON)}
    assert retention.kept_in_lake(lake) == {"events": (3, NOON), "items": (0, None)}
