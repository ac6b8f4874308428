from datetime import UTC, datetime, timedelta

from nephoscope.store.watched import begin_watching, is_watched, was_there, watch_from

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
BUCKET, ROLE = "AWS::S3::Bucket", "AWS::IAM::Role"


def test_what_was_there_before_the_first_whole_pass_is_not_new(ledger):
    with ledger.write() as connection:
        begin_watching(connection, "1", [BUCKET, ROLE], [])
        assert was_there(connection, "1", BUCKET, NOON)
        watch_from(connection, "1", [BUCKET], NOON)
        assert was_there(connection, "1", BUCKET, NOON)
        assert not was_there(connection, "1", BUCKET, NOON + timedelta(seconds=1))
        assert was_there(connection, "1", ROLE, NOON + timedelta(days=1)), "it could not be read yet"
        assert not was_there(connection, "1", "host", NOON), "no pass reads it"
        assert not was_there(connection, "2", BUCKET, NOON)
        told = [is_watched(connection, *each) for each in (("1", BUCKET), ("1", ROLE), ("2", BUCKET))]
        assert told == [True, False, False]


def test_a_later_pass_moves_nothing_and_what_is_on_record_is_watched_already(ledger):
    with ledger.write() as connection:
        begin_watching(connection, "1", [BUCKET], [BUCKET])
        assert not was_there(connection, "1", BUCKET, NOON)
        begin_watching(connection, "1", [BUCKET, ROLE], [])
        watch_from(connection, "1", [BUCKET, ROLE], NOON)
        watch_from(connection, "1", [BUCKET, ROLE], NOON + timedelta(days=1))
        assert not was_there(connection, "1", ROLE, NOON + timedelta(hours=1))
