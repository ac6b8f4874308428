from nephoscope.assess import Fail, Pass, check


@check("AWS::S3::Bucket", severity="low")
def s3_bucket_is_encrypted_with_kms(bucket):
    """S3 bucket encrypts new objects with a KMS key.

    Why: a key's policy is a second lock, and its use is logged.
    Fix: set default encryption to aws:kms or aws:kms:dsse.
    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html

    >>> def bucket(algorithm):
    ...     rule = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}
    ...     return {"BucketEncryption": {"ServerSideEncryptionConfiguration": [rule]}}
    >>> s3_bucket_is_encrypted_with_kms(bucket("aws:kms"))
    Pass()
    >>> s3_bucket_is_encrypted_with_kms(bucket("AES256"))
    Fail('encrypted with AES256')
    >>> s3_bucket_is_encrypted_with_kms({})
    Unknown('BucketEncryption was not collected')
    """
    encryption = bucket["BucketEncryption"]
    rules = encryption["ServerSideEncryptionConfiguration"] if encryption else ()
    defaults = [rule["ServerSideEncryptionByDefault"] for rule in rules if "ServerSideEncryptionByDefault" in rule]
    algorithms = [default["SSEAlgorithm"] for default in defaults]
    if algorithms and all(algorithm.startswith("aws:kms") for algorithm in algorithms):
        return Pass()
    return Fail(f"encrypted with {', '.join(algorithms)}" if algorithms else "no default encryption is set")
