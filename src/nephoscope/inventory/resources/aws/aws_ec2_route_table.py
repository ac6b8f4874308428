"""AWS::EC2::RouteTable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Draft
from nephoscope.inventory.resources.aws._ec2 import Ec2, key
from nephoscope.inventory.shape import own_tags, pick

if TYPE_CHECKING:
    from nephoscope.inventory.resource import View

ROUTE = (
    "CarrierGatewayId CoreNetworkArn DestinationCidrBlock DestinationPrefixListId GatewayId InstanceId "
    "LocalGatewayId NatGatewayId NetworkInterfaceId TransitGatewayId VpcPeeringConnectionId Origin State"
)
RENAMED = {
    "DestinationIpv6CidrBlock": "DestinationIpv6CidrBlock",
    "EgressOnlyInternetGatewayId": "EgressOnlyInternetGatewayId",
}


class AwsEc2RouteTable(Ec2):
    """Route tables, with their `Routes` and `Associations`.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RouteTable.html
    """

    type: ClassVar[str] = "AWS::EC2::RouteTable"
    id_prefix = "rtb-"
    permissions = ("ec2:DescribeRouteTables",)
    satellites = ("Routes", "Associations")
    operation, elements, by, id_key = "DescribeRouteTables", "RouteTables", "RouteTableIds", "RouteTableId"

    def draft(self, view: View, found: Any) -> Draft:
        draft = Draft(pick(found, "RouteTableId", "VpcId"))
        draft["Routes"] = sorted((pick(route, ROUTE, **RENAMED) for route in found.get("Routes", ())), key=key)
        draft["Associations"] = [
            pick(one, "SubnetId", "GatewayId", "Main", Id="RouteTableAssociationId")
            for one in found.get("Associations", ())
        ]
        draft["Tags"] = own_tags(found.get("Tags"))
        draft.relate("is contained in", "AWS::EC2::VPC", found.get("VpcId"))
        subnets = [one.get("SubnetId") for one in draft.configuration["Associations"]]
        draft.relate("is associated with", "AWS::EC2::Subnet", subnets)
        return draft
