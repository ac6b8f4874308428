from nephoscope.assess import Fail, Pass, check

GROUPS = ("/global/AllUsers", "/global/AuthenticatedUsers")
PUBLIC_CANNED = ("PublicRead", "PublicReadWrite", "AuthenticatedRead")


@check("AWS::S3::Bucket", severity="critical")
def s3_bucket_acl_is_not_public(bucket):
    """S3 bucket's ACL gives nothing to everyone.

    Why: anyone on the internet, or anyone with any AWS account, can then list, read or write.
    Fix: set object ownership to BucketOwnerEnforced, which switches ACLs off.
    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html

    >>> owner = {"Grantee": {"Type": "CanonicalUser", "ID": "a"}, "Permission": "FULL_CONTROL"}
    >>> s3_bucket_acl_is_not_public({"AclGrants": [owner]})
    Pass()
    >>> uri = "http://acs.amazonaws.com/groups/global/AllUsers"
    >>> everyone = {"Grantee": {"Type": "Group", "URI": uri}, "Permission": "READ"}
    >>> s3_bucket_acl_is_not_public({"AclGrants": [owner, everyone], "PublicAccessBlockConfiguration": {}})
    Fail('AllUsers may READ')
    >>> s3_bucket_acl_is_not_public({"AccessControl": "PublicRead", "PublicAccessBlockConfiguration": {}})
    Fail('the ACL is PublicRead')
    >>> s3_bucket_acl_is_not_public({})
    Unknown('AclGrants was not collected')
    """
    public = public_grant(bucket)
    return Fail(public) if public and not acls_are_ignored(bucket) else Pass()


def public_grant(bucket):
    """What everyone may do by the ACL, in words; empty if nothing."""
    canned = bucket.get("AccessControl")
    if canned in PUBLIC_CANNED:
        return f"the ACL is {canned}"
    for grant in bucket.each("AclGrants", ()) if canned else bucket.each("AclGrants"):
        group = str(grant["Grantee"].get("URI", ""))
        if group.endswith(GROUPS):
            return f"{group.rpartition('/')[2]} may {grant['Permission']}"
    return ""


def acls_are_ignored(bucket):
    ownership = bucket.get("OwnershipControls") or {"Rules": []}
    if any(rule["ObjectOwnership"] == "BucketOwnerEnforced" for rule in ownership["Rules"]):
        return True
    block = bucket["PublicAccessBlockConfiguration"]
    return bool(block) and block.flag("IgnorePublicAcls", False)
