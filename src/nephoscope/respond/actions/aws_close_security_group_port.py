from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nephoscope.model.response import Target
from nephoscope.respond.aws_action import AwsAction

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nephoscope.model.response import State
    from nephoscope.respond.action import World

WORLD = ("0.0.0.0/0", "::/0")
NO_GROUP = ("InvalidGroup.NotFound", "InvalidGroupId.Malformed")
WITHOUT_PORTS = ("-1", "icmp", "icmpv6", "58")
GONE = ("InvalidPermission.NotFound",)


@dataclass(frozen=True)
class AwsCloseSecurityGroupPort(AwsAction):
    """Revoke the rules by which a security group lets the whole world in on a port.

    port: 0 for every port. A rule that covers more than the port is revoked as a whole; the plan says which.
    Limits: connections that are tracked already live on. Ranges narrower than the whole world (0.0.0.0/1, prefix lists)
    are not touched. Put back, a rule has its description and tags, and another id.
    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupIngress.html
    """

    group_id: str
    port: int = 0

    tactic = "contain"
    permissions = (
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSecurityGroupRules",
        "ec2:RevokeSecurityGroupIngress",
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:CreateTags",
    )

    @property
    def target(self) -> Target:
        return Target(self.account, self.region, "AWS::EC2::SecurityGroup", self.group_id)

    def state(self, world: World) -> State:
        """{"rules": [{protocol, from_port, to_port, range, description, tags}, …]}, those that are to be revoked."""
        self.needed(world, "ec2", "DescribeSecurityGroups", NO_GROUP, GroupIds=[self.group_id])
        return {"rules": sorted(self._rules(world), key=str)}

    def apply(self, world: World, state: State) -> State:
        for rule in state["rules"]:
            asked = {"GroupId": self.group_id, "IpPermissions": [_permission(rule, is_described=False)]}
            self.maybe(world, "ec2", "RevokeSecurityGroupIngress", GONE, **asked)
        return {"revoked": [_said(rule) for rule in state["rules"]]}

    def verify(self, world: World, state: State) -> str:
        rules = list(self._rules(world))
        return f"{self.group_id} lets the world in: {', '.join(map(_said, rules))}" if rules else ""

    def revert(self, world: World, state: State) -> None:
        there = self.state(world)["rules"]
        for rule in state["rules"]:
            if rule not in there:
                tags = [{"ResourceType": "security-group-rule", "Tags": rule["tags"]}] if rule["tags"] else []
                asked = {"GroupId": self.group_id, "IpPermissions": [_permission(rule)]}
                more = {"TagSpecifications": tags} if tags else {}
                self.call(world, "ec2", "AuthorizeSecurityGroupIngress", **asked, **more)

    def plan(self, world: World, state: State) -> Sequence[str]:
        del world
        if not state["rules"]:
            return (f"{self.group_id} does not let the world in on port {self.port or 'any'}: nothing changes.",)
        wide = [
            rule for rule in state["rules"] if self.port and (rule["from_port"], rule["to_port"]) != (self.port,) * 2
        ]
        more = f" Revoked as a whole though wider than port {self.port}: {', '.join(map(_said, wide))}." if wide else ""
        return (
            f"{self.group_id}: revoked: {', '.join(map(_said, state['rules']))}; whatever is in this group is no "
            f"longer reached from everywhere there.{more}",
            "Connections that are tracked already live on until they close or idle out.",
        )

    def _rules(self, world: World) -> Iterator[dict[str, Any]]:
        of_group = [{"Name": "group-id", "Values": [self.group_id]}]
        for rule in self.every(world, "ec2", "DescribeSecurityGroupRules", "SecurityGroupRules", Filters=of_group):
            everywhere = rule.get("CidrIpv4") or rule.get("CidrIpv6")
            if not rule["IsEgress"] and everywhere in WORLD and self._is_meant(rule):
                yield {
                    "protocol": rule["IpProtocol"],
                    "from_port": rule.get("FromPort", -1),
                    "to_port": rule.get("ToPort", -1),
                    "range": everywhere,
                    "description": rule.get("Description") or "",
                    "tags": sorted(rule.get("Tags") or (), key=str),
                }

    def _is_meant(self, rule: Mapping[str, Any]) -> bool:
        protocol = rule["IpProtocol"]
        if not self.port or protocol == "-1":
            return True
        return protocol not in WITHOUT_PORTS and rule["FromPort"] <= self.port <= rule["ToPort"]


def _permission(rule: State, *, is_described: bool = True) -> dict[str, Any]:
    family, key = ("Ipv6Ranges", "CidrIpv6") if ":" in rule["range"] else ("IpRanges", "CidrIp")
    one = {key: rule["range"]} | ({"Description": rule["description"]} if is_described and rule["description"] else {})
    ports = {} if rule["protocol"] == "-1" else {"FromPort": rule["from_port"], "ToPort": rule["to_port"]}
    return {"IpProtocol": rule["protocol"], **ports, family: [one]}


def _said(rule: State) -> str:
    ports = f"{rule['from_port']}" + (f"-{rule['to_port']}" if rule["to_port"] != rule["from_port"] else "")
    protocol = "everything" if rule["protocol"] == "-1" else f"{rule['protocol']} {ports}"
    return f"{protocol} from {rule['range']}"
