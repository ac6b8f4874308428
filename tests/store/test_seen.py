from dataclasses import replace
from datetime import timedelta

from tests.store.samples import NOON

from nephoscope.store.ledger import open_ledger
from nephoscope.store.seen import (
    Batch,
    ObjectRef,
    Read,
    Seen,
    count_seen,
    drop_batch,
    finish_batch,
    mark_seen,
    pending_batches,
    record_batch,
    seen_object,
    seen_objects,
    seen_since,
)

FOLDER = "s3://trail/AWSLogs/111111111111/CloudTrail/eu-west-1/2026/05/01"


def _object(number, hour_at=NOON):
    return ObjectRef(f"{FOLDER}/{number}.json.gz", f"etag{number}", 10, "111111111111", "eu-west-1", hour_at, NOON)


BATCH = Batch("prod_trail", (_object(1), _object(2)))
READS = [Read(_object(1), 100, 0, "a" * 64), Read(_object(2), 50, 3, "b" * 64)]


def test_a_batch_is_named_by_what_it_lists():
    assert BATCH.id == Batch("prod_trail", (_object(1), _object(2))).id
    assert BATCH.id != replace(BATCH, source="other").id
    assert BATCH.id != replace(BATCH, objects=BATCH.objects[:1]).id


def test_a_batch_that_a_crash_interrupted_comes_back_with_the_same_list(ledger_url):
    with open_ledger(ledger_url) as ledger, ledger.write() as connection:
        record_batch(connection, BATCH)
        record_batch(connection, BATCH)
    with open_ledger(ledger_url) as ledger:
        with ledger.read() as connection:
            assert pending_batches(connection) == [BATCH]
            assert pending_batches(connection, "other") == []
        with ledger.write() as connection:
            finish_batch(connection, BATCH, READS)
            assert pending_batches(connection) == []


def test_a_list_brought_again_after_it_was_done_is_another_batch(ledger):
    with ledger.write() as connection:
        assert record_batch(connection, BATCH) == BATCH
        assert record_batch(connection, BATCH) == BATCH
        finish_batch(connection, BATCH, READS[:1])
        again = record_batch(connection, BATCH)
        assert again.id != BATCH.id
        assert pending_batches(connection) == [again]
        finish_batch(connection, again, READS[1:])
        assert record_batch(connection, BATCH).id not in (BATCH.id, again.id)


def test_a_batch_of_which_nothing_was_read_can_be_dropped(ledger):
    with ledger.write() as connection:
        record_batch(connection, BATCH)
        drop_batch(connection, BATCH)
        assert pending_batches(connection) == []


def test_what_was_read_is_seen_and_nothing_else(ledger):
    seen = Seen(ledger, "prod_trail")
    assert (_object(1).uri, "etag1") not in seen
    with ledger.write() as connection:
        finish_batch(connection, BATCH, READS)
    assert (_object(1).uri, "etag1") in seen
    assert (_object(2).uri, "etag2") in Seen(ledger, "prod_trail")
    assert (_object(1).uri, "changed") not in seen
    assert (_object(1).uri, "etag1") not in Seen(ledger, "other_trail")


def test_objects_of_an_hour_are_listed_for_comparison_with_a_digest(ledger):
    with ledger.write() as connection:
        finish_batch(connection, BATCH, READS)
        mark_seen(connection, "prod_trail", [Read(_object(3, NOON + timedelta(hours=1)), 1)])
        mark_seen(connection, "prod_trail", [READS[0]])
    with ledger.read() as connection:
        found = seen_objects(connection, "prod_trail", "111111111111", "eu-west-1", NOON, NOON + timedelta(hours=1))
        assert [(read.object.uri, read.sha256[0], read.records) for read in found] == [
            (_object(1).uri, "a", 100),
            (_object(2).uri, "b", 50),
        ]
        later = seen_since(connection, "prod_trail", NOON + timedelta(hours=1))
        assert [read.object.uri for read in later] == [_object(3).uri]
        assert [read.object.version for read in seen_object(connection, "prod_trail", _object(3).uri)] == ["etag3"]
        assert count_seen(connection, "prod_trail") == (3, 151, 3)
        assert count_seen(connection, "other") == (0, 0, 0)


def test_a_name_of_any_length_and_content_is_kept(ledger):
    hostile = ObjectRef("s3://b/" + "\u4e16/" * 5_000 + "\x00'; DROP TABLE seen; --", "\ud800")
    with ledger.write() as connection:
        mark_seen(connection, "prod_trail", [Read(hostile, 1)])
    assert (hostile.uri, hostile.version) in Seen(ledger, "prod_trail")
