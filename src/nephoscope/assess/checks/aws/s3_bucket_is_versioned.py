from nephoscope.assess import Fail, Pass, check


@check("AWS::S3::Bucket", severity="medium")
def s3_bucket_is_versioned(bucket):
    """S3 bucket keeps old versions of its objects.

    Why: what is overwritten or deleted, by mistake or by ransomware, can then be had back.
    Fix: enable versioning.
    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html

    >>> s3_bucket_is_versioned({"VersioningConfiguration": {"Status": "Enabled"}})
    Pass()
    >>> s3_bucket_is_versioned({"VersioningConfiguration": {"Status": "Suspended"}})
    Fail('versioning is Suspended')
    >>> s3_bucket_is_versioned({})
    Fail('versioning was never enabled')
    >>> s3_bucket_is_versioned({}, {"/VersioningConfiguration": "AccessDenied"})
    Unknown('VersioningConfiguration was not collected: AccessDenied')
    """
    versioning = bucket.get("VersioningConfiguration")
    status = versioning.get("Status") if versioning else None
    if status == "Enabled":
        return Pass()
    return Fail(f"versioning is {status}" if status else "versioning was never enabled")
