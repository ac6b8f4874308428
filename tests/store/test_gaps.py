from datetime import timedelta

from tests.store.samples import NOON

from nephoscope.model.coverage import Gap
from nephoscope.store.gaps import close_gaps, close_others, count_gaps, list_gaps, record_gaps

LATER = NOON + timedelta(hours=1)
DENIED = Gap("read", "AWS::S3::Bucket", "GetBucketPolicy answered AccessDenied", "1", "eu-west-1", "s3:GetBucketPolicy")
CORRUPT = Gap("object", "s3://trail/x.gz", "is no gzip file")


def test_a_gap_keeps_since_when_last_and_how_often(ledger):
    with ledger.write() as connection:
        record_gaps(connection, [DENIED, DENIED, CORRUPT], NOON)
        record_gaps(connection, [DENIED], LATER)
        [denied, corrupt] = list_gaps(connection)
        assert (denied.gap, denied.since, denied.last_at, denied.times) == (DENIED, NOON, LATER, 3)
        assert (corrupt.gap, corrupt.times) == (CORRUPT, 1)
        assert count_gaps(connection) == {"object": 1, "read": 1}
        assert [each.gap for each in list_gaps(connection, area="object")] == [CORRUPT]


def test_a_gap_closes_when_it_is_seen_again_and_begins_anew_when_it_returns(ledger):
    with ledger.write() as connection:
        record_gaps(connection, [DENIED], NOON)
        assert close_gaps(connection, [DENIED.key, CORRUPT.key], LATER) == 1
        assert list_gaps(connection) == []
        [closed] = list_gaps(connection, with_closed=True)
        assert closed.closed_at == LATER
        record_gaps(connection, [DENIED], LATER)
        [again] = list_gaps(connection)
        assert (again.since, again.times) == (LATER, 1)


def test_a_full_pass_closes_what_it_no_longer_met(ledger):
    other = Gap("read", "AWS::KMS::Key", "denied", "1")
    elsewhere = Gap("read", "AWS::KMS::Key", "denied", "2")
    with ledger.write() as connection:
        record_gaps(connection, [DENIED, other, elsewhere, CORRUPT], NOON)
        assert close_others(connection, "read", "1", [other]) == 1
        assert {each.gap for each in list_gaps(connection)} == {other, elsewhere, CORRUPT}


def test_a_subject_of_any_length_is_kept(ledger):
    gap = Gap("record", "\x00\ud800" + "x" * 100_000, "is " + "y" * 100_000)
    with ledger.write() as connection:
        record_gaps(connection, [gap], NOON)
        record_gaps(connection, [gap], LATER)
        [found] = list_gaps(connection)
    assert found.times == 2
