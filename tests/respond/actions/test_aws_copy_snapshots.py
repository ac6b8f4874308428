import json

import pytest

from nephoscope.respond.actions.aws_copy_snapshots import AwsCopySnapshots
from tests.respond.captures import PLACE, Denying
from tests.respond.estate import ask
from tests.respond.harness import Faulty, Killed, world_of


@pytest.fixture
def action(aws):
    """Copies of two snapshots; moto copies those of the same account."""
    disk = ask(aws, "ec2", "CreateVolume", Size=1, AvailabilityZone="us-east-1a")["VolumeId"]
    ids = [ask(aws, "ec2", "CreateSnapshot", VolumeId=disk)["SnapshotId"] for _ in range(2)]
    return AwsCopySnapshots(**PLACE, snapshot_ids=tuple(ids), key="alias/evidence")


def copies(aws):
    found = ask(aws, "ec2", "DescribeSnapshots", OwnerIds=["self"])["Snapshots"]
    return [each for each in found if each["Tags"]]


def test_each_is_copied_once_under_the_key(aws, action):
    world = world_of(aws)
    aws.used.clear()
    assert "not copied" in action.verify(world, {})
    told = [action.apply(world, {}) for _ in range(2)]
    assert told[0] == told[1]
    assert set(told[0]["copies"]) == set(action.snapshot_ids)
    assert action.verify(world, {}) == ""
    assert {each["KmsKeyId"] for each in copies(aws)} == {"alias/evidence"}
    assert len(copies(aws)) == len(json.loads(world.evidence.kept["copies/copies.json"])) == 2
    assert set(action.permissions) - aws.used == {"ec2:CreateTags"}


@pytest.mark.parametrize("at", [1, 2, 3])
def test_killed_before_any_call_each_is_copied_once(aws, action, at):
    with pytest.raises(Killed):
        action.apply(world_of(Faulty(aws, at, "killed")), {})
    action.apply(world_of(aws), {})
    assert len(copies(aws)) == 2


def test_what_could_not_be_copied_is_said(aws, action):
    told = action.apply(world_of(Denying(aws, "CopySnapshot")), {})
    assert told["missing"] == [f"copies/{id_}" for id_ in action.snapshot_ids]
    assert "not copied" in action.verify(world_of(aws), {})
