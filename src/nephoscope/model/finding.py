"""Findings: what someone may have to act on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping  # noqa: TC003  the ledger decodes findings by these annotations
from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003
from enum import StrEnum
from functools import lru_cache
from typing import Any


class Severity(StrEnum):
    """OCSF's and Sigma's levels, in rising order."""

    INFORMATIONAL = "informational"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        return list(Severity).index(self)


class Kind(StrEnum):
    """What a finding is about."""

    DETECTION = "detection"
    COMPLIANCE = "compliance"
    VULNERABILITY = "vulnerability"
    INTEGRITY = "integrity"


class Status(StrEnum):
    """A finding's life: open until evidence resolves it; open again when it returns; waived while a waiver holds."""

    OPEN = "open"
    RESOLVED = "resolved"
    WAIVED = "waived"


@dataclass(frozen=True)
class Actor:
    """Who did it, as the log names them."""

    uid: str = ""  # ARN, login or object id
    type: str = ""  # IAMUser, AssumedRole, Root, …
    name: str = ""
    session: str = ""
    issuer: str = ""  # the role behind an assumed-role session
    credential: str = ""  # access key id
    ip: str = ""
    user_agent: str = ""

    def __str__(self) -> str:
        return self.uid or self.name or self.type or "unknown"


@dataclass(frozen=True)
class EventRef:
    """An event and where its record lies."""

    uid: str
    time: datetime | None
    source: str
    object: str
    index: int
    operation: str = ""


@dataclass(frozen=True)
class ResourceRef:
    """The resource a finding is about; empty parts are not known."""

    type: str = ""
    id: str = ""
    account: str = ""
    region: str = ""


@dataclass(frozen=True)
class Finding:
    """One thing someone may have to act on, as a slice found it; the ledger keeps its first and last seen and status.

    rule: the rule's or check's id. subject: what tells findings of one rule apart (for a detection the event id, or
    the correlation's group and window; for a check the item's key); uid is made of kind, rule and subject.
    detail: JSON-ready facts for the reader (matched fields, verdict's reason, correlation's values).
    """

    kind: Kind
    rule: str
    title: str
    severity: Severity
    subject: tuple[str, ...]
    time: datetime
    reason: str = ""
    resource: ResourceRef = field(default_factory=ResourceRef)
    actor: Actor | None = None
    events: tuple[EventRef, ...] = ()
    tags: tuple[str, ...] = ()
    detail: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def uid(self) -> str:
        """Stable over restarts and replays: 32 hex digits."""
        return _uid_of(self.kind, self.rule, self.subject)


@lru_cache(maxsize=10_000)
def _uid_of(kind: Kind, rule: str, subject: tuple[str, ...]) -> str:
    parts = "\x1f".join((kind, rule, *subject))
    return hashlib.sha256(parts.encode(errors="surrogatepass")).hexdigest()[:32]
