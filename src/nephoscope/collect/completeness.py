"""How complete each hour of a trail is: what its digests prove, held against what was ingested. No I/O.

A digest proves the log files that were delivered in its period, and the digest before it. An hour is verified when
valid digests cover all of it and each file that they list, and whose name puts it there, was ingested as listed.
Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-intro.html
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from nephoscope.model.coverage import Hour, HourState

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nephoscope.collect.digests import Digest

HOUR = timedelta(hours=1)
STAMP = re.compile(r"_(\d{8}T\d{4}Z)_[^/]*$")
GRAVITY = (
    HourState.TAMPERED,
    HourState.MISSING,
    HourState.UNREADABLE,
    HourState.NOT_LOGGING,
    HourState.UNVERIFIABLE,
    HourState.LATE,
    HourState.PENDING,
    HourState.VERIFIED,
)


@dataclass(frozen=True)
class Ingested:
    """A log file as it was read: sha256 of its uncompressed content, empty if that could not be read to its end."""

    uri: str
    sha256: str
    delivered_at: datetime | None = None


@dataclass(frozen=True)
class TrailStatus:
    """What the provider says of a trail. stopped_at, started_at: the last time logging was switched off, on."""

    is_logging: bool = True
    has_digests: bool = True
    started_at: datetime | None = None
    stopped_at: datetime | None = None


@dataclass(frozen=True)
class Allowance:
    """How long a digest may take. period: how much one covers; late_after, missing_after: its due time plus this."""

    period: timedelta = HOUR
    late_after: timedelta = timedelta(minutes=30)
    missing_after: timedelta = timedelta(hours=6)


@dataclass(frozen=True)
class Evidence:
    """All that is known of one account and region of a trail.

    digests: in any order, of one chain (and its backfills). ingested: every version that was read. failed: why files
    that digests list cannot be had, as {uri: (MISSING or UNREADABLE, reason)}. earlier: {uri: sha256} of digests
    verified before `since`.
    """

    source: str
    account: str
    region: str
    digests: Sequence[Digest]
    ingested: Sequence[Ingested]
    status: TrailStatus = field(default_factory=TrailStatus)
    failed: Mapping[str, tuple[HourState, str]] = field(default_factory=dict[str, tuple[HourState, str]])
    earlier: Mapping[str, str] = field(default_factory=dict[str, str])
    allowance: Allowance = field(default_factory=Allowance)


Findings = dict[datetime, list[tuple[HourState, str]]]


def hours(evidence: Evidence, since: datetime, now: datetime) -> list[Hour]:
    """The state of each hour from `since` to the one that holds `now`, with the objects that are why."""
    digests = sorted(evidence.digests, key=lambda digest: (digest.end_at, digest.uri))
    found: Findings = defaultdict(list)
    for start_at, state, reason in (
        *_digest_flaws(digests),
        *_chain_breaks(digests, evidence.earlier, since),
        *_file_flaws(digests, evidence),
        *_injected(digests, evidence),
    ):
        found[start_at].append((state, reason))
    states: list[Hour] = []
    start_at = hour_of(since)
    while start_at <= now:
        troubles = found[start_at] or [_coverage(start_at, digests, evidence, now)]
        states.append(_hour(evidence, start_at, troubles))
        start_at += HOUR
    return states


def hour_of(at: datetime) -> datetime:
    """The hour that holds a moment."""
    return at.replace(minute=0, second=0, microsecond=0)


def _hour(evidence: Evidence, start_at: datetime, troubles: list[tuple[HourState, str]]) -> Hour:
    state = min((state for state, _ in troubles), key=GRAVITY.index)
    reasons = sorted({reason for _, reason in troubles if reason})
    return Hour(evidence.source, evidence.account, evidence.region, start_at, state, tuple(reasons))


def _period(digest: Digest) -> Iterator[datetime]:
    """The hours that a digest covers, wholly or in part."""
    start_at = hour_of(digest.start_at)
    while start_at < max(digest.end_at, digest.start_at + timedelta(microseconds=1)):
        yield start_at
        start_at += HOUR


def _digest_flaws(digests: list[Digest]) -> Iterator[tuple[datetime, HourState, str]]:
    for digest in digests:
        if digest.flaw is not None:
            for start_at in _period(digest):
                yield start_at, *digest.flaw


def _chain_breaks(
    digests: list[Digest], earlier: Mapping[str, str], since: datetime
) -> Iterator[tuple[datetime, HourState, str]]:
    """Digests whose predecessor is not what they were signed over, or not there."""
    by_uri = {digest.uri: digest for digest in digests}
    for digest in digests:
        if not digest.previous_uri or digest.flaw is not None:
            continue
        before = by_uri.get(digest.previous_uri)
        known = before.sha256 if before is not None else earlier.get(digest.previous_uri)
        if known is None and digest.start_at > since:
            yield from _lost(digest, digests)
        elif known and digest.previous_sha256 and known != digest.previous_sha256:
            reason = f"digest {digest.previous_uri} is not the one that {digest.uri} was signed over"
            for start_at in _period(before or digest):
                yield start_at, HourState.TAMPERED, reason


def _lost(digest: Digest, digests: list[Digest]) -> Iterator[tuple[datetime, HourState, str]]:
    """The hours that a missing predecessor covered: back to where the digest before it ends."""
    ends = [other.end_at for other in digests if other.end_at <= digest.start_at and other.chain == digest.chain]
    start_at = hour_of(max(ends, default=digest.start_at - HOUR))
    while start_at < digest.start_at:
        yield start_at, HourState.MISSING, f"digest {digest.previous_uri} is missing; {digest.uri} follows it"
        start_at += HOUR


def _file_flaws(digests: list[Digest], evidence: Evidence) -> Iterator[tuple[datetime, HourState, str]]:
    """Log files that are not as a valid digest lists them."""
    read: dict[str, list[Ingested]] = defaultdict(list)
    for one in evidence.ingested:
        read[one.uri].append(one)
    owners = {log.sha256: log.uri for digest in digests if digest.flaw is None for log in digest.logs}
    for digest in digests:
        for log in digest.logs if digest.flaw is None else ():
            start_at = file_hour(log.uri) or hour_of(digest.start_at)
            for state, reason in _flaws_of(log.uri, log.sha256, read[log.uri], evidence, owners):
                yield start_at, state, reason


def _flaws_of(
    uri: str, sha256: str, read: list[Ingested], evidence: Evidence, owners: Mapping[str, str]
) -> Iterator[tuple[HourState, str]]:
    if uri in evidence.failed:
        yield evidence.failed[uri]
    elif not read:
        yield HourState.PENDING, f"log file {uri} is listed and not read yet"
    for one in read:
        if not one.sha256:
            yield HourState.UNREADABLE, f"log file {uri} is corrupt"
        elif one.sha256 != sha256:
            other = owners.get(one.sha256)
            how = f"was reordered: it holds what was delivered as {other}" if other else "was changed"
            yield HourState.TAMPERED, f"log file {uri} {how}"


def _injected(digests: list[Digest], evidence: Evidence) -> Iterator[tuple[datetime, HourState, str]]:
    """Files that were delivered within a digest's period and that neither it, nor the next, nor any other lists."""
    valid = [digest for digest in digests if digest.flaw is None and not digest.is_backfill]
    listed = {log.uri for digest in digests for log in digest.logs}
    followed = {digest.previous_uri for digest in valid}
    known = (
        {digest.uri for digest in digests}
        | evidence.earlier.keys()
        | {"", *(digest.previous_uri for digest in valid[:1])}
    )
    settled = [digest for digest in valid if digest.uri in followed and digest.previous_uri in known]
    for one in evidence.ingested:
        if one.uri in listed or one.delivered_at is None:
            continue
        if any(digest.start_at <= one.delivered_at < digest.end_at for digest in settled):
            start_at = file_hour(one.uri) or hour_of(one.delivered_at)
            yield start_at, HourState.TAMPERED, f"log file {one.uri} was injected: no digest lists it"


