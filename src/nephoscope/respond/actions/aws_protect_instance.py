from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nephoscope.model.errors import Refused
from nephoscope.respond.aws_action import InstanceAction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nephoscope.model.response import State
    from nephoscope.respond.action import World

WANTED: State = {"disableApiTermination": True, "disableApiStop": True, "instanceInitiatedShutdownBehavior": "stop"}


@dataclass(frozen=True)
class AwsProtectInstance(InstanceAction):
    """Keep an EC2 instance from being terminated or stopped through the API, and from ending when it shuts down.

    Limits: Auto Scaling terminates a protected instance all the same: detach it too. A shutdown from inside still stops
    it, and its memory is lost. Whoever may change the attributes can take the protection off. A Spot instance can be
    protected from neither. An instance-store root cannot be stopped, and ends when it shuts down.
    Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_ChangingDisableAPITermination.html
    """

    tactic = "contain"
    permissions = ("ec2:DescribeInstances", "ec2:DescribeInstanceAttribute", "ec2:ModifyInstanceAttribute")

    def state(self, world: World) -> State:
        """{attribute: value}, of those that this instance has."""
        instance = self.instance(world)
        if instance.get("InstanceLifecycle") == "spot":
            raise Refused(f"instance {self.instance_id} is a Spot instance, which cannot be protected")
        names = list(WANTED) if instance.get("RootDeviceType", "ebs") == "ebs" else ["disableApiTermination"]
        return {name: self._value(world, name) for name in names}

    def apply(self, world: World, state: State) -> State:
        for name in state:
            self._set(world, name, WANTED[name])
        return {}

    def verify(self, world: World, state: State) -> str:
        wrong = [name for name in state if self._value(world, name) != WANTED[name]]
        return f"not set on {self.instance_id}: {', '.join(wrong)}" if wrong else ""

    def revert(self, world: World, state: State) -> None:
        self.instance(world)
        for name, value in state.items():
            self._set(world, name, value)

    def plan(self, world: World, state: State) -> Sequence[str]:
        changes = [f"{name} {value} → {WANTED[name]}" for name, value in state.items() if value != WANTED[name]]
        return (
            f"{self.instance_id}: {', '.join(changes) or 'is protected already'}.",
            "Does not keep Auto Scaling from terminating it, nor a shutdown from inside from stopping it.",
        )

    def _value(self, world: World, name: str) -> Any:
        asked = {"InstanceId": self.instance_id, "Attribute": name}
        value = self.call(world, "ec2", "DescribeInstanceAttribute", **asked)[name[0].upper() + name[1:]]["Value"]
        return value == "true" if isinstance(value, str) and isinstance(WANTED[name], bool) else value

    def _set(self, world: World, name: str, value: Any) -> None:
        asked = {"InstanceId": self.instance_id}
        if name == "disableApiStop":
            self.call(world, "ec2", "ModifyInstanceAttribute", **asked, DisableApiStop={"Value": value})
        else:
            text = str(value).lower() if isinstance(value, bool) else value
            self.call(world, "ec2", "ModifyInstanceAttribute", **asked, Attribute=name, Value=text)
