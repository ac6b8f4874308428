"""CloudTrail's digest files: what was delivered, hashed, signed and chained, one chain per trail, account and region.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
"""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from nephoscope.sandbox.answer import now
from nephoscope.sandbox.delivery import Pile, put_object, sha256
from nephoscope.sandbox.record import stamp
from nephoscope.sandbox.trail import trail_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from nephoscope.sandbox.call import ApiCall
    from nephoscope.sandbox.cloud import Cloud
    from nephoscope.sandbox.journal import Entry
    from nephoscope.sandbox.trail import Trail

ALGORITHM = "SHA256withRSA"
SHORTEST_S = 1


@dataclass(frozen=True)
class Link:
    """The last digest of a chain. is_end: the trail stopped after it, so the next one begins a new chain."""

    bucket: str
    key: str
    sha256: str
    signature: str
    end: str
    is_end: bool = False


@dataclass
class Notary:
    """Signs digests; the key is made with the folder and kept in it."""

    cloud: Cloud
    files: dict[Pile, list[Mapping[str, str]]] = field(default_factory=lambda: defaultdict(list))
    chains: dict[Pile, Link] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._busy = threading.Lock()
        self._key = _load_key(self.cloud)
        self.public_key = _public(self._key)
        self.fingerprint = hashlib.md5(self.public_key, usedforsecurity=False).hexdigest()
        self.cloud.heard.append(self.hear)

    def hear(self, entry: Entry) -> None:
        """Take note of a delivery or a digest that the journal holds."""
        if found := entry.meta.get("delivered"):
            self.files[Pile(found["trail"], found["account"], found["region"])].append(found)
        if found := entry.meta.get("digest"):
            pile = Pile(found["trail"], found["account"], found["region"])
            self.chains[pile] = Link(**found["link"])
            del self.files[pile][: found["files"]]
        if found := entry.meta.get("chain_ended"):
            pile = Pile(**found)
            if link := self.chains.get(pile):
                self.chains[pile] = Link(link.bucket, link.key, link.sha256, link.signature, link.end, True)

    def list_public_keys(self, call: ApiCall) -> dict[str, Any]:
        """ListPublicKeys's answer: the one key, if it was valid in the time asked for."""
        founded = self.cloud.founded_at - timedelta(days=1)
        ends = founded + timedelta(days=3650)
        key = {
            "Value": self.public_key,
            "ValidityStartTime": founded,
            "ValidityEndTime": ends,
            "Fingerprint": self.fingerprint,
        }
        return {"PublicKeyList": [key]}

    def sign(self) -> int:
        """Write the digests that are due; returns their number."""
        with self._busy:
            return sum(self._sign(pile) for pile in self._due())

    def _due(self) -> list[Pile]:
        logging = {trail.arn: trail for trail in self.cloud.trails() if trail.validates}
        home = {Pile(trail.arn, trail.account, trail.home_region) for trail in logging.values()}
        running = {pile for pile, link in self.chains.items() if pile.trail in logging or not link.is_end}
        waiting = {pile for pile, files in self.files.items() if files}
        return sorted(home | running | waiting, key=lambda pile: (pile.trail, pile.account, pile.region))

    def _sign(self, pile: Pile) -> int:
        trail, is_logging = self._trail(pile)
        if trail is None or not trail.validates:
            self.files[pile].clear()
            return 0
        ends_at = now().replace(microsecond=0)
        files = list(self.files[pile])
        starts_at = self._start(pile, trail, files, ends_at)
        if (ends_at - starts_at).total_seconds() < SHORTEST_S:
            return 0
        return self._write(trail, pile, files, (starts_at, ends_at), is_end=not is_logging)

    def _trail(self, pile: Pile) -> tuple[Trail | None, bool]:
        with self.cloud.locked():
            account, region = pile.trail.split(":")[4], pile.trail.split(":")[3]
            trail = trail_of(self.cloud.backends, account, region, pile.trail)
            return trail, pile.trail in {logging.arn for logging in self.cloud.trails()}

    def _start(self, pile: Pile, trail: Trail, files: list[Mapping[str, str]], ends_at: datetime) -> datetime:
        link = self._previous(pile)
        if link:
            return parse(link.end)
        oldest = [parse(file["oldest"]) for file in files]
        return min([*oldest, ends_at - timedelta(seconds=SHORTEST_S)])

    def _previous(self, pile: Pile) -> Link | None:
        link = self.chains.get(pile)
        return None if link is None or link.is_end else link

    def _write(
        self,
        trail: Trail,
        pile: Pile,
        files: list[Mapping[str, str]],
        span: tuple[datetime, datetime],
        *,
        is_end: bool,
    ) -> int:
        starts_at, ends_at = span
        key = (
            f"{trail.folder(pile.account)}/CloudTrail-Digest/{pile.region}/{ends_at:%Y/%m/%d}/{pile.account}"
            f"_CloudTrail-Digest_{pile.region}_{trail.name}_{trail.home_region}_{ends_at:%Y%m%dT%H%M%SZ}.json.gz"
        )
        previous = self._previous(pile)
        digest = {
            "awsAccountId": pile.account,
            "digestStartTime": stamp(starts_at),
            "digestEndTime": stamp(ends_at),
            "digestS3Bucket": trail.bucket,
            "digestS3Object": key,
            "digestPublicKeyFingerprint": self.fingerprint,
            "digestSignatureAlgorithm": ALGORITHM,
            "newestEventTime": max((file["newest"] for file in files), default=None),
            "oldestEventTime": min((file["oldest"] for file in files), default=None),
            "previousDigestS3Bucket": previous.bucket if previous else None,
            "previousDigestS3Object": previous.key if previous else None,
            "previousDigestHashValue": previous.sha256 if previous else None,
            "previousDigestHashAlgorithm": "SHA-256" if previous else None,
            "previousDigestSignature": previous.signature if previous else None,
            "logFiles": [_log_file(file) for file in files],
        }
        content = json.dumps(digest, separators=(",", ":")).encode()
        signature = self._signature(digest, content)
        link = Link(trail.bucket, key, sha256(content), signature, stamp(ends_at), is_end)
        meta = {
            "trail": pile.trail,
            "account": pile.account,
            "region": pile.region,
            "files": len(files),
            "link": {name: getattr(link, name) for name in Link.__dataclass_fields__},
        }
        packed = gzip.compress(content, 6, mtime=0)
        words = {"signature": signature, "signature_algorithm": ALGORITHM}
        return 0 if put_object(self.cloud, trail, key, packed, {"digest": meta}, **words) else 1

    def _signature(self, digest: Mapping[str, Any], content: bytes) -> str:
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        place = f"{digest['digestS3Bucket']}/{digest['digestS3Object']}"
        previous = digest["previousDigestSignature"] or "null"
        signed = f"{digest['digestEndTime']}\n{place}\n{sha256(content)}\n{previous}"
        return self._key.sign(signed.encode(), PKCS1v15(), SHA256()).hex()


def parse(text: str) -> datetime:
    """Read `2026-11-21T09:43:30Z`."""
    from datetime import datetime

    return datetime.fromisoformat(text)


def _log_file(file: Mapping[str, str]) -> dict[str, str]:
    return {
        "s3Bucket": file["bucket"],
        "s3Object": file["key"],
        "hashValue": file["sha256"],
        "hashAlgorithm": "SHA-256",
        "newestEventTime": file["newest"],
        "oldestEventTime": file["oldest"],
    }


def _load_key(cloud: Cloud) -> Any:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

    path = cloud.folder / "digest-key.pem"
    if not path.exists():
        fresh = generate_private_key(public_exponent=65537, key_size=2048)
        form = serialization.PrivateFormat.TraditionalOpenSSL
        pem = fresh.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
        new = path.with_suffix(".new")
        new.touch(0o600)
        new.write_bytes(pem)
        new.replace(path)
    return serialization.load_pem_private_key(path.read_bytes(), None)


def _public(key: Any) -> bytes:
    from cryptography.hazmat.primitives import serialization

    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
