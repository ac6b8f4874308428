import time

import pytest
from botocore.exceptions import ClientError

from nephoscope.sandbox.hosts import PENDING_S, RUNS_S, SAID

OTHER = "222222222222"


@pytest.fixture(scope="module")
def instance(clients):
    """A running instance that has a role."""
    iam, ec2 = clients("iam"), clients("ec2")
    iam.create_instance_profile(InstanceProfileName="web")
    image = ec2.register_image(Name="base", RootDeviceName="/dev/sda1")["ImageId"]
    launch = {"ImageId": image, "MinCount": 1, "MaxCount": 1, "InstanceType": "t3.micro"}
    return ec2.run_instances(**launch, IamInstanceProfile={"Name": "web"})["Instances"][0]["InstanceId"]


def test_an_instance_has_a_screen_and_a_console(clients, instance):
    assert clients("ec2").get_console_screenshot(InstanceId=instance)["ImageData"].startswith("/9j/")
    assert "Linux" in clients("ec2").get_console_output(InstanceId=instance)["Output"]
    with pytest.raises(ClientError, match="InvalidInstanceID.NotFound"):
        clients("ec2").get_console_screenshot(InstanceId="i-0abc")


def test_snapshots_are_pending_before_they_are_complete(clients, instance):
    ec2 = clients("ec2")
    made = ec2.create_snapshots(InstanceSpecification={"InstanceId": instance})["Snapshots"]
    ids = [each["SnapshotId"] for each in made]
    assert {each["State"] for each in ec2.describe_snapshots(SnapshotIds=ids)["Snapshots"]} == {"pending"}
    time.sleep(PENDING_S)
    found = ec2.describe_snapshots(SnapshotIds=ids)["Snapshots"]
    assert {(each["State"], each["Progress"]) for each in found} == {("completed", "100%")}


def test_a_snapshot_that_is_shared_can_be_copied_by_the_other_account_and_no_other(clients, instance):
    ec2, other = clients("ec2"), clients("ec2", account=OTHER)
    [made, *_] = ec2.create_snapshots(InstanceSpecification={"InstanceId": instance})["Snapshots"]
    copy = {"SourceRegion": "us-east-1", "SourceSnapshotId": made["SnapshotId"], "Description": "copy"}
    with pytest.raises(ClientError):
        other.copy_snapshot(**copy)
    asked = {"Attribute": "createVolumePermission", "OperationType": "add", "UserIds": [OTHER]}
    ec2.modify_snapshot_attribute(SnapshotId=made["SnapshotId"], **asked)
    copied = other.copy_snapshot(**copy)["SnapshotId"]
    assert [each["SnapshotId"] for each in other.describe_snapshots(SnapshotIds=[copied])["Snapshots"]] == [copied]


def test_a_managed_instance_answers_to_commands_after_a_moment(clients, instance):
    ssm = clients("ssm")
    [known] = ssm.describe_instance_information(Filters=[{"Key": "InstanceIds", "Values": [instance]}])[
        "InstanceInformationList"
    ]
    assert (known["PingStatus"], known["PlatformType"]) == ("Online", "Linux")
    assert not ssm.describe_instance_information(Filters=[{"Key": "InstanceIds", "Values": ["i-0abc"]}])[
        "InstanceInformationList"
    ]
    given = {"commands": ["# nephoscope: processes", "ps"]}
    sent = ssm.send_command(InstanceIds=[instance], DocumentName="AWS-RunShellScript", Parameters=given)
    asked = {"CommandId": sent["Command"]["CommandId"], "InstanceId": instance}
    assert ssm.get_command_invocation(**asked)["Status"] == "InProgress"
    time.sleep(RUNS_S)
    answer = ssm.get_command_invocation(**asked)
    assert (answer["Status"], answer["StandardOutputContent"]) == ("Success", SAID["processes"])
