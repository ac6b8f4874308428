"""Events, findings and revisions for tests."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa

from nephoscope.model.finding import Actor, EventRef, Finding, Kind, ResourceRef, Severity

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def event_rows(count, account="111111111111", first=0, operation="StopLogging"):
    """Events of one account, a second apart, with ids e0, e1 …"""
    numbers = range(first, first + count)
    return pa.table(
        {
            "time": pa.array([NOON + timedelta(seconds=number) for number in numbers], pa.timestamp("ms", "UTC")),
            "metadata.uid": [f"e{number}" for number in numbers],
            "metadata.log_name": ["aws_cloudtrail"] * count,
            "cloud.account.uid": [account] * count,
            "api.operation": pa.array([operation] * count, pa.string()),
            "resource_uids": pa.array([[f"arn:{number}"] for number in numbers], pa.list_(pa.string())),
            "origin.object": ["s3://trail/file.json.gz"] * count,
            "origin.index": pa.array(list(numbers), pa.uint32()),
        }
    )


def detection(event="e1", at=NOON, **others):
    """A detection of one event."""
    values = {
        "kind": Kind.DETECTION,
        "rule": "cloudtrail_logging_stopped",
        "title": "CloudTrail logging stopped",
        "severity": Severity.HIGH,
        "subject": (event,),
        "time": at,
        "reason": "StopLogging",
        "resource": ResourceRef("AWS::CloudTrail::Trail", "main", "111111111111", "eu-west-1"),
        "actor": Actor(uid="arn:aws:iam::111111111111:user/mallory", type="IAMUser", name="mallory"),
        "events": (EventRef(event, at, "aws_cloudtrail", "s3://trail/file.json.gz", 3, "StopLogging"),),
        "tags": ("attack.t1685.002",),
    }
    return Finding(**(values | others))


def failed_check(bucket="logs", at=NOON, **others):
    """A compliance finding about a bucket."""
    values = {
        "kind": Kind.COMPLIANCE,
        "rule": "s3_bucket_blocks_public_access",
        "title": "S3 bucket blocks public access",
        "severity": Severity.MEDIUM,
        "subject": ("111111111111", "eu-west-1", "AWS::S3::Bucket", bucket),
        "time": at,
        "reason": "BlockPublicAcls is off",
        "resource": ResourceRef("AWS::S3::Bucket", bucket, "111111111111", "eu-west-1"),
    }
    return Finding(**(values | others))
