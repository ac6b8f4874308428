import json

import pytest

from nephoscope.model.errors import AccessDenied, CloudError
from nephoscope.respond.actions.aws_start_snapshots import AwsStartSnapshots
from tests.respond.captures import PLACE, Denying
from tests.respond.estate import ask, instance
from tests.respond.harness import Faulty, Killed, world_of


@pytest.fixture
def action(aws):
    """Snapshots of an instance with a second disk."""
    made = instance(aws)["InstanceId"]
    disk = ask(aws, "ec2", "CreateVolume", Size=1, AvailabilityZone="us-east-1a")["VolumeId"]
    ask(aws, "ec2", "AttachVolume", VolumeId=disk, InstanceId=made, Device="/dev/sdf")
    return AwsStartSnapshots(**PLACE, instance_id=made)


def snapshots(aws):
    found = ask(aws, "ec2", "DescribeSnapshots", OwnerIds=["self"])["Snapshots"]
    return [each for each in found if each["Tags"]]  # moto makes one of its own for an image


def test_every_volume_has_a_snapshot_that_bears_run_and_step(aws, action):
    world = world_of(aws)
    aws.used.clear()
    assert "no snapshot" in action.verify(world, {})
    told = action.apply(world, {})
    assert action.verify(world, {}) == ""
    assert len(told["snapshots"]) == 2 == len(snapshots(aws))
    tags = {tag["Key"]: tag["Value"] for tag in snapshots(aws)[0]["Tags"]}
    assert tags["nephoscope:run"] == world.run
    assert tags["nephoscope:token"] == world.token
    assert [each["snapshot_id"] for each in json.loads(world.evidence.kept["snapshots/started.json"])] == told[
        "snapshots"
    ]
    assert set(action.permissions) - aws.used == {"ec2:CreateTags"}


class AnswerLost:
    """AWS as given, whose answer to CreateSnapshots never arrives."""

    def __init__(self, aws):
        self.aws = aws
        self.pages = aws.pages

    def call(self, service, operation, **params):
        self.aws.call(service, operation, **params)
        raise Killed


@pytest.mark.parametrize(
    "breaking", [lambda aws: Faulty(aws, 1, "killed"), lambda aws: Faulty(aws, 2, "killed"), AnswerLost]
)
def test_killed_at_any_call_there_is_one_set(aws, action, breaking):
    with pytest.raises(Killed):
        action.apply(world_of(breaking(aws)), {})
    first, again = action.apply(world_of(aws), {}), action.apply(world_of(aws), {})
    assert first == again
    assert len(snapshots(aws)) == 2


def test_a_revert_keeps_them(aws, action):
    action.apply(world_of(aws), {})
    action.revert(world_of(aws), {})
    assert len(snapshots(aws)) == 2


def test_a_failure_is_told(aws, action):
    with pytest.raises(AccessDenied):
        action.apply(world_of(Denying(aws, "CreateSnapshots")), {})
    with pytest.raises(CloudError, match="NotFound"):
        AwsStartSnapshots(**PLACE, instance_id="i-00000000000000000").apply(world_of(aws), {})
