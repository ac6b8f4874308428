"""AWS::EC2::Instance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Draft
from nephoscope.inventory.resources.aws._ec2 import Ec2
from nephoscope.inventory.shape import own_tags, pick

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.inventory.resource import View

NAMES = (
    "InstanceId ImageId InstanceType KeyName SubnetId VpcId EbsOptimized SourceDestCheck KernelId RamdiskId "
    "PrivateDnsName PublicDnsName PrivateIpAddress"
)
METADATA = "HttpTokens HttpEndpoint HttpPutResponseHopLimit HttpProtocolIpv6 InstanceMetadataTags"


class AwsEc2Instance(Ec2):
    """EC2 instances; terminated ones are gone.

    Limits: user data, which may hold secrets, is not read.
    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html
    """

    type: ClassVar[str] = "AWS::EC2::Instance"
    id_prefix = "i-"
    permissions = ("ec2:DescribeInstances", "ec2:DescribeInstanceAttribute")
    makes_calls = True
    operation, elements, by, id_key = "DescribeInstances", "Reservations", "InstanceIds", "InstanceId"

    def find(self, view: View) -> Iterator[Any]:
        for reservation in super().find(view):
            yield from (one for one in reservation["Instances"] if one["State"]["Name"] != "terminated")

    def get(self, view: View, id: str) -> Any | None:
        reservation = super().get(view, id)
        found = reservation["Instances"][0] if reservation else None
        return None if found is None or found["State"]["Name"] == "terminated" else found

    def draft(self, view: View, found: Any) -> Draft:
        draft = Draft(
            pick(found, NAMES, PrivateIp="PrivateIpAddress", PublicIp="PublicIpAddress"),
            observed=pick(found, "LaunchTime", "StateTransitionReason"),
        )
        draft["State"] = {"Code": str(found["State"]["Code"]), "Name": found["State"]["Name"]}
        draft["AvailabilityZone"] = found.get("Placement", {}).get("AvailabilityZone")
        draft["Tenancy"] = found.get("Placement", {}).get("Tenancy")
        draft["Monitoring"] = found.get("Monitoring", {}).get("State") in ("enabled", "pending")
        draft["MetadataOptions"] = pick(found["MetadataOptions"], METADATA) if "MetadataOptions" in found else None
        draft["IamInstanceProfile"] = found.get("IamInstanceProfile", {}).get("Arn", "").rpartition("/")[2] or None
        interfaces = [_interface(one) for one in found.get("NetworkInterfaces", ())]
        draft["NetworkInterfaces"] = interfaces
        draft["SecurityGroupIds"] = sorted(group["GroupId"] for group in found.get("SecurityGroups", ())) or [
            group for one in interfaces if one["DeviceIndex"] == "0" for group in one["GroupSet"]
        ]
        disks = [(one["DeviceName"], one["Ebs"]) for one in found.get("BlockDeviceMappings", ()) if "Ebs" in one]
        draft["Volumes"] = [{"VolumeId": disk["VolumeId"], "Device": device} for device, disk in disks]
        draft["BlockDeviceMappings"] = [
            {"DeviceName": device, "Ebs": pick(disk, "DeleteOnTermination")} for device, disk in disks
        ]
        draft["Tags"] = own_tags(found.get("Tags"))
        with draft.part("/DisableApiTermination"):
            wanted = {"InstanceId": found["InstanceId"], "Attribute": "disableApiTermination"}
            answer = view.call("ec2", "DescribeInstanceAttribute", **wanted)
            draft["DisableApiTermination"] = answer["DisableApiTermination"]["Value"]
        _relate(draft, found)
        return draft


def _interface(found: dict[str, Any]) -> dict[str, Any]:
    shown = pick(found, "NetworkInterfaceId", "SubnetId", "PrivateIpAddress", "Description")
    attachment = found.get("Attachment", {})
    shown["GroupSet"] = sorted(group["GroupId"] for group in found.get("Groups", ()))
    shown["AssociatePublicIpAddress"] = "Association" in found
    shown["DeviceIndex"] = str(attachment.get("DeviceIndex", 0))
    return shown | pick(attachment, "DeleteOnTermination")


def _relate(draft: Draft, found: dict[str, Any]) -> None:
    configuration = draft.configuration
    draft.relate("is contained in", "AWS::EC2::VPC", found.get("VpcId"))
    draft.relate("is contained in", "AWS::EC2::Subnet", found.get("SubnetId"))
    draft.relate("uses", "AWS::EC2::Image", found.get("ImageId"))
    draft.relate("is associated with", "AWS::EC2::SecurityGroup", configuration["SecurityGroupIds"])
    interfaces = [one.get("NetworkInterfaceId") for one in configuration["NetworkInterfaces"]]
    draft.relate("is attached to", "AWS::EC2::NetworkInterface", interfaces)
    draft.relate("is attached to", "AWS::EC2::Volume", [one["VolumeId"] for one in configuration["Volumes"]])
