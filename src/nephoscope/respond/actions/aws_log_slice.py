from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nephoscope.model.errors import CloudError, Refused
from nephoscope.respond.aws_action import addresses_of
from nephoscope.respond.aws_capture import Captured, InstanceCapture, profile_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.model.response import State
    from nephoscope.respond.action import World


@dataclass(frozen=True)
class AwsLogSlice(InstanceCapture):
    """Capture the collected events by and on an EC2 instance, its role and its sessions, and its flows.

    days: how far back.
    Limits: what was collected until now; log files arrive minutes late, so the last minutes are missing: capture again
    later. At most 500 events of each kind and 500 peers. Flows are summed up by peer and port.
    Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/how-cloudtrail-works.html
    """

    days: int = 7

    tactic = "capture"
    permissions = ("ec2:DescribeInstances", "ec2:DescribeNetworkInterfaces", "iam:GetInstanceProfile")

    def apply(self, world: World, state: State) -> State:
        captured = Captured(world, self, "logs")
        counts = {"on_instance": self._events(captured, "on_instance", resource=self.instance_id)}
        for name, actor in self._actors(captured):
            counts[name] = self._events(captured, name, actor=actor)
        counts["flows"] = self._flows(captured)
        captured.lacks("the last minutes", "log files arrive minutes after what they tell of")
        return captured.told(counts=counts)

    def _actors(self, captured: Captured) -> Iterator[tuple[str, str]]:
        """The role of the instance, and the instance's own session of it."""
        try:
            profile = profile_of(self.instance(captured.world))
            roles = self._roles(captured.world, profile) if profile else []
        except (CloudError, Refused) as error:
            captured.lacks("by_role", error)
            return
        if not roles:
            captured.lacks("by_role", f"{self.instance_id} has no role")
        for role in roles:
            yield "by_role", str(role["Arn"])
            session = f"arn:{self.partition}:sts::{self.account}:assumed-role/{role['RoleName']}/{self.instance_id}"
            yield "by_session", session

    def _roles(self, world: World, profile: str) -> list[Any]:
        return self.call(world, "iam", "GetInstanceProfile", InstanceProfileName=profile)["InstanceProfile"]["Roles"]

    def _events(self, captured: Captured, name: str, **which: str) -> int:
        said = f"events {which} in {self.days} days, newest first"
        return captured.rows(name, said, lambda: captured.world.known.events(self.account, days=self.days, **which))

    def _flows(self, captured: Captured) -> int:
        try:
            addresses = addresses_of(self.interfaces(captured.world))
        except (CloudError, Refused) as error:
            captured.lacks("flows", error)
            return 0
        said = f"accepted flows of {', '.join(addresses)} in {self.days} days"
        return captured.rows("flows", said, lambda: captured.world.known.flows(self.account, addresses, self.days))
