from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nephoscope.respond.aws_action import TAG, tagged
from nephoscope.respond.aws_capture import Captured, InstanceCapture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nephoscope.model.response import State
    from nephoscope.respond.action import World

RUN = "nephoscope:run"


@dataclass(frozen=True)
class AwsStartSnapshots(InstanceCapture):
    """Start snapshots of all EBS volumes of an EC2 instance, as of one moment.

    They show the disks as of the moment of the call, whatever is written while they complete. They stay when a run is
    reverted: they are evidence.
    Limits: what the operating system holds in memory is not on the disks. Instance-store volumes have no snapshots;
    instances on Outposts and in Local Zones may refuse. A call whose answer was lost is found again by its tag; if AWS
    does not show the tag yet, a second set is made. Snapshots cost money until they are deleted.
    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshots.html
    """

    tactic = "capture"
    permissions = ("ec2:CreateSnapshots", "ec2:CreateTags", "ec2:DescribeSnapshots")

    def apply(self, world: World, state: State) -> State:
        captured = Captured(world, self, "snapshots")
        made = self._made(world) or self._start(world)
        facts = sorted((_facts(each) for each in made), key=lambda each: str(each["snapshot_id"]))
        captured.json("started", facts, "ec2:CreateSnapshots")
        return captured.told(snapshots=[each["snapshot_id"] for each in facts])

    def verify(self, world: World, state: State) -> str:
        """Started is enough: `aws_await_snapshots` sees them complete."""
        return "" if self._made(world) else f"no snapshot of {self.instance_id} bears {world.token}"

    def plan(self, world: World, state: State) -> Sequence[str]:
        return (f"Snapshots of all volumes of {self.instance_id} are started; they stay when the run is reverted.",)

    def _made(self, world: World) -> list[Any]:
        mine = [{"Name": f"tag:{TAG}", "Values": [world.token]}]
        return list(self.every(world, "ec2", "DescribeSnapshots", "Snapshots", OwnerIds=["self"], Filters=mine))

    def _start(self, world: World) -> list[Any]:
        [tags] = tagged("snapshot", world.token)
        tags["Tags"].append({"Key": RUN, "Value": world.run})
        answer = self.call(
            world,
            "ec2",
            "CreateSnapshots",
            InstanceSpecification={"InstanceId": self.instance_id, "ExcludeBootVolume": False},
            Description=f"Evidence of {self.instance_id}, run {world.run}",
            TagSpecifications=[tags],
        )
        return list(answer["Snapshots"])


def _facts(snapshot: Any) -> dict[str, Any]:
    return {
        "snapshot_id": snapshot["SnapshotId"],
        "volume_id": snapshot.get("VolumeId"),
        "volume_size_gib": snapshot.get("VolumeSize"),
        "is_encrypted": snapshot.get("Encrypted"),
        "started_at": snapshot.get("StartTime"),
    }
