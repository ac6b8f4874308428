from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nephoscope.model.response import Target
from nephoscope.respond.aws_action import AwsAction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nephoscope.model.response import State
    from nephoscope.respond.action import World

NO_SNAPSHOT = ("InvalidSnapshot.NotFound", "InvalidSnapshotID.Malformed")
PERMISSION = "createVolumePermission"


@dataclass(frozen=True)
class AwsUnshareSnapshot(AwsAction):
    """Take an EBS snapshot back from the accounts, or the public, that it is shared with.

    keep: accounts that go on having it.
    Limits: volumes and copies that others made of it stay theirs. Images that are built on it are shared by themselves.
    Source: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html
    """

    snapshot_id: str
    keep: tuple[str, ...] = ()

    tactic = "contain"
    permissions = ("ec2:DescribeSnapshotAttribute", "ec2:ModifySnapshotAttribute")

    @property
    def target(self) -> Target:
        return Target(self.account, self.region, "AWS::EC2::Snapshot", self.snapshot_id)

    def state(self, world: World) -> State:
        """{"shared": [account or "all", …]}, but for those that are kept."""
        asked = {"SnapshotId": self.snapshot_id, "Attribute": PERMISSION}
        found = self.needed(world, "ec2", "DescribeSnapshotAttribute", NO_SNAPSHOT, **asked)
        return {"shared": sorted({_whom(each) for each in found["CreateVolumePermissions"]} - set(self.keep))}

    def apply(self, world: World, state: State) -> State:
        self._modify(world, "remove", state["shared"])
        return {"shared": state["shared"]}

    def verify(self, world: World, state: State) -> str:
        shared = self.state(world)["shared"]
        return f"{self.snapshot_id} is shared with {', '.join(shared)}" if shared else ""

    def revert(self, world: World, state: State) -> None:
        there = self.state(world)["shared"]
        self._modify(world, "add", [each for each in state["shared"] if each not in there])

    def plan(self, world: World, state: State) -> Sequence[str]:
        del world
        shared = ["everybody" if each == "all" else each for each in state["shared"]]
        return (
            f"{self.snapshot_id}: shared with {', '.join(shared) or 'nobody'} → {', '.join(self.keep) or 'nobody'}; "
            "they can no longer copy it or make volumes of it.",
            "Copies and volumes that they made before stay theirs.",
        )

    def _modify(self, world: World, operation: str, whom: Sequence[str]) -> None:
        if not whom:
            return
        accounts = [each for each in whom if each != "all"]
        asked: dict[str, Any] = {"SnapshotId": self.snapshot_id, "Attribute": PERMISSION, "OperationType": operation}
        if accounts:
            self.call(world, "ec2", "ModifySnapshotAttribute", **asked, UserIds=accounts)
        if "all" in whom:
            self.call(world, "ec2", "ModifySnapshotAttribute", **asked, GroupNames=["all"])


def _whom(permission: Mapping[str, Any]) -> str:
    return str(permission.get("UserId") or permission.get("Group"))
