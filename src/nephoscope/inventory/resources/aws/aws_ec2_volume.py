"""AWS::EC2::Volume."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Draft
from nephoscope.inventory.resources.aws._ec2 import Ec2
from nephoscope.inventory.shape import own_tags, pick

if TYPE_CHECKING:
    from nephoscope.inventory.resource import View

NAMES = "VolumeId AvailabilityZone Encrypted Iops KmsKeyId MultiAttachEnabled Size Throughput VolumeType"


class AwsEc2Volume(Ec2):
    """EBS volumes, with the instances they are attached to (`Attachments`).

    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Volume.html
    """

    type: ClassVar[str] = "AWS::EC2::Volume"
    id_prefix = "vol-"
    permissions = ("ec2:DescribeVolumes",)
    satellites = ("Attachments",)
    operation, elements, by, id_key = "DescribeVolumes", "Volumes", "VolumeIds", "VolumeId"

    def draft(self, view: View, found: Any) -> Draft:
        draft = Draft(pick(found, NAMES), observed=pick(found, "State", "CreateTime"))
        draft["SnapshotId"] = found.get("SnapshotId") or None
        attachments = found.get("Attachments", ())
        draft["Attachments"] = [pick(one, "InstanceId", "Device", "DeleteOnTermination") for one in attachments]
        draft["Tags"] = own_tags(found.get("Tags"))
        draft.relate("is attached to", "AWS::EC2::Instance", [one.get("InstanceId") for one in attachments])
        draft.relate("is made from", "AWS::EC2::Snapshot", found.get("SnapshotId"))
        return draft
