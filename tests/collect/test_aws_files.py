import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from tests.collect.bucket import Bucket

from nephoscope.clouds import aws_s3
from nephoscope.collect.aws_files import announced, stamp
from nephoscope.collect.source import LogObject
from nephoscope.collect.sources.aws_cloudtrail import AwsCloudTrail
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import AccessDenied, SourceError

NOW = datetime.now(UTC)
QUEUE = "https://sqs.eu-west-1.amazonaws.com/123456789012/logs"


def key(number, *, days_ago=0, account="111111111111", region="eu-west-1", root="AWSLogs/"):
    at = NOW - timedelta(days=days_ago)
    name = f"{account}_CloudTrail_{region}_{at:%Y%m%dT%H%MZ}_{number:016d}.json.gz"
    return f"{root}{account}/CloudTrail/{region}/{at:%Y/%m/%d}/{name}"


@pytest.fixture
def bucket():
    """Two accounts of an organisation, one alone, in two regions, and what is no log."""
    bucket = Bucket()
    organisation = "AWSLogs/o-abc123/"
    for one in (
        key(1),
        key(2, region="us-east-1"),
        key(3, account="222222222222", root=organisation),
        key(4, account="333333333333", root=organisation, days_ago=1),
        key(5, days_ago=9),
        key(6).replace("CloudTrail/", "CloudTrail-Digest/").replace("_CloudTrail_", "_CloudTrail-Digest_"),
        key(7)[:-8] + ".txt",
        "AWSLogs/notes/readme",
    ):
        bucket.put(one, b"{}")
    return bucket


SOURCE = AwsCloudTrail(bucket="logs")


def found(source, bucket, seen=()):
    return [one for one in source.objects(bucket.clouds, seen) if isinstance(one, LogObject)]


def test_every_accounts_and_regions_log_files_of_the_last_days_are_found_and_nothing_else(bucket):
    numbers = sorted(int(one.uri[-24:-8]) for one in found(SOURCE, bucket))
    assert numbers == [1, 2, 3, 4]


def test_a_files_name_tells_account_region_and_hour(bucket):
    one = next(one for one in found(SOURCE, bucket) if "222222222222" in one.uri)
    assert (one.account, one.region) == ("222222222222", "eu-west-1")
    assert one.hour_at == NOW.replace(second=0, microsecond=0)
    assert one.uri.startswith("s3://logs/AWSLogs/o-abc123/")
    assert one.version


def test_files_that_arrive_late_and_out_of_name_order_are_found(bucket):
    seen = {one.key for one in found(SOURCE, bucket)}
    late = key(0, days_ago=1)
    bucket.put(late, b"{}")
    assert [one.uri for one in found(SOURCE, bucket, seen)] == [f"s3://logs/{late}"]


def test_a_file_that_was_overwritten_is_found_again(bucket):
    seen = {one.key for one in found(SOURCE, bucket)}
    bucket.put(key(1), b'{"Records":[]}')
    assert len(found(SOURCE, bucket, seen)) == 1


def test_a_prefix_that_is_denied_is_a_gap_and_the_rest_is_found(bucket):
    bucket.denied.add("AWSLogs/o-abc123/")
    everything = list(SOURCE.objects(bucket.clouds, ()))
    [gap] = [one for one in everything if isinstance(one, Gap)]
    assert (gap.permission, gap.subject) == ("s3:ListObjectsV2", "s3://logs/AWSLogs/o-abc123/")
    assert len(everything) == 3


def test_a_file_is_opened_as_it_is_stored(bucket):
    with SOURCE.open(bucket.clouds, found(SOURCE, bucket)[0]) as stream:
        assert stream.read() == b"{}"


def test_what_is_no_object_in_s3_is_refused(bucket):
    with pytest.raises(SourceError):
        SOURCE.open(bucket.clouds, LogObject("file:///etc/passwd"))


def event(*keys, bucket="logs"):
    records = [
        {"eventName": "ObjectCreated:Put", "eventTime": "2024-05-06T07:08:09Z",
         "s3": {"bucket": {"name": bucket}, "object": {"key": key, "size": 2, "eTag": "e1"}}}
        for key in keys
    ]  # fmt: skip
    return {"Records": records}


QUEUED = AwsCloudTrail(bucket="logs", queue=QUEUE)


def test_notifications_direct_through_sns_and_from_eventbridge_name_the_same_object():
    direct = event("a%20b+c")
    through_sns = {"Type": "Notification", "Message": json.dumps(direct)}
    bridge = {
        "time": "2024-05-06T07:08:09Z",
        "detail": {"bucket": {"name": "logs"}, "object": {"key": "a b c", "size": 2, "etag": "e1"}},
    }
    named = [announced(json.dumps(one)) for one in (direct, through_sns, bridge)]
    assert named[0] == named[1] == named[2]
    assert named[0][0].key == "a b c"


def test_only_the_first_look_of_a_round_waits_for_a_message():
    bucket = Bucket()
    bucket.messages["r1"] = json.dumps(event(key(1)))
    found(QUEUED, bucket)
    waits = [params["WaitTimeSeconds"] for operation, params in bucket.asked if operation == "ReceiveMessage"]
    assert waits[0] > 0
    assert waits[1:] == [0]
    assert QUEUED.is_announced


