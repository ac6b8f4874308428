"""CloudTrail's digest files: which there are, what they say, and whether CloudTrail signed them.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from nephoscope.clouds import aws_s3
from nephoscope.collect.unzip import Limits, content
from nephoscope.model.coverage import HourState
from nephoscope.model.errors import AccessDenied, CloudError, SourceError
from nephoscope.model.event import moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nephoscope.clouds.aws import Aws

FOLDER = "CloudTrail-Digest"
NAME = re.compile(
    r"/(?P<account>\d{12})_CloudTrail-Digest_(?P<region>[a-z0-9-]+?)_(?P<trail>.+)_(?P<stamp>\d{8}T\d{6}Z)"
    r"(?P<backfill>_backfill)?\.json(?:\.gz)?$"
)
LIMITS = Limits(content_bytes=256 << 20)
ALGORITHM = "SHA256withRSA"
PERMISSIONS = (*aws_s3.READING, "cloudtrail:ListPublicKeys")


@dataclass(frozen=True)
class LogFile:
    """A log file as a digest lists it; sha256 of its uncompressed content."""

    uri: str
    sha256: str


@dataclass(frozen=True)
class Digest:
    """A digest file. uri: where it was found. flaw: why it proves nothing, if it does not.

    account, region, trail (its name and home region): from the file's name. previous_uri, previous_sha256,
    previous_signature: of the digest before; empty where a chain starts.
    """

    uri: str
    account: str
    region: str
    trail: str
    start_at: datetime
    end_at: datetime
    sha256: str = ""
    signature: str = ""
    previous_uri: str = ""
    previous_sha256: str = ""
    previous_signature: str = ""
    logs: tuple[LogFile, ...] = ()
    is_backfill: bool = False
    flaw: tuple[HourState, str] | None = None

    @property
    def chain(self) -> tuple[str, str, str, bool]:
        return (self.account, self.region, self.trail, self.is_backfill)


class _Listed(msgspec.Struct):
    s3Bucket: str
    s3Object: str
    hashValue: str
    hashAlgorithm: str = "SHA-256"


class _Body(msgspec.Struct):
    digestStartTime: str
    digestEndTime: str
    digestS3Bucket: str
    digestS3Object: str
    digestPublicKeyFingerprint: str
    previousDigestSignature: str | None
    previousDigestS3Bucket: str | None = None
    previousDigestS3Object: str | None = None
    previousDigestHashValue: str | None = None
    logFiles: list[_Listed] = []


def public_keys(aws: Aws, start_at: datetime, end_at: datetime, *, account: str = "", region: str) -> dict[str, bytes]:
    """The trail's home region's public keys (PKCS #1, DER) by fingerprint. Raises CloudError."""
    answers = aws.pages(
        "cloudtrail", "ListPublicKeys", account=account, region=region, StartTime=start_at, EndTime=end_at
    )
    return {key["Fingerprint"]: bytes(key["Value"]) for page in answers for key in page.get("PublicKeyList", ())}


def listed(aws: Aws, bucket: str, prefix: str, days: list[datetime], *, account: str = "") -> Iterator[str]:
    """Keys of the digests below `<prefix><account>/CloudTrail-Digest/<region>/` of some days. Raises CloudError."""
    for region in aws_s3.folders(aws, bucket, f"{prefix}{FOLDER}/", account=account):
        for day in days:
            for found in aws_s3.stored(aws, bucket, f"{region}{day:%Y/%m/%d}/", account=account):
                if NAME.search(found.key):
                    yield found.key


def fetched(aws: Aws, bucket: str, key: str, keys: Mapping[str, bytes], *, account: str = "") -> Digest:
    """A digest, read and judged; one that cannot be had is a Digest with a flaw."""
    uri = f"s3://{bucket}/{key}"
    try:
        stream, metadata = aws_s3.opened(aws, bucket, key, account=account)
        with stream:
            body = b"".join(content(stream, uri, LIMITS))
    except AccessDenied as error:
        return flawed(uri, HourState.UNREADABLE, str(error))
    except CloudError as error:
        state = HourState.MISSING if error.code in ("NoSuchKey", "404") else HourState.UNREADABLE
        return flawed(uri, state, str(error))
    except SourceError as error:
        return flawed(uri, HourState.UNREADABLE, f"digest is corrupt: {error}")
    return judged(uri, body, metadata, keys)


def judged(uri: str, body: bytes, metadata: Mapping[str, str], keys: Mapping[str, bytes]) -> Digest:
    """What a digest says, with its flaw if its signature, place or form is not right.

    body: uncompressed. metadata: the object's. keys: {fingerprint: PKCS #1 DER}.
    """
    try:
        said = msgspec.json.decode(body, type=_Body)
        start_at, end_at = moment(said.digestStartTime), moment(said.digestEndTime)
        if start_at is None or end_at is None or start_at > end_at:
            raise ValueError("its period is no period")
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError, RecursionError) as error:
        return flawed(uri, HourState.TAMPERED, f"digest {uri} has not a digest's form: {error}")
    account, region, trail, is_backfill = _named(uri)
    previous = (
        f"s3://{said.previousDigestS3Bucket}/{said.previousDigestS3Object}" if said.previousDigestS3Object else ""
    )
    signature = metadata.get("signature", "")
    return Digest(
        uri,
        account,
        region,
        trail,
        start_at,
        end_at,
        hashlib.sha256(body).hexdigest(),
        signature,
        previous,
        said.previousDigestHashValue or "",
        said.previousDigestSignature or "",
        tuple(LogFile(f"s3://{log.s3Bucket}/{log.s3Object}", log.hashValue.lower()) for log in said.logFiles),
        is_backfill,
        _flaw(uri, body, said, metadata, keys),
    )


