import re

from nephoscope.assess import Fail, Pass, check
from nephoscope.assess.policy_document import attached_document, settled, statements

ALL_OBJECTS = re.compile(r"(arn:[^:]+:s3:::)?([^/:]+/)?\*")


@check("AWS::S3::Bucket", "AWS::S3::BucketPolicy", severity="medium")
def s3_bucket_requires_tls(bucket):
    """S3 bucket refuses requests that are not made over TLS.

    Why: over plain HTTP whoever sits in between reads and changes objects.
    Fix: deny s3:* to everyone on the bucket and its objects where aws:SecureTransport is false.
    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html

    >>> deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*",
    ...         "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
    ...         "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    >>> s3_bucket_requires_tls({"BucketPolicy": {"PolicyDocument": {"Statement": [deny]}}})
    Pass()
    >>> s3_bucket_requires_tls({"BucketPolicy": {"PolicyDocument": {"Statement": [{**deny, "Action": "s3:Put*"}]}}})
    Fail('no statement denies everyone every request without TLS')
    >>> s3_bucket_requires_tls({"BucketPolicy": None})
    Fail('the bucket has no policy')
    >>> s3_bucket_requires_tls({})
    Unknown('BucketPolicy was not collected')
    """
    document = attached_document(bucket, "BucketPolicy")
    if document is None:
        return Fail("the bucket has no policy")
    if any(denies_plain_http(statement) for statement in statements(document)):
        return Pass()
    return Fail("no statement denies everyone every request without TLS")


def denies_plain_http(statement):
    return (
        not statement.is_allow
        and any(value == "*" for _, value in statement.principals())
        and any(action in ("*", "s3:*") for action in statement.texts("Action"))
        and [is_without_tls(*condition) for condition in statement.conditions()] == [True]
        and any(ALL_OBJECTS.fullmatch(settled(resource)) for resource in statement.texts("Resource"))
    )


def is_without_tls(operator, key, values):
    return (
        operator.lower() in ("bool", "boolifexists")
        and key.lower() == "aws:securetransport"
        and [value.lower() for value in values] == ["false"]
    )
