from nephoscope.assess import Fail, Pass, check

SETTINGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


@check("AWS::S3::AccountPublicAccessBlock", severity="high")
def s3_account_blocks_public_access(account):
    """AWS account blocks public access to S3 by all four settings.

    Why: it holds for every bucket and access point of the account, those created tomorrow too.
    Fix: switch on all four settings of the account's block public access.
    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/configuring-block-public-access-account.html

    >>> on = dict.fromkeys(["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"], True)
    >>> s3_account_blocks_public_access(on)
    Pass()
    >>> s3_account_blocks_public_access({**on, "BlockPublicPolicy": False})
    Fail('BlockPublicPolicy is off')
    >>> s3_account_blocks_public_access({"BlockPublicAcls": True})
    Unknown('IgnorePublicAcls was not collected')
    """
    off = [setting for setting in SETTINGS if not account.flag(setting)]
    return Fail(f"{', '.join(off)} {'is' if len(off) == 1 else 'are'} off") if off else Pass()
