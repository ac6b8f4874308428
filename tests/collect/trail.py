"""A trail of our own: log files and digests, signed with a test key as CloudTrail signs them."""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from nephoscope.collect.completeness import Ingested
from nephoscope.collect.digests import judged

START = datetime(2024, 5, 6, 0, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
BUCKET, ACCOUNT, REGION = "logs", "123456789012", "eu-west-1"
TRAIL = f"AWSLogs/{ACCOUNT}"


@cache
def private_key():
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_keys():
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return {"f1": private_key().public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)}


def sign(text):
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    return private_key().sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()).hex()


def when(at):
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Chain:
    """Digests and log files, as a bucket holds them: key → (content, metadata, delivered_at)."""

    period: timedelta = HOUR
    objects: dict = field(default_factory=dict)
    digests: list = field(default_factory=list)
    logs: list = field(default_factory=list)

    def log(self, delivered_at, content=None):
        """Deliver a log file; it is listed by the next digest."""
        number = len(self.objects)
        key = (
            f"{TRAIL}/CloudTrail/{REGION}/{delivered_at:%Y/%m/%d}/"
            f"{ACCOUNT}_CloudTrail_{REGION}_{delivered_at:%Y%m%dT%H%MZ}_{number:016d}.json.gz"
        )
        body = content or json.dumps({"Records": [{"eventID": f"{number}"}]}).encode()
        self.objects[key] = (body, {}, delivered_at)
        self.logs.append(key)
        return key

    def digest(self, start_at, *, starts=False):
        """Deliver the digest of a period, listing the log files since the last one."""
        end_at = start_at + self.period
        key = (
            f"{TRAIL}/CloudTrail-Digest/{REGION}/{end_at:%Y/%m/%d}/"
            f"{ACCOUNT}_CloudTrail-Digest_{REGION}_main_{REGION}_{end_at:%Y%m%dT%H%M%SZ}.json.gz"
        )
        before = None if starts or not self.digests else self.digests[-1]
        body = {
            "awsAccountId": ACCOUNT,
            "digestStartTime": when(start_at),
            "digestEndTime": when(end_at),
            "digestS3Bucket": BUCKET,
            "digestS3Object": key,
            "digestPublicKeyFingerprint": "f1",
            "digestSignatureAlgorithm": "SHA256withRSA",
            "previousDigestS3Bucket": before and BUCKET,
            "previousDigestS3Object": before,
            "previousDigestHashValue": before and hashlib.sha256(self.objects[before][0]).hexdigest(),
            "previousDigestHashAlgorithm": before and "SHA-256",
            "previousDigestSignature": before and self.objects[before][1]["signature"],
            "logFiles": [
                {
                    "s3Bucket": BUCKET,
                    "s3Object": log,
                    "hashValue": hashlib.sha256(self.objects[log][0]).hexdigest(),
                    "hashAlgorithm": "SHA-256",
                }
                for log in self.logs
            ],
        }
        self.put_digest(key, body, end_at)
        self.digests.append(key)
        self.logs = []
        return key

    def put_digest(self, key, body, end_at):
        content = json.dumps(body).encode()
        previous = body["previousDigestSignature"] or "null"
        text = f"{body['digestEndTime']}\n{BUCKET}/{key}\n{hashlib.sha256(content).hexdigest()}\n{previous}"
        metadata = {"signature": sign(text), "signature-algorithm": "SHA256withRSA"}
        self.objects[key] = (content, metadata, end_at)

    def run(self, hours, per_hour=2):
        """So many hours of logging, each with its digest."""
        for number in range(hours):
            start_at = START + number * HOUR
            for minute in range(per_hour):
                self.log(start_at + timedelta(minutes=5 + 7 * minute))
            for part in range(int(HOUR / self.period)):
                self.digest(start_at + part * self.period)
        return self

    def judged(self):
        """Every digest in the bucket."""
        return [
            judged(f"s3://{BUCKET}/{key}", body, metadata, public_keys())
            for key, (body, metadata, _) in self.objects.items()
            if "CloudTrail-Digest" in key
        ]

    def ingested(self):
        """Every log file in the bucket, as it would be read."""
        return [
            Ingested(f"s3://{BUCKET}/{key}", hashlib.sha256(body).hexdigest(), delivered_at)
            for key, (body, _, delivered_at) in self.objects.items()
            if "CloudTrail-Digest" not in key
        ]


def keys_as_listed():
    """As ListPublicKeys shows them in JSON."""
    return {fingerprint: base64.b64encode(key) for fingerprint, key in public_keys().items()}
