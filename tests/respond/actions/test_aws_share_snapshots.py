from nephoscope.respond.actions.aws_share_snapshots import AwsShareSnapshots
from tests.respond.estate import ask, place
from tests.respond.harness import Promises

THERE = "210987654321"


class TestShareSnapshots(Promises):
    unused = frozenset()

    def arrange(self, aws):
        """Two snapshots that are shared with nobody."""
        disk = ask(aws, "ec2", "CreateVolume", Size=1, AvailabilityZone="us-east-1a")["VolumeId"]
        ids = [ask(aws, "ec2", "CreateSnapshot", VolumeId=disk)["SnapshotId"] for _ in range(2)]
        return AwsShareSnapshots(*place(aws), tuple(ids), THERE)

    def changed_back(self, aws, action, state):
        asked = {"Attribute": "createVolumePermission", "OperationType": "remove", "UserIds": [THERE]}
        ask(aws, "ec2", "ModifySnapshotAttribute", SnapshotId=action.snapshot_ids[1], **asked)

    def gone(self, aws, action):
        ask(aws, "ec2", "DeleteSnapshot", SnapshotId=action.snapshot_ids[0])

    def test_who_could_read_before_can_read_after_the_revert(self, action, world, aws):
        asked = {"Attribute": "createVolumePermission", "OperationType": "add", "UserIds": [THERE, "1" * 12]}
        ask(aws, "ec2", "ModifySnapshotAttribute", SnapshotId=action.snapshot_ids[0], **asked)
        before = action.state(world)
        action.apply(world, before)
        action.revert(world, before)
        assert action.state(world) == before == {action.snapshot_ids[0]: True, action.snapshot_ids[1]: False}
