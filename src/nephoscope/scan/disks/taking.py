"""Snapshots of an instance's disks: taken, awaited, read under a grant, and deleted again.

All that is made bears a token, so that a repeat finds it, and whoever cleans up too.
Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshots.html
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nephoscope.clouds.aws_role import PrintedRole, policy, statement
from nephoscope.model.errors import CloudError
from nephoscope.scan.disks.device import DiskError
from nephoscope.scan.disks.snapshot import PERMISSIONS as READING
from nephoscope.scan.functions import PERMISSIONS as FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from datetime import datetime

    from nephoscope.clouds.aws import Aws
    from nephoscope.clouds.aws_role import Document

TAG = "nephoscope:scan"
EXCLUSION = "NephoscopeExclusion"
ROLE = "NephoscopeScan"
DESCRIPTION = "Nephoscope: Scan disks of instances and images through snapshots, which are deleted again."
ENDED = ("terminated", "shutting-down")
LOOKING = ("ec2:DescribeImages", "ec2:DescribeInstances", "ec2:DescribeSnapshots")
OPERATIONS = ["Decrypt", "DescribeKey"]


class Excluded(DiskError):
    """It bears the tag that says it is not to be scanned."""


@dataclass(frozen=True)
class Taken:
    """A snapshot. key: the KMS key that it is encrypted with; empty for none."""

    id: str
    token: str
    state: str
    key: str
    made_at: datetime


@dataclass(frozen=True)
class Ec2:
    """One account's region, as the role that scans reaches it."""

    aws: Aws
    account: str
    region: str

    def ask(self, service: str, operation: str, **params: Any) -> Any:
        """One call. Raises CloudError."""
        return self.aws.call(service, operation, account=self.account, region=self.region, **params)

    def every(self, service: str, operation: str, key: str, **params: Any) -> list[Any]:
        """What all pages list. Raises CloudError."""
        pages = self.aws.pages(service, operation, account=self.account, region=self.region, **params)
        return [each for page in pages for each in page.get(key) or ()]

    def check_instance(self, instance_id: str) -> None:
        """Raise Excluded for an instance that is not to be scanned, DiskError for one without disks to read."""
        found = self.ask("ec2", "DescribeInstances", InstanceIds=[instance_id])
        instances: list[Any] = [one for each in found["Reservations"] for one in each["Instances"]]
        if not instances or instances[0]["State"]["Name"] in ENDED:
            raise DiskError(f"instance {instance_id} is not there, or not any more")
        _check_tags(instances[0], f"instance {instance_id}")
        if not any(each.get("Ebs") for each in instances[0].get("BlockDeviceMappings") or ()):
            raise DiskError(f"instance {instance_id} has no EBS volume, and others have no snapshots")

    def of_image(self, image_id: str) -> list[Taken]:
        """The snapshots that an image is made of. Raises as `check_instance`."""
        found = self.ask("ec2", "DescribeImages", ImageIds=[image_id])["Images"]
        if not found:
            raise DiskError(f"image {image_id} is not there, or not any more")
        _check_tags(found[0], f"image {image_id}")
        disks = [each["Ebs"] for each in found[0].get("BlockDeviceMappings") or () if each.get("Ebs")]
        ids = [str(each["SnapshotId"]) for each in disks if each.get("SnapshotId")]
        if not ids:
            raise DiskError(f"image {image_id} is made of no snapshot")
        return [_taken(each) for each in self.every("ec2", "DescribeSnapshots", "Snapshots", SnapshotIds=ids)]

    def taken(self, token: str) -> list[Taken]:
        """The snapshots that bear a token."""
        wanted = [{"Name": f"tag:{TAG}", "Values": [token]}]
        return self._snapshots(wanted)

    def all_taken(self) -> list[Taken]:
        """Every snapshot that any scan made."""
        return self._snapshots([{"Name": "tag-key", "Values": [TAG]}])

    def take(self, instance_id: str, token: str) -> None:
        """Start snapshots of all volumes of an instance, as of one moment."""
        tags = [{"Key": TAG, "Value": token}, {"Key": "Name", "Value": f"scan of {instance_id}"}]
        self.ask(
            "ec2",
            "CreateSnapshots",
            InstanceSpecification={"InstanceId": instance_id, "ExcludeBootVolume": False},
            Description=f"Nephoscope's scan of {instance_id}; is deleted when it has been read",
            TagSpecifications=[{"ResourceType": "snapshot", "Tags": tags}],
        )

    def drop(self, snapshot: Taken) -> None:
        """Delete a snapshot; one that is gone is well. Raises CloudError."""
        with _gone("InvalidSnapshot.NotFound"):
            self.ask("ec2", "DeleteSnapshot", SnapshotId=snapshot.id)

    def needs_grant(self, key: str) -> bool:
        """Whether it is a customer's key; AWS's own for EBS lets in who may read the snapshot."""
        return self.ask("kms", "DescribeKey", KeyId=key)["KeyMetadata"].get("KeyManager") != "AWS"

    def grant(self, key: str, token: str) -> None:
        """Let ourselves decrypt with a key, until the grant is retired. The same name again is the same grant."""
        ours = self._principal()
        named = {"GranteePrincipal": ours, "RetiringPrincipal": ours, "Operations": OPERATIONS, "Name": token}
        self.ask("kms", "CreateGrant", KeyId=key, **named)

    def grants(self) -> list[tuple[str, str, str]]:
        """(name, key, id) of every grant that we may retire."""
        found = self.every("kms", "ListRetirableGrants", "Grants", RetiringPrincipal=self._principal())
        return [(str(each.get("Name", "")), str(each["KeyId"]), str(each["GrantId"])) for each in found]

    def retire(self, key: str, grant_id: str) -> None:
        """End a grant; one that is gone is well. Raises CloudError."""
        with _gone("NotFoundException"):
            self.ask("kms", "RetireGrant", KeyId=key, GrantId=grant_id)

    def _snapshots(self, filters: list[dict[str, Any]]) -> list[Taken]:
        found = self.every("ec2", "DescribeSnapshots", "Snapshots", OwnerIds=["self"], Filters=filters)
        return [_taken(each) for each in found]

    def _principal(self) -> str:
        """The role that we act in; without one, whoever's credentials these are."""
        roles = [each.role for each in self.aws.accounts if each.id in ("", self.account) and each.role]
        return roles[0] if roles else str(self.ask("sts", "GetCallerIdentity")["Arn"])


