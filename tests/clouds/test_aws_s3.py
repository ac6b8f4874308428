import hashlib
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from moto import mock_aws

from nephoscope.clouds.aws import Aws, AwsAccount
from nephoscope.clouds.aws_s3 import (
    Locked,
    deleted,
    folders,
    has_object_lock,
    kept_digest,
    opened,
    put_locked,
    received,
    stored,
)
from nephoscope.model.errors import AccessDenied, CloudError

BUCKET = "trail-files"  # moto takes a bucket named logs for CloudWatch Logs


@pytest.fixture
def aws():
    """A simulated account with a bucket of logs that notifies a queue."""
    with mock_aws():
        aws = Aws((AwsAccount(access_key_id="AKIAEXAMPLE", secret_access_key="secret"),))
        aws.call("s3", "CreateBucket", Bucket=BUCKET)
        yield aws


@pytest.fixture
def queue(aws):
    url = aws.call("sqs", "CreateQueue", QueueName="queue")["QueueUrl"]
    arn = aws.call("sqs", "GetQueueAttributes", QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    rule = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
    aws.call("s3", "PutBucketNotificationConfiguration", Bucket=BUCKET, NotificationConfiguration=rule)
    return url


def put(aws, key, content=b"x"):
    aws.call("s3", "PutObject", Bucket=BUCKET, Key=key, Body=content, Metadata={"signature": "aa"})


def test_objects_are_listed_over_pages_and_folders_one_step_down(aws):
    for number in range(1005):
        put(aws, f"a/{number:04d}")
    put(aws, "b/c/d")
    assert len(list(stored(aws, BUCKET, "a/"))) == 1005
    assert folders(aws, BUCKET, "") == ["a/", "b/"]
    first = next(stored(aws, BUCKET, "a/"))
    assert (first.key, first.size_bytes) == ("a/0000", 1)
    assert '"' not in first.etag


def test_an_object_is_read_with_its_metadata(aws):
    put(aws, "k", b"y" * 3_000_000)
    stream, metadata = opened(aws, BUCKET, "k")
    with stream:
        assert len(stream.read()) == 3_000_000
    assert metadata == {"signature": "aa"}


def test_an_object_that_is_not_there_is_told(aws):
    with pytest.raises(CloudError, match="NoSuchKey"):
        opened(aws, BUCKET, "none")


def test_a_message_of_a_new_object_is_received_and_can_be_deleted_twice(aws, queue):
    put(aws, "AWSLogs/x")
    messages = [message for message in received(aws, queue, wait_s=0) if "s3:TestEvent" not in message.body]
    assert json.loads(messages[0].body)["Records"][0]["s3"]["object"]["key"] in ("AWSLogs/x", "AWSLogs%2Fx")
    deleted(aws, queue, [messages[0].receipt, messages[0].receipt])
    deleted(aws, queue, [messages[0].receipt])


def test_a_denied_bucket_names_the_permission(denied_s3):
    with pytest.raises(AccessDenied) as raised:
        list(stored(denied_s3, BUCKET, "", account="123456789012"))
    assert raised.value.permission == "s3:ListBucket"


def test_an_object_is_put_locked_and_says_its_digest(aws):
    aws.call("s3", "CreateBucket", Bucket="locked", ObjectLockEnabledForBucket=True)
    assert has_object_lock(aws, "locked")
    assert not has_object_lock(aws, BUCKET)
    assert kept_digest(aws, "locked", "x") is None
    digest = hashlib.sha256(b"x").hexdigest()
    locked = Locked("GOVERNANCE", datetime.now(UTC) + timedelta(days=1))
    put_locked(aws, ("locked", "x"), io.BytesIO(b"x"), {"sha256": digest, "source": "é\n"}, locked)
    assert kept_digest(aws, "locked", "x") == digest
    found = aws.call("s3", "HeadObject", Bucket="locked", Key="x")
    assert (found["ObjectLockMode"], found["Metadata"]["source"]) == ("GOVERNANCE", "??")


def test_what_cannot_be_asked_is_not_taken_for_absent(denied_s3):
    for ask in (lambda: has_object_lock(denied_s3, "b"), lambda: kept_digest(denied_s3, "b", "k")):
        with pytest.raises(CloudError):
            ask()
