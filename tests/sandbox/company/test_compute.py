import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def machines(company, within):
    """The instances of production in us-east-1, by name."""
    answer = within(company.production).client("ec2").describe_instances()
    found = [machine for reservation in answer["Reservations"] for machine in reservation["Instances"]]
    return {tag["Value"]: machine for machine in found for tag in machine["Tags"] if tag["Key"] == "Name"}


def test_a_machine_is_in_its_group_and_no_other(machines):
    for name, group in (("web-1", "web"), ("app-1", "app"), ("ftp", "legacy")):
        [interface] = machines[name]["NetworkInterfaces"]
        assert [each["GroupName"] for each in interface["Groups"]] == [group]


def test_old_and_new_metadata_services_are_mixed(machines):
    tokens = {name: machine["MetadataOptions"]["HttpTokens"] for name, machine in machines.items()}
    assert tokens["web-1"] == "required"
    assert tokens["web-2"] == "optional"


def test_a_public_machine_has_a_public_address_and_a_role(machines):
    assert machines["web-2"]["PublicIpAddress"]
    assert machines["web-2"]["IamInstanceProfile"]["Arn"].endswith("instance-profile/web-server")


def test_one_image_and_one_snapshot_are_public(company, within):
    ec2 = within(company.development).client("ec2")
    [image] = ec2.describe_images(Owners=["self"])["Images"]
    assert image["Public"]
    shared = [
        snapshot
        for snapshot in ec2.describe_snapshots(OwnerIds=[company.development.id])["Snapshots"]
        if ec2.describe_snapshot_attribute(SnapshotId=snapshot["SnapshotId"], Attribute="createVolumePermission").get(
            "CreateVolumePermissions"
        )
    ]
    assert len(shared) == 1
    assert not shared[0]["Encrypted"]