def file_hour(uri: str) -> datetime | None:
    """The hour that a log file's name puts its events in."""
    found = STAMP.search(uri)
    try:
        return hour_of(datetime.strptime(found[1], "%Y%m%dT%H%MZ").replace(tzinfo=UTC)) if found else None
    except ValueError:
        return None


def _coverage(start_at: datetime, digests: list[Digest], evidence: Evidence, now: datetime) -> tuple[HourState, str]:
    """The state of an hour of which nothing bad is known."""
    end_at = start_at + HOUR
    valid = [digest for digest in digests if digest.flaw is None and not digest.is_backfill]
    began_at = _began(start_at, end_at, valid)
    bare_at = _first_bare(began_at or start_at, end_at, valid)
    if bare_at is None:
        return HourState.VERIFIED, f"digests begin at {began_at:%H:%M:%S}" if began_at else ""
    if _was_off(start_at, end_at, evidence.status):
        return HourState.NOT_LOGGING, "the trail was not logging"
    if not evidence.status.has_digests:
        return HourState.UNVERIFIABLE, "log file validation is off: the trail makes no digests"
    if any(digest.start_at >= bare_at for digest in valid):
        return HourState.NOT_LOGGING, f"no digest covers {bare_at:%H:%M:%S}: logging or validation was off"
    due_at = max(end_at, bare_at + evidence.allowance.period)
    if now < due_at + evidence.allowance.late_after:
        return HourState.PENDING, ""
    late = now < due_at + evidence.allowance.missing_after
    reason = f"the digest due at {due_at:%Y-%m-%dT%H:%M:%SZ} is not there"
    return HourState.LATE if late else HourState.MISSING, reason


def _began(start_at: datetime, end_at: datetime, valid: list[Digest]) -> datetime | None:
    """When the first digest of all began, if that was within the hour: what was before it, nobody promised to prove."""
    first = min(valid, key=lambda digest: digest.start_at, default=None)
    if first is None or first.previous_uri or not start_at < first.start_at < end_at:
        return None
    return first.start_at


def _first_bare(start_at: datetime, end_at: datetime, valid: list[Digest]) -> datetime | None:
    """The first moment of an hour that no digest covers; None if all of it is covered."""
    at = start_at
    for digest in sorted(valid, key=lambda digest: digest.start_at):
        if digest.start_at <= at < digest.end_at:
            at = digest.end_at
        if at >= end_at:
            return None
    return at


def _was_off(start_at: datetime, end_at: datetime, status: TrailStatus) -> bool:
    stopped = not status.is_logging and (status.stopped_at is None or status.stopped_at < end_at)
    not_yet = (
        status.started_at is not None
        and end_at <= status.started_at
        and (status.stopped_at is None or status.stopped_at <= start_at)
    )
    return stopped or not_yet
