"""AWS::S3::Bucket."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Draft, Reader
from nephoscope.inventory.resources.aws import _s3
from nephoscope.inventory.shape import document, own_tags, pick

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.inventory.resource import View

PARTS = (
    "GetBucketPolicy",
    "GetBucketAcl",
    "GetPublicAccessBlock",
    "GetBucketOwnershipControls",
    "GetBucketEncryption",
    "GetBucketVersioning",
    "GetBucketLogging",
    "GetBucketLifecycleConfiguration",
    "GetBucketWebsite",
    "GetBucketTagging",
)


class AwsS3Bucket(Reader):
    """S3 buckets, with their policy, ACL (`AclGrants`) and MFA delete.

    A bucket is read in its own region. What is not there is said so (null), or is the default that AWS documents.
    Limits: replication, notifications, CORS, inventories and metrics are not read.
    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
    """

    type: ClassVar[str] = "AWS::S3::Bucket"
    named_by = ("bucketName",)
    is_global = True
    makes_calls = True
    satellites = ("BucketPolicy", "AclGrants", "MfaDelete")
    permissions = (
        "s3:ListAllMyBuckets",
        "s3:GetBucketLocation",
        "s3:GetBucketPolicy",
        "s3:GetBucketAcl",
        "s3:GetEncryptionConfiguration",
        "s3:GetBucketVersioning",
        "s3:GetBucketLogging",
        "s3:GetBucketPublicAccessBlock",
        "s3:GetBucketOwnershipControls",
        "s3:GetBucketTagging",
        "s3:GetLifecycleConfiguration",
        "s3:GetBucketWebsite",
        "s3:GetBucketObjectLockConfiguration",
    )

    def find(self, view: View) -> Iterator[Any]:
        return view.every("s3", "ListBuckets", "Buckets", PaginationConfig={"PageSize": 1000})

    def get(self, view: View, id: str) -> Any | None:
        return {"Name": id} if view.maybe("s3", "GetBucketLocation", Bucket=id) is not None else None

    def draft(self, view: View, found: Any) -> Draft:
        name = found["Name"]
        region = found.get("BucketRegion") or _region(view.call("s3", "GetBucketLocation", Bucket=name))
        view = replace(view, region=region)
        draft = Draft({"BucketName": name}, observed=pick(found, "CreationDate"), region=region)
        draft.arn = f"{view.arn('s3', '', region='').partition(':s3:')[0]}:s3:::{name}"
        draft["Arn"] = draft.arn
        view.ahead("s3", PARTS, Bucket=name)
        _access(view, draft, name)
        _protection(view, draft, name)
        _rest(view, draft, name)
        return draft

    def id(self, configuration: dict[str, Any]) -> str:
        return configuration["BucketName"]


def _region(location: dict[str, Any]) -> str:
    """Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html"""
    constraint = str(location.get("LocationConstraint") or "us-east-1")
    return "eu-west-1" if constraint == "EU" else constraint


def _access(view: View, draft: Draft, name: str) -> None:
    with draft.part("/BucketPolicy"):
        policy = view.maybe("s3", "GetBucketPolicy", "NoSuchBucketPolicy", Bucket=name)
        draft.known("BucketPolicy", policy and {"PolicyDocument": document(policy["Policy"])})
    with draft.part("/AclGrants"):
        draft["AclGrants"] = _s3.grants(view.call("s3", "GetBucketAcl", Bucket=name))
    with draft.part("/PublicAccessBlockConfiguration"):
        block = view.maybe("s3", "GetPublicAccessBlock", "NoSuchPublicAccessBlockConfiguration", Bucket=name)
        draft["PublicAccessBlockConfiguration"] = _s3.public_access_block(block)
    with draft.part("/OwnershipControls"):
        controls = view.maybe("s3", "GetBucketOwnershipControls", "OwnershipControlsNotFoundError", Bucket=name)
        draft.known("OwnershipControls", controls and controls["OwnershipControls"])


def _protection(view: View, draft: Draft, name: str) -> None:
    with draft.part("/BucketEncryption"):
        absent = "ServerSideEncryptionConfigurationNotFoundError"
        draft["BucketEncryption"] = _s3.encryption(view.maybe("s3", "GetBucketEncryption", absent, Bucket=name))
    with draft.part("/VersioningConfiguration", "/MfaDelete", "/ObjectLockEnabled", "/ObjectLockConfiguration"):
        versioning = view.call("s3", "GetBucketVersioning", Bucket=name)
        draft.known("VersioningConfiguration", pick(versioning, "Status") or None)
        draft["MfaDelete"] = versioning.get("MFADelete") or "Disabled"
    with draft.part("/ObjectLockEnabled", "/ObjectLockConfiguration"):
        absent = "ObjectLockConfigurationNotFoundError"
        versioned = bool(draft.configuration.get("VersioningConfiguration"))
        lock = view.maybe("s3", "GetObjectLockConfiguration", absent, Bucket=name) if versioned else None
        draft["ObjectLockEnabled"] = lock is not None
        draft.known("ObjectLockConfiguration", lock and lock["ObjectLockConfiguration"])


def _rest(view: View, draft: Draft, name: str) -> None:
    with draft.part("/LoggingConfiguration"):
        logging = view.call("s3", "GetBucketLogging", Bucket=name).get("LoggingEnabled")
        draft.known(
            "LoggingConfiguration",
            logging and pick(logging, DestinationBucketName="TargetBucket", LogFilePrefix="TargetPrefix"),
        )
    with draft.part("/LifecycleConfiguration"):
        rules = view.maybe("s3", "GetBucketLifecycleConfiguration", "NoSuchLifecycleConfiguration", Bucket=name)
        draft.known("LifecycleConfiguration", rules and _s3.lifecycle(rules))
    with draft.part("/WebsiteConfiguration"):
        site = view.maybe("s3", "GetBucketWebsite", "NoSuchWebsiteConfiguration", Bucket=name)
        draft.known("WebsiteConfiguration", site and _s3.website(site))
    with draft.part("/Tags"):
        tags = view.maybe("s3", "GetBucketTagging", "NoSuchTagSet", Bucket=name)
        draft["Tags"] = own_tags((tags or {}).get("TagSet"))
