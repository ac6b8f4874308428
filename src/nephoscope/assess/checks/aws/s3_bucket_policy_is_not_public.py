from nephoscope.assess import Fail, Pass, check
from nephoscope.assess.policy_document import public_attached


@check("AWS::S3::Bucket", "AWS::S3::BucketPolicy", severity="critical")
def s3_bucket_policy_is_not_public(bucket):
    """S3 bucket's policy gives nothing to everyone.

    Why: anyone on the internet can then read, list or write what the policy allows.
    Fix: name the principals, or narrow the statement by organisation, account, VPC or address; switch on
        RestrictPublicBuckets.
    Limits: Deny statements are not counted against what another statement allows, as AWS does not either.
    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html

    >>> everyone = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
    >>> ours = {**everyone, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abc"}}}
    >>> s3_bucket_policy_is_not_public({"BucketPolicy": {"PolicyDocument": {"Statement": [ours]}}})
    Pass()
    >>> open_policy = {"PolicyDocument": {"Statement": [everyone]}}
    >>> s3_bucket_policy_is_not_public({"BucketPolicy": open_policy, "PublicAccessBlockConfiguration": {}})
    Fail('everyone may s3:GetObject')
    >>> s3_bucket_policy_is_not_public({"BucketPolicy": open_policy})
    Unknown('PublicAccessBlockConfiguration was not collected')
    """
    public = public_attached(bucket, "BucketPolicy")
    return Fail(f"everyone may {public}") if public and not is_restricted(bucket) else Pass()


def is_restricted(bucket):
    """Whether the bucket's block of public access takes the policy's effect away; a policy alone has none."""
    block = None if "PolicyDocument" in bucket else bucket["PublicAccessBlockConfiguration"]
    return bool(block) and block.flag("RestrictPublicBuckets", False)
