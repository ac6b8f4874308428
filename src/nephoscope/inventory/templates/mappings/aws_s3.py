"""S3: buckets, whose parts are resources of their own in Terraform.

Source: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/s3_bucket
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nephoscope.inventory.templates.fold import Fold
from nephoscope.inventory.templates.mapping import Json, Many, One, To, Via, pascal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nephoscope.inventory.templates.mapping import Target

SETTINGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
BUCKET = Fold("AWS::S3::Bucket", "Bucket")
ENCRYPTION = Many(
    "BucketEncryption.ServerSideEncryptionConfiguration",
    {
        "apply_server_side_encryption_by_default": One(
            "ServerSideEncryptionByDefault", {"sse_algorithm": "SSEAlgorithm", "kms_master_key_id": "KMSMasterKeyID"}
        )
    },
)
LOGGING: dict[str, Target] = {
    "target_bucket": "LoggingConfiguration.DestinationBucketName",
    "target_prefix": "LoggingConfiguration.LogFilePrefix",
    "target_object_key_format": None,
}


def _canned(acl: Any) -> str:
    return pascal(str(acl).replace("-", "_"))


def _status(enabled: Any) -> str:
    return "Enabled" if enabled in (True, "true") else "Suspended"


def _mfa_delete(value: Any) -> str:
    return "Enabled" if value in (True, "true", "Enabled") else "Disabled"


def _part(names: Mapping[str, Target], type_: str) -> To:
    return To(type_, {"expected_bucket_owner": None, "id": None, **names}, folds=(BUCKET,))


TYPES: dict[str, To] = {
    "aws_s3_bucket": To(
        "AWS::S3::Bucket",
        {
            "bucket": "BucketName",
            "bucket_prefix": None,
            "acl": Via("AccessControl", _canned),
            "policy": Json("BucketPolicy.PolicyDocument"),
            "server_side_encryption_configuration": One("", {"rule": ENCRYPTION}),
            "versioning": One("", {"enabled": Via("VersioningConfiguration.Status", _status)}),
            "logging": One("", LOGGING),
        },
    ),
    "aws_s3_bucket_acl": _part(
        {
            "acl": Via("AccessControl", _canned),
            "access_control_policy": One(
                "",
                {
                    "grant": Many("AclGrants", {"grantee": One("Grantee", {"id": "ID", "uri": "URI", "type": "Type"})}),
                    "owner": None,
                },
            ),
        },
        "aws_s3_bucket_acl",
    ),
    "aws_s3_bucket_policy": To(
        "AWS::S3::BucketPolicy",
        {"policy": Json("PolicyDocument"), "id": None},
        folds=(Fold("AWS::S3::Bucket", "Bucket", "BucketPolicy"),),
    ),
    "aws_s3_bucket_public_access_block": _part(
        {
            "block_public_acls": "PublicAccessBlockConfiguration.BlockPublicAcls",
            "block_public_policy": "PublicAccessBlockConfiguration.BlockPublicPolicy",
            "ignore_public_acls": "PublicAccessBlockConfiguration.IgnorePublicAcls",
            "restrict_public_buckets": "PublicAccessBlockConfiguration.RestrictPublicBuckets",
            "skip_destroy": None,
        },
        "aws_s3_bucket_public_access_block",
    ),
    "aws_s3_bucket_ownership_controls": _part(
        {"rule": Many("OwnershipControls.Rules")}, "aws_s3_bucket_ownership_controls"
    ),
    "aws_s3_bucket_versioning": _part(
        {
            "versioning_configuration": One(
                "", {"status": "VersioningConfiguration.Status", "mfa_delete": Via("MfaDelete", _mfa_delete)}
            ),
            "mfa": None,
        },
        "aws_s3_bucket_versioning",
    ),
    "aws_s3_bucket_logging": _part(LOGGING, "aws_s3_bucket_logging"),
    "aws_s3_bucket_server_side_encryption_configuration": _part(
        {"rule": ENCRYPTION}, "aws_s3_bucket_server_side_encryption_configuration"
    ),
    "aws_s3_account_public_access_block": To(
        "AWS::S3::AccountPublicAccessBlock",
        defaults=dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False
        ),
    ),
}
