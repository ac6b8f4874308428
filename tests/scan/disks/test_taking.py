import pytest

pytest.importorskip("moto")

from moto import mock_aws

from nephoscope.clouds.aws import Aws, AwsAccount
from nephoscope.model.errors import CloudError
from nephoscope.scan.disks.device import DiskError
from nephoscope.scan.disks.taking import EXCLUSION, Ec2, Excluded, scan_policy, scan_role

ACCOUNT, REGION = "123456789012", "eu-west-1"


@pytest.fixture
def ec2():
    with mock_aws():
        keys = AwsAccount(ACCOUNT, access_key_id="AKIAEXAMPLE", secret_access_key="s")
        yield Ec2(Aws((keys,), region=REGION), ACCOUNT, REGION)


@pytest.fixture
def instance(ec2):
    image = ec2.ask("ec2", "RegisterImage", Name="base", RootDeviceName="/dev/sda1")["ImageId"]
    launch = {"InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}
    return ec2.ask("ec2", "RunInstances", ImageId=image, **launch)["Instances"][0]["InstanceId"]


def test_what_is_taken_is_found_by_its_token_and_gone_when_it_is_dropped(ec2, instance):
    ec2.check_instance(instance)
    ec2.take(instance, "one")
    ec2.take(instance, "two")
    [one] = ec2.taken("one")
    assert (one.token, one.key) == ("one", "")
    assert {each.token for each in ec2.all_taken()} == {"one", "two"}
    ec2.drop(one)
    ec2.drop(one)
    assert {each.token for each in ec2.all_taken()} == {"two"}


def test_a_grant_is_found_by_its_name_and_retired(ec2):
    key = ec2.ask("kms", "CreateKey")["KeyMetadata"]["KeyId"]
    assert ec2.needs_grant(key)
    ec2.grant(key, "one")
    [(name, of, grant)] = ec2.grants()
    assert name == "one"
    ec2.retire(of, grant)
    assert ec2.grants() == []


def test_an_instance_that_ended_or_is_excluded_is_not_scanned(ec2, instance):
    ec2.ask("ec2", "CreateTags", Resources=[instance], Tags=[{"Key": EXCLUSION, "Value": "yes"}])
    with pytest.raises(Excluded, match=EXCLUSION):
        ec2.check_instance(instance)
    ec2.ask("ec2", "TerminateInstances", InstanceIds=[instance])
    with pytest.raises(DiskError, match="not any more"):
        ec2.check_instance(instance)
    with pytest.raises(CloudError):
        ec2.check_instance("i-0123456789abcdef0")


def test_an_image_is_made_of_snapshots(ec2, instance):
    image = ec2.ask("ec2", "CreateImage", InstanceId=instance, Name="golden")["ImageId"]
    assert len(ec2.of_image(image)) == 1
    with pytest.raises(CloudError):
        ec2.of_image("ami-0123456789abcdef0")


def test_the_role_deletes_and_tags_only_under_conditions():
    by_action = {action: one for one in scan_policy()["Statement"] for action in one["Action"]}
    assert by_action["ec2:DeleteSnapshot"]["Condition"] == {"Null": {"aws:ResourceTag/nephoscope:scan": "false"}}
    assert "Condition" in by_action["ec2:CreateTags"]
    assert "Condition" in by_action["kms:CreateGrant"]
    assert not any(action.endswith("*") for action in by_action)
    assert scan_role("111122223333").name == "NephoscopeScan"
