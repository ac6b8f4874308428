"""Policy documents of the company, good and careless ones."""

from __future__ import annotations

import json
from typing import Any

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def document(*statements: dict[str, Any]) -> str:
    """A policy of these statements, as JSON text."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    """A statement that allows."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def trust(**principal: str | list[str]) -> str:
    """A trust policy for a principal, as `Service="ec2.amazonaws.com"` or `AWS="111122223333"`."""
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def public_read(bucket: str) -> str:
    """A bucket policy by which everybody reads its objects."""
    return document(
        {"Sid": "PublicRead", **allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*"), "Principal": "*"},
    )


def tls_only(bucket: str) -> str:
    """A bucket policy that refuses calls without TLS."""
    arns = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    statement = {"Sid": "TlsOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": arns}
    return document({**statement, "Condition": {"Bool": {"aws:SecureTransport": "false"}}})


def log_archive(bucket: str, organisation_id: str, accounts: list[str]) -> str:
    """A bucket policy by which CloudTrail and the log delivery service write their files."""
    prefixes = [f"arn:aws:s3:::{bucket}/AWSLogs/{name}/*" for name in (organisation_id, *accounts)]
    owner = {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}
    services = ["cloudtrail.amazonaws.com", "delivery.logs.amazonaws.com"]
    return document(
        {**allow("s3:GetBucketAcl", f"arn:aws:s3:::{bucket}"), "Principal": {"Service": services}},
        {**allow("s3:PutObject", prefixes), "Principal": {"Service": services}, "Condition": owner},
    )
