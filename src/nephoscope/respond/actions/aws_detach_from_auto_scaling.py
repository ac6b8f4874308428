from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nephoscope.model.errors import Refused
from nephoscope.respond.aws_action import InstanceAction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nephoscope.model.response import State
    from nephoscope.respond.action import World

DETACHABLE = ("InService", "Standby")
LEAVING = ("Detaching", "Detached")


@dataclass(frozen=True)
class AwsDetachFromAutoScaling(InstanceAction):
    """Take an EC2 instance out of its Auto Scaling group, which then launches another one in its place.

    Detached rather than put on standby or spared by suspended processes: a group ends its instances on standby when it
    is deleted, and suspending health checks or terminations would hold for every other instance too.
    Limits: put back, the group is one larger, since its replacement stays: its own scaling decides. At its maximum size
    the group takes nothing back until it is raised.
    Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-detach-attach-instances.html
    """

    tactic = "isolate"
    permissions = (
        "ec2:DescribeInstances",
        "autoscaling:DescribeAutoScalingInstances",
        "autoscaling:DetachInstances",
        "autoscaling:AttachInstances",
        "autoscaling:EnterStandby",
        "autoscaling:SetInstanceProtection",
    )

    def state(self, world: World) -> State:
        """{group, lifecycle, is_protected}; group is "" for an instance of none."""
        self.instance(world)
        asked = {"InstanceIds": [self.instance_id]}
        found = self.call(world, "autoscaling", "DescribeAutoScalingInstances", **asked)["AutoScalingInstances"]
        if not found or found[0]["LifecycleState"] in LEAVING:
            return {"group": "", "lifecycle": "", "is_protected": False}
        return {
            "group": found[0]["AutoScalingGroupName"],
            "lifecycle": found[0]["LifecycleState"],
            "is_protected": bool(found[0]["ProtectedFromScaleIn"]),
        }

    def apply(self, world: World, state: State) -> State:
        now = self.state(world)
        if not now["group"]:
            return {"group": state["group"]}
        if now["lifecycle"] not in DETACHABLE:
            raise Refused(f"{self.instance_id} is {now['lifecycle']} in {now['group']}; only {DETACHABLE} can leave it")
        self.call(world, "autoscaling", "DetachInstances", **self._in(now), ShouldDecrementDesiredCapacity=False)
        return {"group": state["group"]}

    def verify(self, world: World, state: State) -> str:
        group = self.state(world)["group"]
        return f"{self.instance_id} is in the Auto Scaling group {group}" if group else ""

    def revert(self, world: World, state: State) -> None:
        if not state["group"]:
            return
        if not self.state(world)["group"]:
            self.call(world, "autoscaling", "AttachInstances", **self._in(state))
        now = self.state(world)
        if now["lifecycle"] == "InService" and now["is_protected"] != state["is_protected"]:
            wanted = {"ProtectedFromScaleIn": state["is_protected"]}
            self.call(world, "autoscaling", "SetInstanceProtection", **self._in(state), **wanted)
        if now["lifecycle"] == "InService" and state["lifecycle"] == "Standby":
            self.call(world, "autoscaling", "EnterStandby", **self._in(state), ShouldDecrementDesiredCapacity=True)

    def plan(self, world: World, state: State) -> Sequence[str]:
        if not state["group"]:
            return (f"{self.instance_id} is in no Auto Scaling group: nothing changes.",)
        return (
            f"{self.instance_id} leaves the Auto Scaling group {state['group']} ({state['lifecycle']}), and its target "
            "groups and load balancers with it; the group launches another instance in its place.",
            "Put back, the group is one larger, which fails while it is at its maximum size.",
        )

    def _in(self, state: State) -> State:
        return {"AutoScalingGroupName": state["group"], "InstanceIds": [self.instance_id]}
