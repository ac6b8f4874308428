from nephoscope.inventory.templates.defaults import DEFAULTS, complete
from nephoscope.inventory.templates.fold import Declared


def completed(type_, properties, **holes):
    declared = Declared(type_, "X", dict(properties), not_collected={f"/{name}": why for name, why in holes.items()})
    complete(declared)
    return declared


def test_what_is_left_out_is_what_aws_documents_for_it():
    database = completed("AWS::RDS::DBInstance", {"MultiAZ": True})
    assert database.properties["StorageEncrypted"] is False
    assert database.properties["MultiAZ"] is True


def test_what_aws_or_another_resource_decides_stays_unknown():
    assert "subnets" in completed("AWS::RDS::DBInstance", {}).not_collected["/PubliclyAccessible"]
    copied = completed("AWS::RDS::DBInstance", {"DBSnapshotIdentifier": "s"})
    assert "StorageEncrypted" not in copied.properties
    assert copied.not_collected["/StorageEncrypted"] == "what it is made from decides"


def test_a_default_never_hides_what_is_not_known():
    bucket = completed("AWS::S3::Bucket", {}, BucketEncryption="the parameter P has no default")
    assert "BucketEncryption" not in bucket.properties


def test_a_default_holds_only_where_nothing_speaks_against_it():
    assert completed("AWS::S3::Bucket", {}).properties["OwnershipControls"]["Rules"]
    assert completed("AWS::S3::Bucket", {"AccessControl": "PublicRead"}).properties["OwnershipControls"] is None
    assert completed("AWS::EC2::Volume", {"KmsKeyId": "${Key}"}).properties["Encrypted"] is True


def test_no_two_resources_share_a_default():
    one, two = completed("AWS::IAM::Role", {}), completed("AWS::IAM::Role", {})
    one.properties["Policies"].append({})
    assert two.properties["Policies"] == []
    assert DEFAULTS["AWS::IAM::Role"]["Policies"] == []
