from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nephoscope.model.errors import CloudError, ConfigError, Refused
from nephoscope.respond.actions.aws_start_snapshots import RUN
from nephoscope.respond.aws_action import TAG, tagged
from nephoscope.respond.aws_capture import Captured, InstanceCapture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nephoscope.model.response import State
    from nephoscope.respond.action import World

SHARED = "createVolumePermission"


@dataclass(frozen=True)
class AwsCopySnapshots(InstanceCapture):
    """Copy the snapshots that this run started into another account, under a key of that account.

    to_account: must be a configured account; it is let read the snapshots. to_key: a KMS key there, by ARN or alias.
    A revert takes the sharing back; the copies stay.
    Limits: a snapshot that is encrypted with AWS's own key (aws/ebs) cannot be shared. One encrypted with a customer's
    key can be copied only if that key's policy lets the other account use it. Pending snapshots cannot be copied.
    Copies complete after the call, by themselves.
    Source: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html
    """

    to_account: str
    to_key: str

    tactic = "capture"
    permissions = (
        "ec2:CopySnapshot",
        "ec2:CreateTags",
        "ec2:DescribeSnapshotAttribute",
        "ec2:DescribeSnapshots",
        "ec2:ModifySnapshotAttribute",
    )

    def state(self, world: World) -> State:
        """{snapshot id: accounts that may read it}"""
        return {id_: self._readers(world, id_) for id_ in self._own(world)}

    def apply(self, world: World, state: State) -> State:
        captured = Captured(world, self, "copies")
        made = self._copies(world)
        for id_ in state:
            if id_ in made:
                continue
            try:
                self._share(world, id_, "add")
                made[id_] = self._copy(world, id_)
            except CloudError as error:
                captured.lacks(id_, error)
        if not state:
            captured.lacks("copies", f"no snapshot of the run {world.run} is there")
        copies = [{"snapshot_id": id_, "copy_id": copy, "account": self.to_account} for id_, copy in made.items()]
        captured.json("copies", copies, f"ec2:CopySnapshot in {self.to_account}")
        return captured.told(copies=made)

    def verify(self, world: World, state: State) -> str:
        missing = sorted(set(state) - set(self._copies(world)))
        return f"not copied to {self.to_account}: {', '.join(missing)}" if missing else ""

    def revert(self, world: World, state: State) -> None:
        for id_, readers in state.items():
            if self.to_account not in readers:
                self._share(world, id_, "remove")

    def plan(self, world: World, state: State) -> Sequence[str]:
        return (f"{len(state)} snapshots are shared with {self.to_account} and copied there; the copies stay.",)

    def _own(self, world: World) -> list[str]:
        ours = [{"Name": f"tag:{RUN}", "Values": [world.run]}]
        found = self.every(world, "ec2", "DescribeSnapshots", "Snapshots", OwnerIds=["self"], Filters=ours)
        return sorted(str(each["SnapshotId"]) for each in found)

    def _readers(self, world: World, id_: str) -> list[str]:
        answer = self.call(world, "ec2", "DescribeSnapshotAttribute", SnapshotId=id_, Attribute=SHARED)
        return sorted(str(each.get("UserId") or each.get("Group")) for each in answer["CreateVolumePermissions"])

    def _share(self, world: World, id_: str, operation: str) -> None:
        asked = {"SnapshotId": id_, "Attribute": SHARED, "OperationType": operation, "UserIds": [self.to_account]}
        self.call(world, "ec2", "ModifySnapshotAttribute", **asked)

    def _there(self, world: World, operation: str, **params: Any) -> Any:
        try:
            return world.aws.call("ec2", operation, region=self.region, account=self.to_account, **params)
        except ConfigError as error:
            raise Refused(f"snapshots cannot be copied to {self.to_account}: {error}") from error

    def _copies(self, world: World) -> dict[str, str]:
        """Copies that this step made, by the snapshot they are of."""
        ours = [{"Name": f"tag:{TAG}", "Values": [world.token]}]
        found: list[Any] = self._there(world, "DescribeSnapshots", OwnerIds=["self"], Filters=ours)["Snapshots"]
        return {str(each.get("Description", "")).rpartition(" ")[2]: str(each["SnapshotId"]) for each in found}

    def _copy(self, world: World, id_: str) -> str:
        answer = self._there(
            world,
            "CopySnapshot",
            SourceRegion=self.region,
            SourceSnapshotId=id_,
            Description=f"Evidence of {self.instance_id}, copy of {id_}",
            Encrypted=True,
            KmsKeyId=self.to_key,
            TagSpecifications=tagged("snapshot", world.token),
        )
        return str(answer["SnapshotId"])