def _flaw(
    uri: str, body: bytes, said: _Body, metadata: Mapping[str, str], keys: Mapping[str, bytes]
) -> tuple[HourState, str] | None:
    stated = f"s3://{said.digestS3Bucket}/{said.digestS3Object}"
    if stated != uri:
        return HourState.TAMPERED, f"digest {uri} was moved: it was delivered as {stated}"
    if any(log.hashAlgorithm.upper().replace("-", "") != "SHA256" for log in said.logFiles):
        return HourState.TAMPERED, f"digest {uri} lists a log file without a SHA-256"
    if "signature" not in metadata:
        return HourState.TAMPERED, f"digest {uri} carries no signature"
    if metadata.get("signature-algorithm", ALGORITHM) != ALGORITHM:
        return HourState.UNREADABLE, f"digest {uri} is signed with {metadata['signature-algorithm']!r}, not {ALGORITHM}"
    key = keys.get(said.digestPublicKeyFingerprint)
    if key is None:
        return HourState.UNREADABLE, f"no public key with fingerprint {said.digestPublicKeyFingerprint!r} for {uri}"
    text = "\n".join(
        (
            said.digestEndTime,
            f"{said.digestS3Bucket}/{said.digestS3Object}",
            hashlib.sha256(body).hexdigest(),
            "null" if said.previousDigestSignature is None else said.previousDigestSignature,
        )
    )
    if not is_signed(text.encode(), metadata["signature"], key):
        return HourState.TAMPERED, f"digest {uri} is not as CloudTrail signed it"
    return None


def is_signed(text: bytes, signature: str, key: bytes) -> bool:
    """Whether a hex signature (RSA PKCS #1 v1.5, SHA-256) of a text was made with a key (PKCS #1: DER or base64)."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    try:
        _public_key(key).verify(binascii.unhexlify(signature), text, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def _public_key(key: bytes) -> Any:
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    return load_der_public_key(key if key.startswith(b"\x30") else base64.b64decode(key))


def _named(uri: str) -> tuple[str, str, str, bool]:
    name = NAME.search(uri)
    if name is None:
        return "", "", "", False
    return name["account"], name["region"], name["trail"], bool(name["backfill"])


def flawed(uri: str, state: HourState, reason: str) -> Digest:
    """A digest of which only the name is known: it ends at the name's time and is taken to cover the hour before."""
    account, region, trail, is_backfill = _named(uri)
    name = NAME.search(uri)
    end_at = (moment(name["stamp"]) if name else None) or datetime.fromtimestamp(0).astimezone()
    start_at = end_at - timedelta(hours=1)
    return Digest(uri, account, region, trail, start_at, end_at, is_backfill=is_backfill, flaw=(state, reason))
