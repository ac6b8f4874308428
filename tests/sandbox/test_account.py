"""A running sandbox delivers by itself."""

import time

from nephoscope.sandbox.control import start
from nephoscope.sandbox.pace import Pace
from tests.sandbox.conftest import Clients


def test_logs_and_digests_come_without_being_asked_for(tmp_path):
    with start(tmp_path, pace=Pace(0.2, 1.5, 3600)) as sandbox:
        clients = Clients(sandbox)
        s3, cloudtrail = clients("s3"), clients("cloudtrail")
        s3.create_bucket(Bucket="logs")
        cloudtrail.create_trail(Name="main", S3BucketName="logs", EnableLogFileValidation=True)
        cloudtrail.start_logging(Name="main")
        for _ in range(100):
            keys = [one["Key"] for one in s3.list_objects_v2(Bucket="logs").get("Contents", [])]
            if any("CloudTrail-Digest" in key for key in keys) and any("/CloudTrail/" in key for key in keys):
                break
            time.sleep(0.1)
        assert any("CloudTrail-Digest" in key for key in keys)
        assert any("/CloudTrail/" in key for key in keys)


def test_a_bucket_that_is_gone_is_a_failure_that_is_shown(tmp_path):
    with start(tmp_path, pace=Pace(3600, 3600, 3600)) as sandbox:
        clients = Clients(sandbox)
        clients("s3").create_bucket(Bucket="logs")
        cloudtrail = clients("cloudtrail")
        arn = cloudtrail.create_trail(Name="main", S3BucketName="logs")["TrailARN"]
        cloudtrail.start_logging(Name="main")
        clients("s3").delete_bucket(Bucket="logs")

        sandbox.steer("deliver")
        assert "NoSuchBucket" in sandbox.steer("health")["failures"][arn]

        clients("s3").create_bucket(Bucket="logs")
        sandbox.steer("deliver")
        assert sandbox.steer("health")["failures"] == {}
        assert clients("s3").list_objects_v2(Bucket="logs")["KeyCount"] == 1


def test_digests_that_were_due_while_it_stood_still_are_there_at_once(tmp_path):
    def digests(clients):
        keys = [one["Key"] for one in clients("s3").list_objects_v2(Bucket="logs").get("Contents", [])]
        return [key for key in keys if "CloudTrail-Digest/us-east-1/" in key]

    with start(tmp_path, pace=Pace(3600, 3600, 3600)) as sandbox:
        clients = Clients(sandbox)
        clients("s3").create_bucket(Bucket="logs")
        clients("cloudtrail").create_trail(Name="main", S3BucketName="logs", EnableLogFileValidation=True)
        clients("cloudtrail").start_logging(Name="main")
        time.sleep(1.1)  # a digest covers a second at least
        assert digests(clients) == []

    with start(tmp_path, pace=Pace(3600, 3600, 3600)) as sandbox:
        assert len(digests(Clients(sandbox))) == 1
