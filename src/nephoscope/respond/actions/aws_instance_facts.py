from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nephoscope.respond.aws_action import addresses_of
from nephoscope.respond.aws_capture import Captured, InstanceCapture, profile_of
from nephoscope.respond.aws_principal import ROLE, keep_role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nephoscope.model.response import State
    from nephoscope.respond.action import World

ATTRIBUTES = ("disableApiStop", "disableApiTermination", "instanceInitiatedShutdownBehavior", "userData")


@dataclass(frozen=True)
class AwsInstanceFacts(InstanceCapture):
    """Capture an EC2 instance as AWS describes it now: attributes, disks, network and its role with policies.

    Limits: what AWS knows, not what runs on it. User data is captured whole, with the secrets that may stand in it.
    What is read changes while it is read; each file says when it was. One that is gone is captured as last known.
    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html
    """

    tactic = "capture"
    permissions = (
        "ec2:DescribeInstanceAttribute",
        "ec2:DescribeInstances",
        "ec2:DescribeNetworkAcls",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeRouteTables",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVolumes",
        "ec2:DescribeVpcs",
        "iam:GetInstanceProfile",
        *ROLE,
    )

    def apply(self, world: World, state: State) -> State:
        captured = Captured(world, self, "instance")
        self._as_last_known(captured)
        described = captured.ask("instance", "ec2", "DescribeInstances", InstanceIds=[self.instance_id])
        found: list[Any] = [one for each in described.get("Reservations") or () for one in each["Instances"]]
        if not found and described:
            captured.lacks("instance", f"EC2 describes no instance {self.instance_id}")
        if not found:
            return captured.told()
        for attribute in ATTRIBUTES:
            asked = {"InstanceId": self.instance_id, "Attribute": attribute}
            captured.ask(f"attribute-{attribute}", "ec2", "DescribeInstanceAttribute", **asked)
        captured.every("volumes", "ec2", "DescribeVolumes", "Volumes", Filters=self._attached)
        interfaces = self._network(captured, found[0])
        role = self._role(captured, found[0])
        return captured.told(addresses=addresses_of(interfaces), role=role)

    @property
    def _attached(self) -> list[dict[str, Any]]:
        return [{"Name": "attachment.instance-id", "Values": [self.instance_id]}]

    def _as_last_known(self, captured: Captured) -> None:
        item = captured.world.known.item("AWS::EC2::Instance", self.instance_id, self.account, self.region)
        if item is None:
            captured.lacks("as_last_known", "the inventory does not know this instance")
        else:
            captured.json("as_last_known", item, "the inventory, as last read")

    def _network(self, captured: Captured, instance: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Interfaces with their groups, and what stands around them: subnets, routes, access lists."""
        interfaces: list[Any] = captured.every(
            "interfaces", "ec2", "DescribeNetworkInterfaces", "NetworkInterfaces", Filters=self._attached
        )
        cards = interfaces or instance.get("NetworkInterfaces") or []
        groups = sorted({group["GroupId"] for card in cards for group in card.get("Groups") or ()})
        if groups:
            captured.every("security_groups", "ec2", "DescribeSecurityGroups", "SecurityGroups", GroupIds=groups)
        vpc = instance.get("VpcId")
        if not vpc:
            return interfaces
        here = [{"Name": "vpc-id", "Values": [vpc]}]
        captured.every("vpc", "ec2", "DescribeVpcs", "Vpcs", VpcIds=[vpc])
        captured.every("subnets", "ec2", "DescribeSubnets", "Subnets", Filters=here)
        captured.every("route_tables", "ec2", "DescribeRouteTables", "RouteTables", Filters=here)
        captured.every("network_acls", "ec2", "DescribeNetworkAcls", "NetworkAcls", Filters=here)
        return interfaces

    def _role(self, captured: Captured, instance: Mapping[str, Any]) -> str:
        """The ARN of the role that the instance has; empty for none."""
        profile = profile_of(instance)
        if not profile:
            return ""
        answer = captured.ask("instance_profile", "iam", "GetInstanceProfile", InstanceProfileName=profile)
        roles: list[Any] = answer["InstanceProfile"]["Roles"] if answer else []
        return "".join(str(keep_role(captured, role["RoleName"]).get("Arn", role["Arn"])) for role in roles)
