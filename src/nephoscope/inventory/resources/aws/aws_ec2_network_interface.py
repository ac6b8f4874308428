"""AWS::EC2::NetworkInterface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Draft
from nephoscope.inventory.resources.aws._ec2 import Ec2
from nephoscope.inventory.shape import own_tags, pick

if TYPE_CHECKING:
    from nephoscope.inventory.resource import View

NAMES = "Description InterfaceType PrivateIpAddress SourceDestCheck SubnetId VpcId"


class AwsEc2NetworkInterface(Ec2):
    """Network interfaces, with their public address (`Association`) and what they are attached to (`Attachment`).

    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkInterface.html
    """

    type: ClassVar[str] = "AWS::EC2::NetworkInterface"
    id_prefix = "eni-"
    permissions = ("ec2:DescribeNetworkInterfaces",)
    satellites = ("Association", "Attachment")
    operation, elements, by, id_key = "DescribeNetworkInterfaces", "NetworkInterfaces", "NetworkInterfaceIds", "Id"

    def draft(self, view: View, found: Any) -> Draft:
        draft = Draft(
            pick(found, NAMES, Id="NetworkInterfaceId", PrimaryPrivateIpAddress="PrivateIpAddress"),
            observed=pick(found, "Status", "RequesterManaged"),
        )
        draft["GroupSet"] = sorted(group["GroupId"] for group in found.get("Groups", ()))
        draft["PrivateIpAddresses"] = [
            pick(one, "Primary", "PrivateIpAddress") for one in found.get("PrivateIpAddresses", ())
        ]
        association, attachment = found.get("Association") or {}, found.get("Attachment") or {}
        draft["Association"] = pick(association, "PublicIp", "PublicDnsName", "AllocationId", "IpOwnerId")
        draft["Attachment"] = pick(attachment, "InstanceId", "InstanceOwnerId", "DeviceIndex", "DeleteOnTermination")
        draft["Tags"] = own_tags(found.get("TagSet"))
        draft.relate("is contained in", "AWS::EC2::VPC", found.get("VpcId"))
        draft.relate("is contained in", "AWS::EC2::Subnet", found.get("SubnetId"))
        draft.relate("is attached to", "AWS::EC2::Instance", attachment.get("InstanceId"))
        draft.relate("is associated with", "AWS::EC2::SecurityGroup", draft.configuration["GroupSet"])
        return draft
