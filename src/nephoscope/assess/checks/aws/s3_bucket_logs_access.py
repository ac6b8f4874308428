from collections.abc import Mapping

from nephoscope.assess import Fail, Pass, check


@check("AWS::S3::Bucket", severity="medium")
def s3_bucket_logs_access(bucket):
    """S3 bucket logs who accesses it.

    Why: without it nobody can say afterwards which objects were read, and by whom.
    Fix: enable server access logging to another bucket.
    Limits: CloudTrail data events record accesses too; they are a check of the trail.
    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html

    >>> s3_bucket_logs_access({"LoggingConfiguration": {"DestinationBucketName": "logs"}})
    Pass()
    >>> s3_bucket_logs_access({})
    Fail('server access logging is off')
    >>> s3_bucket_logs_access({}, {"/LoggingConfiguration": "AccessDenied"})
    Unknown('LoggingConfiguration was not collected: AccessDenied')
    """
    logging = bucket.get("LoggingConfiguration")
    return Pass() if isinstance(logging, Mapping) and logging else Fail("server access logging is off")
