"""Objects in S3 and notifications of them in SQS, read with an account's credentials."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from nephoscope.model.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from nephoscope.clouds.aws import Aws

READING = ("s3:ListBucket", "s3:GetObject")
NOTIFIED = ("s3:GetObject", "sqs:ReceiveMessage", "sqs:DeleteMessage")
BUFFER_BYTES = 1 << 20


@dataclass(frozen=True)
class Stored:
    """An object as a listing names it."""

    key: str
    etag: str
    size_bytes: int
    modified_at: datetime


@dataclass(frozen=True)
class Message:
    """A queue's message; receipt: what deletes it."""

    body: str
    receipt: str


@dataclass(frozen=True)
class Locked:
    """How an object is locked. mode: COMPLIANCE or GOVERNANCE; kms_key: else it is encrypted with S3's own."""

    mode: str
    until: datetime
    kms_key: str = ""


def stored(aws: Aws, bucket: str, prefix: str, *, account: str = "", region: str = "") -> Iterator[Stored]:
    """Every object below a prefix, in order of name. Raises CloudError."""
    for page in aws.pages("s3", "ListObjectsV2", account=account, region=region, Bucket=bucket, Prefix=prefix):
        for found in page.get("Contents", ()):
            yield Stored(found["Key"], found["ETag"].strip('"'), found["Size"], found["LastModified"])


def folders(aws: Aws, bucket: str, prefix: str, *, account: str = "") -> list[str]:
    """The prefixes one step below a prefix, each ending in `/`. Raises CloudError."""
    pages = aws.pages("s3", "ListObjectsV2", account=account, Bucket=bucket, Prefix=prefix, Delimiter="/")
    return [found["Prefix"] for page in pages for found in page.get("CommonPrefixes", ())]


def opened(aws: Aws, bucket: str, key: str, *, account: str = "", region: str = "") -> tuple[BinaryIO, dict[str, str]]:
    """An object's bytes as stored, and its metadata; reading on may raise CloudError."""
    answer = aws.call("s3", "GetObject", account=account, region=region, Bucket=bucket, Key=key)
    return cast("BinaryIO", io.BufferedReader(_Body(answer["Body"], key), BUFFER_BYTES)), answer.get("Metadata", {})


def received(aws: Aws, queue_url: str, *, account: str = "", region: str = "", wait_s: int = 1) -> list[Message]:
    """Up to ten messages, hidden from other readers for the queue's visibility timeout. Raises CloudError."""
    answer = aws.call(
        "sqs",
        "ReceiveMessage",
        account=account,
        region=region,
        QueueUrl=queue_url,
        MaxNumberOfMessages=10,
        WaitTimeSeconds=wait_s,
    )
    return [Message(found["Body"], found["ReceiptHandle"]) for found in answer.get("Messages", ())]


def looked_at(aws: Aws, queue_url: str, *, account: str = "", region: str = "") -> None:
    """See that a queue can be read; its messages stay for others to receive. Raises CloudError."""
    few = {"MaxNumberOfMessages": 1, "VisibilityTimeout": 0, "WaitTimeSeconds": 0}
    aws.call("sqs", "ReceiveMessage", account=account, region=region, QueueUrl=queue_url, **few)


def deleted(aws: Aws, queue_url: str, receipts: list[str], *, account: str = "", region: str = "") -> None:
    """Delete messages; one that is gone already is no error. Raises CloudError."""
    for receipt in dict.fromkeys(receipts):
        aws.call("sqs", "DeleteMessage", account=account, region=region, QueueUrl=queue_url, ReceiptHandle=receipt)


def has_object_lock(aws: Aws, bucket: str, *, account: str = "", region: str = "") -> bool:
    """Whether objects of a bucket can be locked. Raises CloudError where that cannot be asked."""
    try:
        answer = aws.call("s3", "GetObjectLockConfiguration", account=account, region=region, Bucket=bucket)
    except CloudError as error:
        if error.code == "ObjectLockConfigurationNotFoundError":
            return False
        raise
    return answer.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled") == "Enabled"


def kept_digest(aws: Aws, bucket: str, key: str, *, account: str = "", region: str = "") -> str | None:
    """The SHA-256 that an object was put with, empty if it says none; None where there is no such object."""
    try:
        answer = aws.call("s3", "HeadObject", account=account, region=region, Bucket=bucket, Key=key)
    except CloudError as error:
        if error.code in ("404", "NoSuchKey", "NotFound"):
            return None
        raise
    return str(answer.get("Metadata", {}).get("sha256", ""))


def put_locked(
    aws: Aws,
    place: tuple[str, str],
    body: BinaryIO,
    facts: Mapping[str, str],
    locked: Locked,
    *,
    account: str = "",
    region: str = "",
) -> None:
    """Put an object that cannot be removed before its time. place: bucket and key. facts: with `sha256`, kept with it.

    S3 refuses content whose digest is another. Raises CloudError.
    """
    encryption = {"ServerSideEncryption": "AES256"}
    if locked.kms_key:
        encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": locked.kms_key}
    aws.call(
        "s3",
        "PutObject",
        account=account,
        region=region,
        Bucket=place[0],
        Key=place[1],
        Body=body,
        ChecksumAlgorithm="SHA256",
        Metadata={name: _ascii(value) for name, value in facts.items()},
        ChecksumSHA256=base64.b64encode(bytes.fromhex(facts["sha256"])).decode(),
        ObjectLockMode=locked.mode,
        ObjectLockRetainUntilDate=locked.until,
        **encryption,
    )


def _ascii(text: str) -> str:
    """Text that an HTTP header carries."""
    return "".join(char if " " <= char <= "~" else "?" for char in text)[:500]


class _Body(io.RawIOBase):
    """An answer's body whose failures are ours."""

    def __init__(self, body: Any, key: str) -> None:
        self.body = body
        self.key = key

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            found = self.body.read(len(buffer))
        except Exception as error:  # noqa: BLE001 - the SDK lets its transport's own errors through
            raise CloudError("s3:GetObject", type(error).__name__, f"{self.key}: {error}") from error
        buffer[: len(found)] = found
        return len(found)

    def close(self) -> None:
        self.body.close()
        super().close()
