"""One statement must allow and name everyone: gathered fields of a policy cannot say that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nephoscope.detect.python_rules import rule

if TYPE_CHECKING:
    from nephoscope.detect.python_rules import Event, History


@rule(
    product="aws",
    service="cloudtrail",
    level="high",
    when={"eventSource": "s3.amazonaws.com", "eventName": "PutBucketPolicy"},
    tags=("attack.exfiltration", "attack.collection", "attack.t1530"),
)
def s3_bucket_policy_opened_to_everyone(event: Event, history: History) -> bool | str:
    """S3 bucket policy allows everyone.

    Why: anyone on the internet can do what the statement allows, unless a public access block stands before it.
    False positives: a bucket that serves a public web site.
    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html

    >>> everyone = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:GetObject"}
    >>> tls = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Condition": {"Bool": {}}}
    >>> put = {"bucketName": "payroll", "bucketPolicy": {"Statement": [tls, everyone]}}
    >>> s3_bucket_policy_opened_to_everyone({"requestParameters": put})
    'payroll: s3:GetObject'
    >>> s3_bucket_policy_opened_to_everyone({"requestParameters": put | {"bucketPolicy": {"Statement": [tls]}}})
    False
    >>> s3_bucket_policy_opened_to_everyone({"requestParameters": put, "errorCode": "AccessDenied"})
    False
    """
    if event["errorCode"]:
        return False
    opened = [one for one in _listed(event["requestParameters.bucketPolicy.Statement"]) if _allows_everyone(one)]
    actions = sorted({str(action) for one in opened for action in _listed(one.get("Action", "all but some"))})
    return f"{event['requestParameters.bucketName']}: {', '.join(actions)}" if opened else False


def _allows_everyone(statement: Any) -> bool:
    if not isinstance(statement, dict) or statement.get("Effect") != "Allow" or statement.get("Condition"):
        return False
    principal = statement.get("Principal")
    return "*" in _listed(principal.get("AWS") if isinstance(principal, dict) else principal)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
