from nephoscope.assess import Fail, Pass, check


@check("AWS::S3::Bucket", severity="medium")
def s3_bucket_has_default_encryption(bucket):
    """S3 bucket encrypts new objects by default.

    Why: an object that is uploaded without a word about encryption would lie open on the storage.
    Fix: set the bucket's default encryption.
    Limits: since January 2023 AWS encrypts with its own keys where nothing is set.
    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html

    >>> rule = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    >>> s3_bucket_has_default_encryption({"BucketEncryption": {"ServerSideEncryptionConfiguration": [rule]}})
    Pass()
    >>> s3_bucket_has_default_encryption({"BucketEncryption": None})
    Fail('no default encryption is set')
    >>> s3_bucket_has_default_encryption({})
    Unknown('BucketEncryption was not collected')
    """
    encryption = bucket["BucketEncryption"]
    rules = encryption["ServerSideEncryptionConfiguration"] if encryption else ()
    if any(rule.get("ServerSideEncryptionByDefault", {}).get("SSEAlgorithm") for rule in rules):
        return Pass()
    return Fail("no default encryption is set")
