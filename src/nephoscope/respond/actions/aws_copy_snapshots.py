from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nephoscope.model.errors import CloudError
from nephoscope.model.response import Target
from nephoscope.respond.aws_action import TAG, AwsAction, tagged
from nephoscope.respond.aws_capture import Captured

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nephoscope.model.response import State
    from nephoscope.respond.action import World


@dataclass(frozen=True)
class AwsCopySnapshots(AwsAction):
    """Copy EBS snapshots of another account, which are shared with this one, under a key of this one.

    account: where the copies are made. key: a KMS key there, by ARN or alias. The copies stay when a run is taken back.
    Limits: pending snapshots cannot be copied. Copies complete after the call, by themselves. A call whose answer was
    lost is found again by its tag; if AWS does not show the tag yet, a second copy is made.
    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopySnapshot.html
    """

    snapshot_ids: tuple[str, ...]
    key: str

    tactic = "capture"
    permissions = ("ec2:CopySnapshot", "ec2:CreateTags", "ec2:DescribeSnapshots")

    @property
    def target(self) -> Target:
        return Target(self.account, self.region, "AWS::EC2::Snapshot", ",".join(self.snapshot_ids))

    def state(self, world: World) -> State:
        """Nothing that was there changes."""
        return {}

    def apply(self, world: World, state: State) -> State:
        captured = Captured(world, self, "copies")
        made = self._copies(world)
        for id_ in self.snapshot_ids:
            try:
                made[id_] = made.get(id_) or self._copy(world, id_)
            except CloudError as error:
                captured.lacks(id_, error)
        copies = [{"snapshot_id": id_, "copy_id": copy, "account": self.account} for id_, copy in made.items()]
        captured.json("copies", copies, f"ec2:CopySnapshot in {self.account}")
        return captured.told(copies=made)

    def verify(self, world: World, state: State) -> str:
        missing = sorted(set(self.snapshot_ids) - set(self._copies(world)))
        return f"not copied to {self.account}: {', '.join(missing)}" if missing else ""

    def plan(self, world: World, state: State) -> Sequence[str]:
        return (f"{len(self.snapshot_ids)} snapshots are copied to {self.account}; the copies stay.",)

    def _copies(self, world: World) -> dict[str, str]:
        """Copies that this step made, by the snapshot they are of."""
        ours = [{"Name": f"tag:{TAG}", "Values": [world.token]}]
        found = self.every(world, "ec2", "DescribeSnapshots", "Snapshots", OwnerIds=["self"], Filters=ours)
        return {str(each.get("Description", "")).rpartition(" ")[2]: str(each["SnapshotId"]) for each in found}

    def _copy(self, world: World, id_: str) -> str:
        answer = self.call(
            world,
            "ec2",
            "CopySnapshot",
            SourceRegion=self.region,
            SourceSnapshotId=id_,
            Description=f"Evidence of run {world.run}, copy of {id_}",
            Encrypted=True,
            KmsKeyId=self.key,
            TagSpecifications=tagged("snapshot", world.token),
        )
        return str(answer["SnapshotId"])