def test_a_message_is_deleted_only_when_its_objects_are_acknowledged():
    bucket = Bucket()
    bucket.messages["r1"] = json.dumps(event(key(1), key(2)))
    one, two = found(QUEUED, bucket)
    assert (one.receipt, two.receipt) == ("", "r1")
    assert "r1" in bucket.messages
    QUEUED.acknowledge(bucket.clouds, [one])
    assert "r1" in bucket.messages
    QUEUED.acknowledge(bucket.clouds, [one, two])
    assert not bucket.messages


def test_a_message_of_objects_that_were_read_is_deleted_and_gives_none():
    bucket = Bucket()
    bucket.messages["r1"] = json.dumps(event(key(1)))
    [one] = found(QUEUED, bucket)
    bucket.hidden.clear()
    assert found(QUEUED, bucket, {one.key}) == []
    assert not bucket.messages


def test_an_object_announced_twice_in_a_round_is_given_once():
    bucket = Bucket()
    bucket.messages |= {"r1": json.dumps(event(key(1))), "r2": json.dumps(event(key(1)))}
    assert len(found(QUEUED, bucket)) == 1
    assert "r2" in bucket.messages


@pytest.mark.parametrize("body", ["", "{}", "[]", '"x"', "null", '{"Records": 1}', '{"Records": [{}]}', "[" * 100_000])
def test_a_message_that_is_no_notification_is_a_gap_and_not_a_crash(body):
    bucket = Bucket()
    bucket.messages |= {"r1": body, "r2": json.dumps(event(key(1)))}
    given = list(QUEUED.objects(bucket.clouds, ()))
    assert [type(one) for one in given] == [Gap, LogObject]
    assert "r1" not in bucket.messages


@pytest.mark.parametrize("body", [{"Event": "s3:TestEvent"}, event(key(1), bucket="other"), event("x/readme")])
def test_messages_of_other_things_are_passed_over(body):
    bucket = Bucket()
    bucket.messages["r1"] = json.dumps(body)
    assert list(QUEUED.objects(bucket.clouds, ())) == []
    assert not bucket.messages


def test_a_queue_that_is_denied_is_a_gap():
    bucket = Bucket()
    bucket.denied.add("ReceiveMessage")
    [gap] = QUEUED.objects(bucket.clouds, ())
    assert (gap.subject, gap.permission) == (QUEUE, "sqs:ReceiveMessage")


def test_a_stamp_that_is_none_tells_no_hour():
    assert stamp("20241399T9999Z") is None


def test_a_place_without_log_files_says_so(bucket):
    [gap] = AwsCloudTrail(bucket="logs", prefix="nothing/AWSLogs/").objects(bucket.clouds, ())
    assert "holds no folder <account>/CloudTrail/" in gap.cause


def test_files_of_which_no_message_tells_are_the_backlog_of_a_queue(bucket):
    assert list(SOURCE.backlog(bucket.clouds, ())) == []
    waiting = AwsCloudTrail(bucket="logs", queue=QUEUE)
    assert {one.uri for one in waiting.backlog(bucket.clouds, ())} == {one.uri for one in found(SOURCE, bucket)}


def test_after_an_absence_older_files_are_found(bucket):
    assert any("0005.json" in one.uri for one in found(SOURCE.since(7), bucket))


class Trickle(Bucket):
    """A queue that always has one message more, each answered slowly."""

    def ReceiveMessage(self, **asked):
        time.sleep(0.5)
        self.asked.append(("ReceiveMessage", asked))
        number = sum(operation == "ReceiveMessage" for operation, _ in self.asked)
        return {"Messages": [{"Body": json.dumps(event(key(number))), "ReceiptHandle": str(number)}]}


def test_messages_that_never_end_do_not_keep_a_round_from_ending():
    waiting = AwsCloudTrail(bucket="logs", queue=QUEUE)

    assert 0 < len(found(waiting, Trickle())) < 20


def test_a_probe_opens_a_file_of_the_bucket_and_leaves_the_queue_as_it_was(bucket):
    bucket.messages["r1"] = "{}"
    queued = AwsCloudTrail(bucket="logs", queue=QUEUE)

    assert SOURCE.probe(bucket.clouds) is None
    assert queued.probe(bucket.clouds) is None
    assert [one for one, _ in bucket.asked].count("GetObject") == 2
    assert len(aws_s3.received(bucket, QUEUE)) == 1


def test_a_probe_says_what_keeps_the_source_from_being_read(bucket):
    assert "wrong place" in AwsCloudTrail(bucket="logs", prefix="elsewhere/").probe(bucket.clouds).cause
    for denied, source in (("GetObject", SOURCE), ("ReceiveMessage", AwsCloudTrail(bucket="logs", queue=QUEUE))):
        bucket.denied = {denied}
        with pytest.raises(AccessDenied, match=denied):
            source.probe(bucket.clouds)
    bucket.denied = {"ListObjectsV2"}
    assert SOURCE.probe(bucket.clouds).permission == "s3:ListObjectsV2"