@contextmanager
def _gone(code: str) -> Generator[None]:
    try:
        yield
    except CloudError as error:
        if error.code != code:
            raise


def _check_tags(described: Mapping[str, Any], what: str) -> None:
    if any(each["Key"] == EXCLUSION for each in described.get("Tags") or ()):
        raise Excluded(f"{what} bears the tag {EXCLUSION}, so it is not scanned")


def _taken(described: Mapping[str, Any]) -> Taken:
    tags = {each["Key"]: each["Value"] for each in described.get("Tags") or ()}
    key = str(described.get("KmsKeyId") or "") if described.get("Encrypted") else ""
    return Taken(
        str(described["SnapshotId"]),
        tags.get(TAG, ""),
        str(described.get("State", "")),
        key,
        described["StartTime"],
    )


def scan_policy() -> Document:
    """What scanning disks needs: it reads snapshots, and deletes none but those that it tagged itself."""
    own = {"Null": {f"aws:ResourceTag/{TAG}": "false"}}
    making = {"StringEquals": {"ec2:CreateAction": "CreateSnapshots"}}
    ebs_only = {"ForAllValues:StringEquals": {"kms:GrantOperations": OPERATIONS}}
    return policy(
        [
            statement("ScanLook", list(LOOKING), ["*"]),
            statement("ScanFunctions", list(FUNCTIONS), ["*"]),
            statement("ScanTake", ["ec2:CreateSnapshots"], ["*"]),
            statement("ScanTag", ["ec2:CreateTags"], ["arn:*:ec2:*:*:snapshot/*"]) | {"Condition": making},
            statement("ScanRead", list(READING), ["*"]),
            statement("ScanDeleteOwn", ["ec2:DeleteSnapshot"], ["*"]) | {"Condition": own},
            statement("ScanKeys", ["kms:DescribeKey", "kms:ListRetirableGrants", "kms:RetireGrant"], ["*"]),
            statement("ScanGrant", ["kms:CreateGrant"], ["*"]) | {"Condition": ebs_only},
        ]
    )


def scan_role(trust: str = "", external_id: str = "") -> PrintedRole:
    """The role that scans disks. trust, external_id: who assumes it, and what it has to know then."""
    return PrintedRole(ROLE, DESCRIPTION, scan_policy(), trust, external_id)
