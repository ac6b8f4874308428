"""AWS::EC2::NetworkAcl."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Draft
from nephoscope.inventory.resources.aws._ec2 import Ec2
from nephoscope.inventory.shape import own_tags, pick

if TYPE_CHECKING:
    from nephoscope.inventory.resource import View


class AwsEc2NetworkAcl(Ec2):
    """Network ACLs, with their `Entries` in the order in which they are evaluated, and their `Associations`.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkAcl.html
    """

    type: ClassVar[str] = "AWS::EC2::NetworkAcl"
    id_prefix = "acl-"
    permissions = ("ec2:DescribeNetworkAcls",)
    satellites = ("Entries", "Associations", "IsDefault")
    operation, elements, by, id_key = "DescribeNetworkAcls", "NetworkAcls", "NetworkAclIds", "Id"

    def draft(self, view: View, found: Any) -> Draft:
        draft = Draft(pick(found, "VpcId", "IsDefault", Id="NetworkAclId"))
        entries = sorted(found.get("Entries", ()), key=lambda entry: (entry["Egress"], entry["RuleNumber"]))
        draft["Entries"] = [_entry(entry) for entry in entries]
        draft["Associations"] = [
            pick(one, "SubnetId", Id="NetworkAclAssociationId") for one in found.get("Associations", ())
        ]
        draft["Tags"] = own_tags(found.get("Tags"))
        draft.relate("is contained in", "AWS::EC2::VPC", found.get("VpcId"))
        subnets = [one.get("SubnetId") for one in draft.configuration["Associations"]]
        draft.relate("is associated with", "AWS::EC2::Subnet", subnets)
        return draft


def _entry(found: dict[str, Any]) -> dict[str, Any]:
    entry = pick(found, "RuleNumber", "RuleAction", "Egress", "CidrBlock", "Ipv6CidrBlock", "PortRange")
    return entry | {"Protocol": int(found["Protocol"])} | pick(found, Icmp="IcmpTypeCode")
