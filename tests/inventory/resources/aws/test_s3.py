import json

import pytest

from nephoscope.inventory.engine import readers
from nephoscope.model.errors import CloudError

BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::site/*"}],
}


@pytest.fixture
def bucket(view):
    """A bucket in Ireland of which nothing was ever set."""
    where = {"LocationConstraint": "eu-west-1"}
    view.call("s3", "CreateBucket", Bucket="bare-bucket", CreateBucketConfiguration=where)
    return "bare-bucket"


@pytest.fixture
def site(view):
    """A public bucket of which everything is set."""
    view.call("s3", "CreateBucket", Bucket="site")
    view.call("s3", "PutBucketPolicy", Bucket="site", Policy=json.dumps(POLICY))
    view.call("s3", "PutBucketAcl", Bucket="site", ACL="public-read")
    view.call("s3", "PutBucketVersioning", Bucket="site", VersioningConfiguration={"Status": "Enabled"})
    view.call("s3", "PutBucketWebsite", Bucket="site", WebsiteConfiguration={"IndexDocument": {"Suffix": "i.html"}})
    key = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/k"}}
    view.call("s3", "PutBucketEncryption", Bucket="site", ServerSideEncryptionConfiguration={"Rules": [key]})
    view.call("s3", "PutBucketTagging", Bucket="site", Tagging={"TagSet": [{"Key": "env", "Value": "prod"}]})
    block = dict.fromkeys(BLOCKS, True) | {"BlockPublicPolicy": False}
    view.call("s3", "PutPublicAccessBlock", Bucket="site", PublicAccessBlockConfiguration=block)
    rule = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 30}}
    view.call("s3", "PutBucketLifecycleConfiguration", Bucket="site", LifecycleConfiguration={"Rules": [rule]})
    return "site"


def test_what_was_never_set_is_said_as_aws_documents_it(items, bucket):
    [item] = items("AWS::S3::Bucket")

    assert (item.region, item.arn) == ("eu-west-1", "arn:aws:s3:::bare-bucket")
    assert item.configuration["PublicAccessBlockConfiguration"] == dict.fromkeys(BLOCKS, False)
    assert item.configuration["BucketPolicy"] is None
    assert item.configuration["VersioningConfiguration"] is None
    assert item.configuration["MfaDelete"] == "Disabled"
    assert item.configuration["Tags"] == []
    [rule] = item.configuration["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert not item.not_collected


def test_what_was_set_is_shown_in_cloudformations_shape(items, site):
    [item] = items("AWS::S3::Bucket")

    assert item.configuration["BucketPolicy"] == {"PolicyDocument": POLICY}
    assert item.configuration["PublicAccessBlockConfiguration"]["BlockPublicPolicy"] is False
    assert item.configuration["VersioningConfiguration"] == {"Status": "Enabled"}
    assert item.configuration["WebsiteConfiguration"] == {"IndexDocument": "i.html"}
    assert item.configuration["LifecycleConfiguration"]["Rules"] == [
        {"Id": "old", "Status": "Enabled", "Prefix": "logs/", "ExpirationInDays": 30}
    ]
    assert item.configuration["ObjectLockEnabled"] is False
    assert {"Group"} == {
        grant["Grantee"]["Type"] for grant in item.configuration["AclGrants"] if "URI" in grant["Grantee"]
    }
    assert item.tags == {"env": "prod"}


def test_a_bucket_read_again_is_as_it_was_listed(items, view, site):
    [item] = items("AWS::S3::Bucket")

    again = readers()["AWS::S3::Bucket"].read(view, site)

    assert again.configuration == item.configuration


def test_a_deleted_bucket_is_gone(view, bucket):
    view.call("s3", "DeleteBucket", Bucket=bucket)

    assert readers()["AWS::S3::Bucket"].read(view, bucket) is None


def test_an_account_without_a_block_has_all_four_settings_off(items):
    [item] = items("AWS::S3::AccountPublicAccessBlock")

    assert item.id == "123456789012"
    assert [item.configuration[setting] for setting in BLOCKS] == [False] * 4


def test_an_accounts_block_is_read(items, view):
    on = dict.fromkeys(BLOCKS, True)
    view.call("s3control", "PutPublicAccessBlock", AccountId=view.account, PublicAccessBlockConfiguration=on)

    [item] = items("AWS::S3::AccountPublicAccessBlock")

    assert all(item.configuration[setting] for setting in BLOCKS)


DENIED = {
    "GetBucketPolicy": "/BucketPolicy",
    "GetBucketAcl": "/AclGrants",
    "GetBucketEncryption": "/BucketEncryption",
    "GetBucketVersioning": "/VersioningConfiguration",
    "GetBucketLogging": "/LoggingConfiguration",
    "GetPublicAccessBlock": "/PublicAccessBlockConfiguration",
    "GetBucketOwnershipControls": "/OwnershipControls",
    "GetBucketTagging": "/Tags",
    "GetBucketLifecycleConfiguration": "/LifecycleConfiguration",
    "GetBucketWebsite": "/WebsiteConfiguration",
    "GetObjectLockConfiguration": "/ObjectLockConfiguration",
}


@pytest.mark.parametrize(("operation", "pointer"), DENIED.items())
def test_a_denied_part_is_not_collected_and_the_rest_still_comes(view, site, denying, operation, pointer):
    item = readers()["AWS::S3::Bucket"].read(denying(view, operation), site)

    assert "was denied" in item.not_collected[pointer]
    assert pointer[1:] not in item.configuration
    assert item.configuration["BucketName"] == site


def test_a_denied_location_says_nothing_of_whether_the_bucket_is_there(view, site, denying):
    with pytest.raises(CloudError):
        readers()["AWS::S3::Bucket"].read(denying(view, "GetBucketLocation"), site)
