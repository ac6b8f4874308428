"""Evidence in an S3 bucket with object lock: nobody, or only who may bypass governance, removes it before its time.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, BinaryIO

from nephoscope.clouds.aws_role import policy, statement
from nephoscope.clouds.aws_s3 import Locked, has_object_lock, kept_digest, opened, put_locked, stored
from nephoscope.model.errors import ConfigError, CustodyError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nephoscope.clouds.aws import Aws
    from nephoscope.clouds.aws_role import Document
    from nephoscope.config import Evidence
    from nephoscope.respond.evidence.storage import Part

MODES = ("COMPLIANCE", "GOVERNANCE")
LARGEST_BYTES = 5 * 1000**3
ON_BUCKET = ("s3:GetBucketObjectLockConfiguration", "s3:ListBucket")
ON_OBJECTS = ("s3:GetObject", "s3:PutObject", "s3:PutObjectRetention")
ON_KEY = ("kms:Decrypt", "kms:GenerateDataKey")


def evidence_policy(bucket: str, key: str = "") -> Document:
    """What keeping and verifying evidence needs of a bucket, and of the KMS key (its ARN) where one encrypts it."""
    arn = f"arn:aws:s3:::{bucket}"
    found = [statement("SeeEvidence", [*ON_BUCKET], [arn]), statement("KeepEvidence", [*ON_OBJECTS], [f"{arn}/*"])]
    if key:
        found.append(statement("EncryptEvidence", [*ON_KEY], [key]))
    return policy(found)


@dataclass(frozen=True)
class Bucket:
    """A bucket as a place for evidence, and as files to verify. It is looked at before the first write."""

    aws: Aws
    chosen: Evidence
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)
    _looked: list[bool] = field(default_factory=list[bool], init=False, repr=False)

    def __post_init__(self) -> None:
        if self.chosen.mode not in MODES:
            raise ConfigError(f"evidence.mode is {self.chosen.mode!r}, none of {', '.join(MODES)}")
        if self.chosen.retain_days < 1:
            raise ConfigError("evidence.retain_days is less than one day: a bucket of evidence locks what it is given")

    @property
    def _where(self) -> dict[str, str]:
        return {"account": self.chosen.account, "region": self.chosen.region}

    @property
    def place(self) -> str:
        return f"s3://{self.chosen.bucket}"

    def names(self, below: str = "") -> Iterator[str]:
        prefix = f"{below}/" if below else ""
        for each in stored(self.aws, self.chosen.bucket, prefix, **self._where):
            yield each.key

    def open(self, name: str) -> BinaryIO:
        return opened(self.aws, self.chosen.bucket, name, **self._where)[0]

    def put(self, name: str, part: Part, facts: Mapping[str, str]) -> None:
        """S3 itself checks the digest of what arrives."""
        self._refuse_unlocked()
        there = kept_digest(self.aws, self.chosen.bucket, name, **self._where)
        if there is None:
            self._put(name, part, facts)
        elif there != part.sha256:
            raise CustodyError(
                f"{self.place}/{name} is there already with another content: SHA-256 {there or 'unknown'}"
            )

    def put_latest(self, name: str, part: Part) -> None:
        """A new version; the ones before it stay for as long as they are locked."""
        self._refuse_unlocked()
        self._put(name, part, {})

    def check(self, name: str, sha256: str, size_bytes: int) -> str:
        """By the digest that S3 keeps with it; the content itself is read by `verify`."""
        del size_bytes
        there = kept_digest(self.aws, self.chosen.bucket, name, **self._where)
        if there is None:
            return "is not there"
        return "" if there == sha256 else f"is not what was kept (SHA-256 {sha256})"

    def _put(self, name: str, part: Part, facts: Mapping[str, str]) -> None:
        if part.size_bytes > LARGEST_BYTES:
            raise CustodyError(f"{name} has {part.size_bytes} bytes: S3 takes five gigabytes at once")
        until = datetime.now(UTC) + timedelta(days=self.chosen.retain_days)
        locked = Locked(self.chosen.mode, until, self.chosen.kms_key)
        with part.path.open("rb") as body:
            put_locked(
                self.aws,
                (self.chosen.bucket, name),
                body,
                {"sha256": part.sha256, **facts},
                locked,
                **self._where,
            )

    def _refuse_unlocked(self) -> None:
        with self._lock:
            if self._looked:
                return
            if not has_object_lock(self.aws, self.chosen.bucket, **self._where):
                raise CustodyError(
                    f"The bucket {self.chosen.bucket} has no object lock: nothing is written to it. "
                    "Switch object lock on, or name another bucket under [evidence]"
                )
            self._looked.append(True)
