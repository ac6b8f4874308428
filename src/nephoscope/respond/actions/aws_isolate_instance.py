from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nephoscope.respond.aws_action import addresses_of
from nephoscope.respond.aws_groups import GroupsAction
from nephoscope.respond.traffic import cut_off

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nephoscope.model.response import State
    from nephoscope.respond.action import World


@dataclass(frozen=True)
class AwsIsolateInstance(GroupsAction):
    """Cut an EC2 instance off the network: put its interfaces into one empty security group per VPC.

    Disk, memory and tags stay as they are, so the evidence survives.
    Limits: a connection that is already tracked lives on until it closes or idles out. Security groups stop neither the
    instance metadata service nor the VPC's own DNS, time and licence servers. A primary interface cannot be moved.
    Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html
    """

    tactic = "isolate"
    permissions = (
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:CreateSecurityGroup",
        "ec2:CreateTags",
        "ec2:RevokeSecurityGroupEgress",
        "ec2:ModifyNetworkInterfaceAttribute",
        "ec2:DeleteSecurityGroup",
    )

    def apply(self, world: World, state: State) -> State:
        made = {vpc: self._empty(world, vpc) for vpc in sorted({each["vpc"] for each in state["interfaces"].values()})}
        for interface, was in state["interfaces"].items():
            self.put(world, interface, [made[was["vpc"]]])
        return {"groups": list(made.values())}

    def verify(self, world: World, state: State) -> str:
        made = self.made(world)
        full = [one["GroupId"] for one in made.values() if one.get("IpPermissions") or one.get("IpPermissionsEgress")]
        if full:
            return f"the quarantine group {', '.join(full)} is not empty"
        own = {vpc: [group["GroupId"]] for vpc, group in made.items()}
        outside = [name for name, now in self.groups(world).items() if now["groups"] != own.get(now["vpc"])]
        return f"not in the quarantine group: {', '.join(outside)}" if outside else ""

    def revert(self, world: World, state: State) -> None:
        self.put_back(world, state)
        self.unmake(world)

    def plan(self, world: World, state: State) -> Sequence[str]:
        changes = [f"{name}: {', '.join(was['groups'])} → one empty group" for name, was in state["interfaces"].items()]
        return (
            f"{self.instance_id}: {'; '.join(changes)}.",
            cut_off(world.known, self.account, addresses_of(self.interfaces(world))),
            "Connections that are tracked already live on until they close or idle out, unless a later step cuts them; "
            "instance metadata and the VPC's DNS stay in reach.",
        )

    def _empty(self, world: World, vpc: str) -> str:
        """The id of this step's group in a VPC, without rules: AWS gives a new one egress to everywhere."""
        purpose = f"Quarantine of {self.instance_id}: no traffic"
        if vpc not in self.made(world):
            self.make(world, vpc, purpose)
        group = self.made(world)[vpc]
        if group.get("IpPermissionsEgress"):
            rules = group["IpPermissionsEgress"]
            self.call(world, "ec2", "RevokeSecurityGroupEgress", GroupId=group["GroupId"], IpPermissions=rules)
        return str(group["GroupId"])
