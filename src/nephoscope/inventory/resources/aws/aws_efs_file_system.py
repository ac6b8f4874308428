"""AWS::EFS::FileSystem."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Draft, Reader
from nephoscope.inventory.shape import document, own_tags, pick

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.inventory.resource import View

NAMES = (
    "FileSystemId Encrypted KmsKeyId PerformanceMode ThroughputMode ProvisionedThroughputInMibps AvailabilityZoneName"
)


class AwsEfsFileSystem(Reader):
    """EFS file systems, with their policy and whether they are backed up.

    Source: https://docs.aws.amazon.com/efs/latest/ug/API_FileSystemDescription.html
    """

    type: ClassVar[str] = "AWS::EFS::FileSystem"
    named_by = ("fileSystemId", "resourceId")
    makes_calls = True
    permissions = (
        "elasticfilesystem:DescribeFileSystems",
        "elasticfilesystem:DescribeFileSystemPolicy",
        "elasticfilesystem:DescribeBackupPolicy",
    )

    def find(self, view: View) -> Iterator[Any]:
        return view.every("efs", "DescribeFileSystems", "FileSystems")

    def get(self, view: View, id: str) -> Any | None:
        answer = view.maybe("efs", "DescribeFileSystems", FileSystemId=id)
        return next(iter((answer or {}).get("FileSystems", ())), None)

    def draft(self, view: View, found: Any) -> Draft:
        id = found["FileSystemId"]
        draft = Draft(pick(found, NAMES, Arn="FileSystemArn"), observed=pick(found, "LifeCycleState CreationTime"))
        draft.name = found.get("Name", "")
        draft["FileSystemTags"] = own_tags(found.get("Tags"))
        with draft.part("/FileSystemPolicy"):
            policy = view.maybe("efs", "DescribeFileSystemPolicy", "PolicyNotFound", FileSystemId=id)
            draft.known("FileSystemPolicy", policy and document(policy["Policy"]))
        with draft.part("/BackupPolicy"):
            backup = view.maybe("efs", "DescribeBackupPolicy", "PolicyNotFound", FileSystemId=id)
            draft["BackupPolicy"] = {"Status": backup["BackupPolicy"]["Status"] if backup else "DISABLED"}
        return draft

    def id(self, configuration: dict[str, Any]) -> str:
        return configuration["FileSystemId"]
