"""AWS::EC2::Image, a type of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Draft
from nephoscope.inventory.resources.aws._ec2 import Ec2, key
from nephoscope.inventory.shape import own_tags, pick

if TYPE_CHECKING:
    from nephoscope.inventory.resource import View

NAMES = (
    "ImageId Name Description Public OwnerId Architecture CreationDate DeprecationTime ImdsSupport BootMode "
    "RootDeviceName RootDeviceType VirtualizationType PlatformDetails"
)
DISK = "SnapshotId Encrypted KmsKeyId VolumeSize VolumeType DeleteOnTermination"


class AwsEc2Image(Ec2):
    """The account's own AMIs, with who may launch them (`LaunchPermissions`) and whether everybody may (`Public`).

    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Image.html
    """

    type: ClassVar[str] = "AWS::EC2::Image"
    id_prefix = "ami-"
    permissions = ("ec2:DescribeImages", "ec2:DescribeImageAttribute")
    operation, elements, by, id_key = "DescribeImages", "Images", "ImageIds", "ImageId"
    params: ClassVar[dict[str, Any]] = {"Owners": ["self"]}
    makes_calls = True

    def draft(self, view: View, found: Any) -> Draft:
        draft = Draft(pick(found, NAMES), observed=pick(found, "State", "LastLaunchedTime"))
        disks = [one for one in found.get("BlockDeviceMappings", ()) if "Ebs" in one]
        draft["BlockDeviceMappings"] = [
            {"DeviceName": one["DeviceName"], "Ebs": pick(one["Ebs"], DISK)} for one in disks
        ]
        draft["Tags"] = own_tags(found.get("Tags"))
        with draft.part("/LaunchPermissions"):
            answer = view.call("ec2", "DescribeImageAttribute", ImageId=found["ImageId"], Attribute="launchPermission")
            draft["LaunchPermissions"] = sorted(answer.get("LaunchPermissions", ()), key=key)
        draft.relate("uses", "AWS::EC2::Snapshot", [one["Ebs"].get("SnapshotId") for one in disks])
        return draft
