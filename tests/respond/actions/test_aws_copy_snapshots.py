import pytest

from nephoscope.clouds.aws import Aws
from nephoscope.model.errors import CloudError, Refused
from nephoscope.respond.actions.aws_copy_snapshots import AwsCopySnapshots
from tests.respond.captures import PLACE
from tests.respond.estate import ACCOUNT, REGION
from tests.respond.harness import world_of

THERE = "210987654321"
ACTION = AwsCopySnapshots(**PLACE, instance_id="i-1", to_account=THERE, to_key="alias/evidence")


class Two:
    """Two accounts' snapshots: those of a run, who may read them, and copies of them."""

    def __init__(self, *ids, failing=""):
        self.readers = {id_: [] for id_ in ids}
        self.copies = {}
        self.failing = failing
        self.used = set()

    def call(self, service, operation, *, account, region, **params):
        self.used.add(f"{service}:{operation}")
        if operation == self.failing:
            raise CloudError(f"{service}:{operation}", "InvalidState", "pending")
        return getattr(self, operation)(account, **params)

    def pages(self, service, operation, **params):
        yield self.call(service, operation, **params)

    def DescribeSnapshots(self, account, OwnerIds, Filters):
        if account == ACCOUNT:
            return {"Snapshots": [{"SnapshotId": id_} for id_ in self.readers]}
        return {"Snapshots": [{"SnapshotId": copy, "Description": text} for copy, text in self.copies.items()]}

    def DescribeSnapshotAttribute(self, account, SnapshotId, Attribute):
        return {"CreateVolumePermissions": [{"UserId": each} for each in self.readers[SnapshotId]]}

    def ModifySnapshotAttribute(self, account, SnapshotId, Attribute, OperationType, UserIds):
        for each in UserIds:
            if OperationType == "add":
                self.readers[SnapshotId] = sorted({*self.readers[SnapshotId], each})
            else:
                self.readers[SnapshotId].remove(each)

    def CopySnapshot(
        self, account, SourceRegion, SourceSnapshotId, Description, Encrypted, KmsKeyId, TagSpecifications
    ):
        assert (account, SourceRegion, Encrypted, KmsKeyId) == (THERE, REGION, True, "alias/evidence")
        assert account in self.readers[SourceSnapshotId]
        copy = f"copy-{len(self.copies)}"
        self.copies[copy] = Description
        return {"SnapshotId": copy}


def test_snapshots_are_shared_copied_once_and_unshared_again():
    aws = Two("snap-1", "snap-2")
    aws.readers["snap-2"] = ["1", THERE]
    world = world_of(aws)
    state = ACTION.state(world)
    assert "not copied" in ACTION.verify(world, state)
    for _ in range(2):
        told = ACTION.apply(world, state)
        assert told["copies"] == {"snap-1": "copy-0", "snap-2": "copy-1"}
    assert ACTION.verify(world, state) == ""
    ACTION.revert(world, state)
    assert ACTION.state(world) == state
    assert len(aws.copies) == 2
    assert aws.used | {"ec2:CreateTags"} == set(ACTION.permissions)


@pytest.mark.parametrize("failing", ["CopySnapshot", "ModifySnapshotAttribute"])
def test_what_could_not_be_copied_is_said(failing):
    world = world_of(Two("snap-1", failing=failing))
    told = ACTION.apply(world, {"snap-1": []})
    assert told["missing"] == ["copies/snap-1"]
    assert "not copied" in ACTION.verify(world, {"snap-1": []})


def test_nothing_to_copy_is_said():
    assert ACTION.apply(world_of(Two()), {})["missing"] == ["copies/copies"]


def test_an_account_that_is_not_configured_is_refused(aws):
    assert isinstance(aws, Aws)
    with pytest.raises(Refused, match="cannot be copied to 210987654321"):
        ACTION.apply(world_of(aws), {})
