"""AWS::EC2::Subnet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Draft
from nephoscope.inventory.resources.aws._ec2 import Ec2
from nephoscope.inventory.shape import own_tags, pick

if TYPE_CHECKING:
    from nephoscope.inventory.resource import View

NAMES = (
    "SubnetId VpcId CidrBlock AvailabilityZone AvailabilityZoneId MapPublicIpOnLaunch AssignIpv6AddressOnCreation "
    "EnableDns64 Ipv6Native OutpostArn"
)


class AwsEc2Subnet(Ec2):
    """Subnets.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Subnet.html
    """

    type: ClassVar[str] = "AWS::EC2::Subnet"
    id_prefix = "subnet-"
    permissions = ("ec2:DescribeSubnets",)
    satellites = ("DefaultForAz",)
    operation, elements, by, id_key = "DescribeSubnets", "Subnets", "SubnetIds", "SubnetId"

    def draft(self, view: View, found: Any) -> Draft:
        draft = Draft(pick(found, NAMES, "DefaultForAz"), observed=pick(found, "AvailableIpAddressCount"))
        draft["Tags"] = own_tags(found.get("Tags"))
        draft.arn = found.get("SubnetArn", "")
        draft.relate("is contained in", "AWS::EC2::VPC", found["VpcId"])
        return draft
