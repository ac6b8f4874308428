"""AWS::EC2::Snapshot, a type of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Draft
from nephoscope.inventory.resources.aws._ec2 import Ec2, key
from nephoscope.inventory.shape import own_tags, pick

if TYPE_CHECKING:
    from nephoscope.inventory.resource import View

NAMES = "SnapshotId VolumeId VolumeSize Encrypted KmsKeyId Description OwnerId StorageTier StartTime"


class AwsEc2Snapshot(Ec2):
    """The account's own EBS snapshots, with who may make volumes of them: `{Group: all}` or `{UserId: account}`.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshotAttribute.html
    """

    type: ClassVar[str] = "AWS::EC2::Snapshot"
    id_prefix = "snap-"
    permissions = ("ec2:DescribeSnapshots", "ec2:DescribeSnapshotAttribute")
    operation, elements, by, id_key = "DescribeSnapshots", "Snapshots", "SnapshotIds", "SnapshotId"
    params: ClassVar[dict[str, Any]] = {"OwnerIds": ["self"]}
    makes_calls = True

    def draft(self, view: View, found: Any) -> Draft:
        draft = Draft(pick(found, NAMES), observed=pick(found, "State"))
        draft["Tags"] = own_tags(found.get("Tags"))
        with draft.part("/CreateVolumePermissions"):
            answer = view.call(
                "ec2",
                "DescribeSnapshotAttribute",
                SnapshotId=found["SnapshotId"],
                Attribute="createVolumePermission",
            )
            permissions = (pick(one, "Group", "UserId") for one in answer.get("CreateVolumePermissions", ()))
            draft["CreateVolumePermissions"] = sorted(permissions, key=key)
        draft.relate("is made from", "AWS::EC2::Volume", found.get("VolumeId"))
        return draft
