from nephoscope.assess import Fail, Pass, check

SETTINGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


@check("AWS::S3::Bucket", severity="high")
def s3_bucket_blocks_public_access(bucket):
    """S3 bucket blocks public access by all four settings.

    Why: one careless policy or ACL then cannot open the bucket to everyone.
    Fix: switch on all four settings of the bucket's block public access.
    Limits: the same settings of the account, which also protect the bucket, are a check of their own.
    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html

    >>> on = dict.fromkeys(["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"], True)
    >>> s3_bucket_blocks_public_access({"PublicAccessBlockConfiguration": on})
    Pass()
    >>> s3_bucket_blocks_public_access({"PublicAccessBlockConfiguration": {**on, "IgnorePublicAcls": False}})
    Fail('IgnorePublicAcls is off')
    >>> s3_bucket_blocks_public_access({})
    Unknown('PublicAccessBlockConfiguration was not collected')
    """
    block = bucket["PublicAccessBlockConfiguration"]
    off = [setting for setting in SETTINGS if not block or not block.flag(setting, False)]
    return Fail(f"{', '.join(off)} {'is' if len(off) == 1 else 'are'} off") if off else Pass()
