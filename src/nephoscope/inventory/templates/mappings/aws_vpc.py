"""VPC: networks, security groups, network ACLs, flow logs.

Source: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/security_group
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nephoscope.inventory.templates.fold import Fold
from nephoscope.inventory.templates.mapping import To, Via, blocks_of
from nephoscope.inventory.templates.unresolved import Unresolved

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nephoscope.inventory.templates.mapping import Target

GROUP = "AWS::EC2::SecurityGroup"
ACL = "AWS::EC2::NetworkAcl"
ENDS = {"Ingress": "Source", "Egress": "Destination"}
PEERS = {
    "cidr_blocks": "CidrIp",
    "cidr_ipv4": "CidrIp",
    "ipv6_cidr_blocks": "CidrIpv6",
    "cidr_ipv6": "CidrIpv6",
    "prefix_list_ids": "{}PrefixListId",
    "prefix_list_id": "{}PrefixListId",
    "security_groups": "{}SecurityGroupId",
    "source_security_group_id": "{}SecurityGroupId",
    "referenced_security_group_id": "{}SecurityGroupId",
}
PROTOCOLS: dict[str, Any] = {"all": -1, "tcp": 6, "udp": 17, "icmp": 1}
TRAFFIC = Via("TrafficType", str)
ENTRY = {"rule_no": "RuleNumber", "rule_number": "RuleNumber", "action": "RuleAction", "rule_action": "RuleAction"} | {
    "cidr_block": "CidrBlock",
    "ipv6_cidr_block": "Ipv6CidrBlock",
    "egress": "Egress",
}


def group_rules(blocks: Any, way: str) -> list[Any]:
    """A group's rules: Terraform's have several peers each, CloudFormation's one. way: "Ingress" or "Egress"."""
    return [each for block in blocks_of(blocks) for each in _group_rules(block, ENDS[way])]


def _group_rules(block: Any, end: str) -> Iterator[Any]:
    if isinstance(block, Unresolved):
        yield block
        return
    protocol = block.get("protocol", block.get("ip_protocol"))
    base = {"IpProtocol": protocol, "FromPort": block.get("from_port"), "ToPort": block.get("to_port")}
    base = {key: value for key, value in base.items() if value is not None}
    if str(protocol) in ("-1", "all"):
        base = {"IpProtocol": "-1"}
    for attribute, name in PEERS.items():
        peers = block.get(attribute)
        for peer in peers if isinstance(peers, list) else [peers]:
            if peer is not None:
                yield base | {name.format(end): peer}
    if block.get("self") in (True, "true"):
        yield base | {f"{end}SecurityGroupId": "self"}


def _rule(way: str) -> To:
    def reshape(values: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"GroupId": values.get("security_group_id"), "Rules": group_rules(values, way)}

    fold = Fold(GROUP, "GroupId", f"SecurityGroup{way}", several=True, only="Rules", extend=True)
    return To(f"AWS::EC2::SecurityGroup{way}", {"Rules": "Rules"}, folds=(fold,), reshape=reshape)


def acl_entry(block: Any, egress: Any) -> Any:
    """A network ACL's rule."""
    if isinstance(block, Unresolved):
        return block
    found = {name: block[key] for key, name in ENTRY.items() if block.get(key) is not None}
    protocol = block.get("protocol")
    found["Protocol"] = PROTOCOLS.get(protocol.lower(), protocol) if isinstance(protocol, str) else protocol
    found["PortRange"] = {"From": block.get("from_port", 0), "To": block.get("to_port", 0)}
    return found if egress is None else found | {"Egress": egress}


def _acl(values: Mapping[str, Any]) -> Mapping[str, Any]:
    entries = [
        acl_entry(block, egress)
        for way, egress in (("ingress", False), ("egress", True))
        for block in blocks_of(values.get(way) or [])
    ]
    hole = next((each for way in ("ingress", "egress") if isinstance(each := values.get(way), Unresolved)), None)
    kept = {key: value for key, value in values.items() if key not in ("ingress", "egress")}
    return kept | {"Entries": hole or entries}


def _acl_rule(values: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"NetworkAclId": values.get("network_acl_id")} | acl_entry(values, None)


GROUP_NAMES: dict[str, Target] = {
    "name": "GroupName",
    "name_prefix": None,
    "description": "GroupDescription",
    "ingress": Via("SecurityGroupIngress", lambda blocks: group_rules(blocks, "Ingress")),
    "egress": Via("SecurityGroupEgress", lambda blocks: group_rules(blocks, "Egress")),
}
TYPES: dict[str, To] = {
    "aws_vpc": To("AWS::EC2::VPC"),
    "aws_default_vpc": To("AWS::EC2::VPC"),
    "aws_subnet": To("AWS::EC2::Subnet"),
    "aws_flow_log": To(
        "AWS::EC2::FlowLog",
        {"vpc_id": "ResourceId", "traffic_type": TRAFFIC},
        {"TrafficType": "ALL"},
        (Fold("AWS::EC2::VPC", "ResourceId", "FlowLogs", several=True),),
    ),
    "aws_security_group": To(GROUP, GROUP_NAMES, {"SecurityGroupEgress": []}),
    "aws_default_security_group": To(GROUP, GROUP_NAMES, {"GroupName": "default", "SecurityGroupEgress": []}),
    "aws_security_group_rule.ingress": _rule("Ingress"),
    "aws_security_group_rule.egress": _rule("Egress"),
    "aws_vpc_security_group_ingress_rule": _rule("Ingress"),
    "aws_vpc_security_group_egress_rule": _rule("Egress"),
    "aws_network_acl": To(ACL, {"Entries": "Entries"}, reshape=_acl),
    "aws_default_network_acl": To(ACL, {"Entries": "Entries"}, reshape=_acl),
    "aws_network_acl_rule": To(
        "AWS::EC2::NetworkAclEntry",
        {"PortRange": "PortRange"},
        {"Egress": False},
        (Fold(ACL, "NetworkAclId", "Entries", several=True),),
        _acl_rule,
    ),
}
