from nephoscope.assess import Fail, Pass, check


@check("AWS::S3::Bucket", severity="low")
def s3_bucket_disables_acls(bucket):
    """S3 bucket has ACLs switched off.

    Why: access is then told by policies alone, and no object can be opened on its own.
    Fix: set object ownership to BucketOwnerEnforced.
    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html

    >>> s3_bucket_disables_acls({"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}})
    Pass()
    >>> s3_bucket_disables_acls({"OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}})
    Fail('object ownership is ObjectWriter')
    >>> s3_bucket_disables_acls({})
    Unknown('OwnershipControls was not collected')
    """
    controls = bucket["OwnershipControls"]
    ownerships = [rule["ObjectOwnership"] for rule in controls["Rules"]] if controls else []
    if ownerships == ["BucketOwnerEnforced"]:
        return Pass()
    return Fail(f"object ownership is {', '.join(ownerships) or 'not set'}")
