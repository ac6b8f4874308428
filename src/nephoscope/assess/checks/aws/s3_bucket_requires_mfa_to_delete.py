from nephoscope.assess import Fail, Pass, check


@check("AWS::S3::Bucket", severity="low")
def s3_bucket_requires_mfa_to_delete(bucket):
    """S3 bucket asks for MFA before a version is deleted for good.

    Why: a leaked credential alone then cannot destroy what versioning keeps.
    Fix: as root, enable MFA delete together with versioning.
    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiFactorAuthenticationDelete.html

    >>> s3_bucket_requires_mfa_to_delete({"MfaDelete": "Enabled"})
    Pass()
    >>> s3_bucket_requires_mfa_to_delete({"MfaDelete": "Disabled"})
    Fail('MFA delete is off')
    >>> s3_bucket_requires_mfa_to_delete({})
    Unknown('MfaDelete was not collected')
    """
    return Pass() if bucket["MfaDelete"] == "Enabled" else Fail("MFA delete is off")
