"""Security groups of an instance's interfaces: read, swapped, and made for a while under a name of our own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nephoscope.respond.aws_action import InstanceAction, tagged

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nephoscope.model.response import State
    from nephoscope.respond.action import World

NO_INTERFACE = ("InvalidNetworkInterfaceID.NotFound",)
NO_GROUP = ("InvalidGroup.NotFound",)


@dataclass(frozen=True)
class GroupsAction(InstanceAction):
    """An action that changes which security groups an instance's interfaces are in."""

    may_differ = ("order",)

    def state(self, world: World) -> State:
        """{"interfaces": {interface: {"vpc": …, "groups": [id, …]}}, "order": {interface: [id, …] as AWS has it}}."""
        interfaces = self.interfaces(world)
        order = {each["NetworkInterfaceId"]: [group["GroupId"] for group in each["Groups"]] for each in interfaces}
        return {
            "interfaces": {
                each["NetworkInterfaceId"]: {"vpc": each["VpcId"], "groups": sorted(order[each["NetworkInterfaceId"]])}
                for each in interfaces
            },
            "order": order,
        }

    def groups(self, world: World) -> dict[str, dict[str, Any]]:
        """{interface: {"vpc": …, "groups": [id, …]}}, as now."""
        return dict(self.state(world)["interfaces"])

    def put(self, world: World, interface: str, groups: Sequence[str]) -> None:
        """Put an interface into these groups only; one that is gone needs none."""
        asked = {"NetworkInterfaceId": interface, "Groups": list(groups)}
        self.maybe(world, "ec2", "ModifyNetworkInterfaceAttribute", NO_INTERFACE, **asked)

    def put_back(self, world: World, state: State) -> None:
        """Put every recorded interface into the groups that it was in."""
        for interface, groups in state["order"].items():
            self.put(world, interface, groups)

    def made(self, world: World) -> dict[str, Mapping[str, Any]]:
        """{VPC: the group that this step made there}."""
        named = [{"Name": "group-name", "Values": [world.token]}]
        found = self.every(world, "ec2", "DescribeSecurityGroups", "SecurityGroups", Filters=named)
        return {group["VpcId"]: group for group in found}

    def make(self, world: World, vpc: str, purpose: str) -> str:
        """A group of this step's own in a VPC, with the rules that AWS gives a new one; returns its id."""
        asked = {"GroupName": world.token, "Description": purpose, "VpcId": vpc}
        tags = tagged("security-group", world.token)
        return str(self.call(world, "ec2", "CreateSecurityGroup", **asked, TagSpecifications=tags)["GroupId"])

    def unmake(self, world: World) -> None:
        """Delete the groups that this step made; nothing may be in them any more."""
        for group in self.made(world).values():
            self.maybe(world, "ec2", "DeleteSecurityGroup", NO_GROUP, GroupId=group["GroupId"])
