from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nephoscope.respond.actions.aws_start_snapshots import RUN
from nephoscope.respond.aws_capture import Captured, InstanceCapture

if TYPE_CHECKING:
    from nephoscope.model.response import State
    from nephoscope.respond.action import World

LOOK_S = 1.0
FACTS = ("SnapshotId", "VolumeId", "VolumeSize", "State", "StateMessage", "Progress", "StartTime", "CompletionTime")
MORE = ("Encrypted", "KmsKeyId", "OwnerId", "FullSnapshotSizeInBytes")


@dataclass(frozen=True)
class AwsAwaitSnapshots(InstanceCapture):
    """Wait until the snapshots that this run started are complete, and record their states.

    budget_s: how long it waits; what is pending then is recorded as pending, and completes without us.
    Limits: a snapshot of a large, much-written volume takes hours. The content of a snapshot is AWS's to keep: its id
    and state are sealed, its bytes are not.
    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html
    """

    budget_s: float = 60.0

    tactic = "capture"
    permissions = ("ec2:DescribeSnapshots",)

    def apply(self, world: World, state: State) -> State:
        end = time.monotonic() + self.budget_s
        while (found := self._found(world)) and _pending(found) and time.monotonic() < end:
            time.sleep(min(LOOK_S, max(0.0, end - time.monotonic())))
        captured = Captured(world, self, "snapshots")
        if not found:
            captured.lacks("states", f"no snapshot of the run {world.run} is there")
        else:
            facts = [{name: each[name] for name in FACTS + MORE if name in each} for each in found]
            captured.json("states", facts, "ec2:DescribeSnapshots")
        for each in found:
            if each["State"] != "completed":
                captured.lacks(str(each["SnapshotId"]), f"{_said(each)} when {self.budget_s:g} s were spent")
        complete = sorted(str(each["SnapshotId"]) for each in found if each["State"] == "completed")
        return captured.told(snapshots=complete)

    def verify(self, world: World, state: State) -> str:
        """Which are still pending, read afresh."""
        return ", ".join(_said(each) for each in _pending(self._found(world)))

    def _found(self, world: World) -> list[Any]:
        ours = [{"Name": f"tag:{RUN}", "Values": [world.run]}]
        found = self.every(world, "ec2", "DescribeSnapshots", "Snapshots", OwnerIds=["self"], Filters=ours)
        return sorted(found, key=lambda each: str(each["SnapshotId"]))


def _pending(found: list[Any]) -> list[Any]:
    return [each for each in found if each["State"] not in ("completed", "error")]


def _said(snapshot: Any) -> str:
    return f"{snapshot['SnapshotId']} is {snapshot['State']} ({snapshot.get('Progress') or 'no progress told'})"
