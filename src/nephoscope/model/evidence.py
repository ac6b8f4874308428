"""Evidence: what was captured, the sealed list of it, and who held it.

A manifest is an in-toto statement in a DSSE envelope: the subjects are files with their SHA-256, the predicate says of
what run they are and which manifest came before. What is signed is kept as the bytes that were signed.
Source: https://github.com/in-toto/attestation/tree/main/spec/v1, https://github.com/secure-systems-lab/dsse
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003  manifests are decoded by their annotations
from enum import StrEnum
from typing import Any, Protocol, TypeVar

import msgspec

from nephoscope.model.errors import CustodyError


class Said(Protocol):
    """What is signed as a statement."""

    def statement(self) -> bytes: ...


T = TypeVar("T")
S = TypeVar("S", bound=Said)

STATEMENT = "https://in-toto.io/Statement/v1"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
MANIFEST = "urn:nephoscope:evidence:manifest:v1"
HEAD = "urn:nephoscope:evidence:head:v1"
EXPORT = "urn:nephoscope:evidence:export:v1"
NAME_CHARS = 1_000
SLUG_CHARS = 80
UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


class Custody(StrEnum):
    """What was done with a run's evidence."""

    CREATED = "created"
    SEALED = "sealed"
    READ = "read"
    EXPORTED = "exported"
    COPIED = "copied"
    VERIFIED = "verified"
    DELETED = "deleted"


@dataclass(frozen=True)
class Capture:
    """One thing that was captured. source: the call or command that gave it."""

    name: str
    sha256: str
    size_bytes: int
    media_type: str
    source: str
    captured_at: datetime

    @property
    def file(self) -> str:
        """Where it lies below its run's folder: a name that holds its digest, and leads nowhere else."""
        return f"captures/{self.sha256}-{slug(self.name)}"


@dataclass(frozen=True)
class CustodyEntry:
    """Who did what with a run's evidence. previous: the digest of the entry before it, empty for the first."""

    run: str
    number: int
    at: datetime
    who: str
    what: Custody
    detail: str = ""
    previous: str = ""

    @property
    def digest(self) -> str:
        return sha256_of(canonical(self))


@dataclass(frozen=True)
class Manifest:
    """What a run captured, as sealed.

    number: its place among all manifests of this installation, from 1. previous: SHA-256 of the statement before it,
    empty for the first. custody: the run's entries up to its sealing. tool: who made it, with version.
    """

    run: str
    number: int
    previous: str
    made_at: datetime
    tool: str
    key_id: str
    case: str = ""
    finding: str = ""
    captures: tuple[Capture, ...] = ()
    custody: tuple[CustodyEntry, ...] = ()

    def statement(self) -> bytes:
        """What is signed."""
        return statement(MANIFEST, {each.file: each.sha256 for each in self.captures}, self)


@dataclass(frozen=True)
class Head:
    """Which manifest is the newest, and its statement's SHA-256."""

    number: int
    sha256: str
    key_id: str

    def statement(self) -> bytes:
        return statement(HEAD, {}, self)


@dataclass(frozen=True)
class Export:
    """What was handed out of a run: its custody until then. files: everything beside the captures, by SHA-256."""

    run: str
    made_at: datetime
    who: str
    key_id: str
    files: dict[str, str] = field(default_factory=dict[str, str])
    custody: tuple[CustodyEntry, ...] = ()

    def statement(self) -> bytes:
        return statement(EXPORT, self.files, self)


@dataclass(frozen=True)
class Envelope:
    """Signed bytes and the signature over them, of one key."""

    payload: bytes
    key_id: str
    signature: bytes
    payload_type: str = PAYLOAD_TYPE

    def to_bytes(self) -> bytes:
        """As it is kept; there is one way to write an envelope, so that a changed byte shows."""
        signature = {"keyid": self.key_id, "sig": base64.b64encode(self.signature).decode()}
        payload = base64.b64encode(self.payload).decode()
        return canonical({"payloadType": self.payload_type, "payload": payload, "signatures": [signature]}) + b"\n"

    @classmethod
    def from_bytes(cls, content: bytes) -> Envelope:
        """Raises CustodyError for what is no envelope, or not written as we write them."""
        found = _decoded(content, _Envelope)
        if len(found.signatures) != 1:
            raise CustodyError(f"the envelope carries {len(found.signatures)} signatures, not one")
        [signature] = found.signatures
        try:
            payload, sig = (base64.b64decode(part, validate=True) for part in (found.payload, signature.sig))
        except (binascii.Error, ValueError) as error:
            raise CustodyError(f"the envelope is not base64: {error}") from error
        envelope = cls(payload, signature.keyid, sig, found.payloadType)
        if envelope.to_bytes() != content:
            raise CustodyError("the envelope is not as it was written: bytes outside the signed part were changed")
        return envelope

    @property
    def signed(self) -> bytes:
        """The bytes that the signature is over: DSSE's pre-authentication encoding."""
        kind = self.payload_type.encode()
        return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(self.payload), self.payload)

    @property
    def sha256(self) -> str:
        """The digest of what is signed; the next manifest names it."""
        return sha256_of(self.payload)


class _Signature(msgspec.Struct):
    keyid: str
    sig: str


class _Envelope(msgspec.Struct):
    payloadType: str  # noqa: N815  as DSSE names it
    payload: str
    signatures: list[_Signature]


class _Statement(msgspec.Struct):
    subject: list[dict[str, Any]]
    predicateType: str  # noqa: N815  as in-toto names it
    predicate: msgspec.Raw


def statement(kind: str, files: dict[str, str], predicate: object) -> bytes:
    """An in-toto statement about files, as canonical JSON."""
    subjects = [{"name": name, "digest": {"sha256": digest}} for name, digest in sorted(files.items())]
    return canonical({"_type": STATEMENT, "subject": subjects, "predicateType": kind, "predicate": predicate})


def read_statement(payload: bytes, kind: str, as_: type[S]) -> S:
    """The predicate of a statement. Raises CustodyError for one of another kind, or whose subjects are others."""
    found = _decoded(payload, _Statement)
    if found.predicateType != kind:
        raise CustodyError(f"it is a statement of the kind {found.predicateType[:100]!r}, not {kind}")
    predicate = _decoded(bytes(found.predicate), as_)
    if predicate.statement() != payload:
        raise CustodyError("the statement's parts do not agree with one another")
    return predicate


def canonical(value: object) -> bytes:
    """The one JSON text of a value: keys in order, no spaces, UTF-8."""
    return msgspec.json.encode(value, order="sorted")


def sha256_of(content: bytes) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def slug(name: str) -> str:
    """What of a name may stand in a file's name: no separators, no leading dot, no more than eighty characters."""
    return UNSAFE.sub("_", name)[-SLUG_CHARS:].lstrip(".-") or "capture"


def tame(name: str) -> str:
    """A name that can be kept: text that is UTF-8, of bounded length; the digest tells apart what was cut."""
    whole = name.encode(errors="replace").decode().replace("\x00", "\N{SYMBOL FOR NULL}")
    return whole if len(whole) <= NAME_CHARS else f"{whole[:900]}…{sha256_of(whole.encode())}"


def _decoded(content: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CustodyError(f"it cannot be read: {error}") from error
