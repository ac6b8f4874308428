from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nephoscope.model.response import Target
from nephoscope.respond.aws_action import AwsAction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nephoscope.model.response import State
    from nephoscope.respond.action import World

NO_SNAPSHOT = ("DBSnapshotNotFound", "DBSnapshotNotFoundFault")
RESTORE = "restore"


@dataclass(frozen=True)
class AwsUnshareDbSnapshot(AwsAction):
    """Take an RDS snapshot back from the accounts, or the public, that may restore it.

    keep: accounts that go on having it.
    Limits: databases and copies that others made of it stay theirs. Snapshots of clusters (Aurora) are another type.
    Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBSnapshotAttribute.html
    """

    snapshot_id: str
    keep: tuple[str, ...] = ()

    tactic = "contain"
    permissions = ("rds:DescribeDBSnapshotAttributes", "rds:ModifyDBSnapshotAttribute")

    @property
    def target(self) -> Target:
        return Target(self.account, self.region, "AWS::RDS::DBSnapshot", self.snapshot_id)

    def state(self, world: World) -> State:
        """{"shared": [account or "all", …]}, but for those that are kept."""
        asked = {"DBSnapshotIdentifier": self.snapshot_id}
        found = self.needed(world, "rds", "DescribeDBSnapshotAttributes", NO_SNAPSHOT, **asked)
        attributes = found["DBSnapshotAttributesResult"]["DBSnapshotAttributes"]
        shared = {one for each in attributes if each["AttributeName"] == RESTORE for one in each["AttributeValues"]}
        return {"shared": sorted(shared - set(self.keep))}

    def apply(self, world: World, state: State) -> State:
        self._modify(world, "ValuesToRemove", state["shared"])
        return {"shared": state["shared"]}

    def verify(self, world: World, state: State) -> str:
        shared = self.state(world)["shared"]
        return f"{self.snapshot_id} is shared with {', '.join(shared)}" if shared else ""

    def revert(self, world: World, state: State) -> None:
        there = self.state(world)["shared"]
        self._modify(world, "ValuesToAdd", [each for each in state["shared"] if each not in there])

    def plan(self, world: World, state: State) -> Sequence[str]:
        del world
        shared = ["everybody" if each == "all" else each for each in state["shared"]]
        return (
            f"{self.snapshot_id}: shared with {', '.join(shared) or 'nobody'} → {', '.join(self.keep) or 'nobody'}; "
            "they can no longer restore or copy it.",
            "Copies and databases that they made before stay theirs.",
        )

    def _modify(self, world: World, how: str, whom: Sequence[str]) -> None:
        if whom:
            asked = {"DBSnapshotIdentifier": self.snapshot_id, "AttributeName": RESTORE, how: list(whom)}
            self.call(world, "rds", "ModifyDBSnapshotAttribute", **asked)
