"""S3's shapes, from the API's to CloudFormation's."""

from __future__ import annotations

from typing import Any

from nephoscope.inventory.shape import pick, plain

BLOCK = "BlockPublicAcls IgnorePublicAcls BlockPublicPolicy RestrictPublicBuckets"


def public_access_block(answer: dict[str, Any] | None) -> dict[str, bool]:
    """The four settings; AWS documents that a configuration which is not there is the same as all four off.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
    """
    found = (answer or {}).get("PublicAccessBlockConfiguration", {})
    return {setting: bool(found.get(setting, False)) for setting in BLOCK.split()}


def encryption(answer: dict[str, Any] | None) -> dict[str, Any]:
    """Default encryption; since January 2023 a bucket that has none of its own encrypts with AES256.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html
    """
    found = (answer or {}).get("ServerSideEncryptionConfiguration", {})
    rules = [_encryption_rule(rule) for rule in found.get("Rules", ())]
    default = [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
    return {"ServerSideEncryptionConfiguration": rules or default}


def _encryption_rule(rule: dict[str, Any]) -> dict[str, Any]:
    default = pick(rule.get("ApplyServerSideEncryptionByDefault", {}), "SSEAlgorithm", KMSMasterKeyID="KMSMasterKeyID")
    return pick(rule, "BucketKeyEnabled") | ({"ServerSideEncryptionByDefault": default} if default else {})


def lifecycle(answer: dict[str, Any]) -> dict[str, Any]:
    """Lifecycle rules."""
    return {"Rules": [_lifecycle_rule(rule) for rule in answer.get("Rules", ())]}


def _lifecycle_rule(rule: dict[str, Any]) -> dict[str, Any]:
    shown = pick(rule, "Status Prefix AbortIncompleteMultipartUpload NoncurrentVersionExpiration", Id="ID")
    expiration, filter_ = rule.get("Expiration", {}), rule.get("Filter") or {}
    shown |= pick(expiration, ExpirationInDays="Days", ExpirationDate="Date")
    shown |= pick(filter_.get("And", filter_), "Prefix")
    transitions = [
        pick(one, "StorageClass", TransitionInDays="Days", TransitionDate="Date") for one in rule.get("Transitions", ())
    ]
    return shown | ({"Transitions": transitions} if transitions else {})


def website(answer: dict[str, Any]) -> dict[str, Any]:
    """Static website hosting; routing rules are left out."""
    shown = pick(answer, "RedirectAllRequestsTo")
    shown |= pick(answer.get("IndexDocument", {}), IndexDocument="Suffix")
    return shown | pick(answer.get("ErrorDocument", {}), ErrorDocument="Key")


def grants(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Who an ACL lets in; grantees as the API has them, without display names, which AWS no longer gives."""
    shown = [
        {"Grantee": pick(grant["Grantee"], "Type", "ID", "URI", "EmailAddress"), "Permission": grant["Permission"]}
        for grant in answer.get("Grants", ())
    ]
    return sorted(plain(shown), key=repr)
