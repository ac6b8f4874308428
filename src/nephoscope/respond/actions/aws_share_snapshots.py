from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nephoscope.model.response import Target
from nephoscope.respond.aws_action import AwsAction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nephoscope.model.response import State
    from nephoscope.respond.action import World

NO_SNAPSHOT = ("InvalidSnapshot.NotFound", "InvalidSnapshotID.Malformed")
PERMISSION = "createVolumePermission"


@dataclass(frozen=True)
class AwsShareSnapshots(AwsAction):
    """Let another account read EBS snapshots, so that it can copy them.

    Limits: a snapshot that is encrypted with AWS's own key (aws/ebs) cannot be shared. One encrypted with a customer's
    key is of use to the other account only if that key's policy lets it use the key.
    Source: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html
    """

    snapshot_ids: tuple[str, ...]
    to_account: str

    tactic = "capture"
    permissions = ("ec2:DescribeSnapshotAttribute", "ec2:ModifySnapshotAttribute")

    @property
    def target(self) -> Target:
        return Target(self.account, self.region, "AWS::EC2::Snapshot", ",".join(self.snapshot_ids))

    def state(self, world: World) -> State:
        """{snapshot id: whether the account may read it}"""
        return {id_: self._is_shared(world, id_) for id_ in self.snapshot_ids}

    def apply(self, world: World, state: State) -> State:
        for id_ in state:
            self._modify(world, id_, "add")
        return {"snapshots": list(state)}

    def verify(self, world: World, state: State) -> str:
        closed = [id_ for id_ in state if not self._is_shared(world, id_)]
        return f"not shared with {self.to_account}: {', '.join(closed)}" if closed else ""

    def revert(self, world: World, state: State) -> None:
        for id_, was_shared in state.items():
            if not was_shared and self._is_shared(world, id_):
                self._modify(world, id_, "remove")

    def plan(self, world: World, state: State) -> Sequence[str]:
        return (f"{len(state)} snapshots are shared with {self.to_account}, until the run is taken back.",)

    def _is_shared(self, world: World, id_: str) -> bool:
        asked = {"SnapshotId": id_, "Attribute": PERMISSION}
        found = self.needed(world, "ec2", "DescribeSnapshotAttribute", NO_SNAPSHOT, **asked)
        return any(each.get("UserId") == self.to_account for each in found["CreateVolumePermissions"])

    def _modify(self, world: World, id_: str, operation: str) -> None:
        asked = {"SnapshotId": id_, "Attribute": PERMISSION, "OperationType": operation}
        self.call(world, "ec2", "ModifySnapshotAttribute", **asked, UserIds=[self.to_account])
