from dataclasses import replace

from nephoscope.respond.actions.aws_unshare_snapshot import AwsUnshareSnapshot
from tests.respond.estate import ask, place
from tests.respond.harness import Promises


def share(aws, snapshot, **whom):
    shared = {"Attribute": "createVolumePermission", "OperationType": "add", **whom}
    ask(aws, "ec2", "ModifySnapshotAttribute", SnapshotId=snapshot, **shared)


class TestUnshareSnapshot(Promises):
    unused = frozenset()

    def arrange(self, aws):
        """The taking back of a snapshot from everybody and another account."""
        volume = ask(aws, "ec2", "CreateVolume", AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
        snapshot = ask(aws, "ec2", "CreateSnapshot", VolumeId=volume)["SnapshotId"]
        share(aws, snapshot, GroupNames=["all"])
        share(aws, snapshot, UserIds=["999999999999"])
        return AwsUnshareSnapshot(*place(aws), snapshot)

    def changed_back(self, aws, action, state):
        share(aws, action.snapshot_id, GroupNames=["all"])

    def gone(self, aws, action):
        ask(aws, "ec2", "DeleteSnapshot", SnapshotId=action.snapshot_id)

    def test_accounts_that_are_kept_go_on_having_it(self, action, world, aws):
        kept = replace(action, keep=("999999999999",))
        state = kept.state(world)
        assert state == {"shared": ["all"]}

        kept.apply(world, state)
        assert action.state(world) == {"shared": ["999999999999"]}
        assert kept.verify(world, state) == ""
