from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nephoscope.respond.aws_action import NO_INSTANCE
from nephoscope.respond.aws_groups import GroupsAction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nephoscope.model.response import State
    from nephoscope.respond.action import World

MARK = "nephoscope:connections-cut"
EVERYTHING: tuple[dict[str, Any], ...] = (
    {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
    {"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}]},
)
THERE_ALREADY = ("InvalidPermission.Duplicate",)


@dataclass(frozen=True)
class AwsCutTrackedConnections(GroupsAction):
    """Cut an EC2 instance's open connections: open its groups to everything for a moment, then put them back.

    What a group lets through from and to everywhere is not tracked, and what is not tracked ends when the group goes.
    For that moment the instance is open to whatever can route to it, so policy has to ask for this step.
    Limits: connections through NAT gateways, Network Load Balancers, gateway and interface endpoints, transit gateways,
    and ICMP are tracked always, and live on. Nothing in the API tells which connections are gone.
    Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html
    """

    open_s: float = 2.0

    tactic = "isolate"
    is_destructive = True
    permissions = (
        "ec2:DescribeInstances",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:CreateSecurityGroup",
        "ec2:CreateTags",
        "ec2:DeleteTags",
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:AuthorizeSecurityGroupEgress",
        "ec2:ModifyNetworkInterfaceAttribute",
        "ec2:DeleteSecurityGroup",
    )

    def apply(self, world: World, state: State) -> State:
        if not self._is_marked(world):
            self._cut(world, state)
        else:
            self._close(world, state)
        tag = {"Key": MARK, "Value": world.token}
        self.call(world, "ec2", "CreateTags", Resources=[self.instance_id], Tags=[tag])
        return {}

    def verify(self, world: World, state: State) -> str:
        if not self._is_marked(world):
            return f"the connections of {self.instance_id} were not cut"
        opened = [group["GroupId"] for group in self.made(world).values()]
        if opened:
            return f"the open group {', '.join(opened)} is still there"
        now = self.groups(world)
        wrong = [name for name, was in state["interfaces"].items() if name in now and now[name] != was]
        return f"not back in its groups: {', '.join(wrong)}" if wrong else ""

    def revert(self, world: World, state: State) -> None:
        self._close(world, state)
        tag = {"Key": MARK, "Value": world.token}
        self.maybe(world, "ec2", "DeleteTags", NO_INSTANCE, Resources=[self.instance_id], Tags=[tag])

    def plan(self, world: World, state: State) -> Sequence[str]:
        return (
            f"{', '.join(state['interfaces'])}: for {self.open_s:g} s open to and from everywhere, then back "
            "in the groups of before; connections that were tracked end.",
            "For that moment whatever can route to the instance reaches it. Connections through NAT gateways, Network "
            "Load Balancers, endpoints and transit gateways, and ICMP, are tracked always and live on.",
        )

    def _cut(self, world: World, state: State) -> None:
        """Open all interfaces for the moment; whatever goes wrong, they do not stay open."""
        opened = {vpc: self._open(world, vpc) for vpc in sorted({each["vpc"] for each in state["interfaces"].values()})}
        try:
            for interface, was in state["interfaces"].items():
                self.put(world, interface, [opened[was["vpc"]]])
            time.sleep(self.open_s)
        finally:
            self._close(world, state)

    def _is_marked(self, world: World) -> bool:
        tags = self.instance(world).get("Tags") or ()
        return any(tag["Key"] == MARK and tag["Value"] == world.token for tag in tags)

    def _open(self, world: World, vpc: str) -> str:
        if vpc not in self.made(world):
            self.make(world, vpc, f"Untracked for a moment, to cut the connections of {self.instance_id}")
        group = str(self.made(world)[vpc]["GroupId"])
        for direction in ("Ingress", "Egress"):
            for rule in EVERYTHING:
                asked = {"GroupId": group, "IpPermissions": [rule]}
                self.maybe(world, "ec2", f"AuthorizeSecurityGroup{direction}", THERE_ALREADY, **asked)
        return group

    def _close(self, world: World, state: State) -> None:
        self.put_back(world, state)
        self.unmake(world)
