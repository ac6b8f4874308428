"""AWS::EC2::InternetGateway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Draft
from nephoscope.inventory.resources.aws._ec2 import Ec2
from nephoscope.inventory.shape import own_tags, pick

if TYPE_CHECKING:
    from nephoscope.inventory.resource import View


class AwsEc2InternetGateway(Ec2):
    """Internet gateways, with the VPCs they are attached to (`Attachments`).

    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InternetGateway.html
    """

    type: ClassVar[str] = "AWS::EC2::InternetGateway"
    id_prefix = "igw-"
    permissions = ("ec2:DescribeInternetGateways",)
    satellites = ("Attachments",)
    operation, elements, by = "DescribeInternetGateways", "InternetGateways", "InternetGatewayIds"
    id_key = "InternetGatewayId"

    def draft(self, view: View, found: Any) -> Draft:
        draft = Draft(pick(found, "InternetGatewayId"))
        draft["Attachments"] = [pick(one, "VpcId") for one in found.get("Attachments", ())]
        draft["Tags"] = own_tags(found.get("Tags"))
        draft.relate("is attached to", "AWS::EC2::VPC", [one["VpcId"] for one in draft.configuration["Attachments"]])
        return draft
