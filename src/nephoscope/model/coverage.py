"""Coverage: how much could be seen, and what could not be, since when and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True)
class Gap:
    """Something that could not be seen.

    area: which boundary reports it ("source", "object", "record", "read", "check", "rule", "plugin", "store",
    "silence", "absence", "advisories", "package", "host", "scan", "scan left-overs", "schedule").
    subject: what could not be seen, so that one gap has one entry (source name, object URI, `AWS::S3::Bucket`,
    file:line).
    cause: a sentence; permission: the one that is missing, if that is the cause.
    """

    area: str
    subject: str
    cause: str
    account: str = ""
    region: str = ""
    permission: str = ""

    @property
    def key(self) -> tuple[str, str, str, str]:
        return (self.area, self.subject, self.account, self.region)


class HourState(StrEnum):
    """What the completeness ledger says of one account, region and hour of a trail."""

    VERIFIED = "verified"
    PENDING = "pending"  # the digest is not due yet
    LATE = "late"  # due, and still within the allowance
    MISSING = "missing"  # a digest, or a file that a digest names, is not there
    TAMPERED = "tampered"  # changed, injected, or the chain or a signature is broken
    UNREADABLE = "unreadable"  # denied or corrupt
    UNVERIFIABLE = "unverifiable"  # the trail makes no digests
    NOT_LOGGING = "not logging"


@dataclass(frozen=True)
class Hour:
    """One hour of a trail: its state, and exactly which objects are why."""

    source: str
    account: str
    region: str
    start_at: datetime
    state: HourState
    reasons: tuple[str, ...] = ()
