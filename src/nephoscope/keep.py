"""What follows from a batch of events or a listing of items, kept in an order that a crash cannot break.

Facts go to the lake first, under tokens that make repeating harmless; then one ledger transaction keeps every decision
that follows from them, the mark that they are done included. People are told last.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from nephoscope.assess.findings import findings as findings_of
from nephoscope.collect.decode import no_garbage_collection
from nephoscope.detect.judge import in_order
from nephoscope.model.coverage import Gap, HourState
from nephoscope.model.finding import Actor, Finding, Kind, ResourceRef, Severity
from nephoscope.model.verdict import Fail, NotApplicable, Pass
from nephoscope.store.events import insert_events, span_of
from nephoscope.store.feed import tell
from nephoscope.store.findings import (
    attach_changes,
    get_findings,
    resolve_compliance,
    resolve_findings,
    upsert_findings,
)
from nephoscope.store.gaps import close_gaps, close_others_of, list_gaps, record_gaps
from nephoscope.store.hours import drop_hours_after, put_hours
from nephoscope.store.items import current_digests, insert_revisions
from nephoscope.store.outbox import drain_outbox
from nephoscope.store.seen import ObjectRef, Read, finish_batch
from nephoscope.store.state import put_state
from nephoscope.store.verdicts import Assessment, Flip, all_assessed, drop_item, list_verdicts, put_verdicts
from nephoscope.store.waivers import apply_waivers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from nephoscope.assess.assessor import Assessor
    from nephoscope.collect.collector import Decoded
    from nephoscope.collect.source import LogObject
    from nephoscope.detect.detector import Detector
    from nephoscope.model.coverage import Hour
    from nephoscope.model.item import Item
    from nephoscope.store.findings import FindingChange
    from nephoscope.store.items import Revision
    from nephoscope.store.lake import Lake
    from nephoscope.store.ledger import Ledger
    from nephoscope.store.seen import Batch


NOTHING: Mapping[str, Any] = MappingProxyType({})
BAD_HOURS = {
    HourState.TAMPERED: ("Log files were changed, injected or forged", Severity.CRITICAL),
    HourState.MISSING: ("Log files or their digests are missing", Severity.HIGH),
    HourState.NOT_LOGGING: ("Account did not log", Severity.HIGH),
}


class Listener(Protocol):
    """Who is told as things happen."""

    def found(self, finding: Finding) -> None: ...
    def cannot_see(self, gap: Gap) -> None: ...
    def sees_again(self, gap: Gap) -> None: ...


@dataclass(frozen=True)
class Stores:
    """Where facts and decisions are kept, and who is told of what is new.

    is_carried: whether a job of its own carries what was decided into the lake, so that nobody waits for it.
    """

    lake: Lake
    ledger: Ledger
    listener: Listener
    is_carried: bool = False

    def carry(self) -> None:
        """Carry what was decided into the lake, unless a job does."""
        if not self.is_carried:
            drain_outbox(self.ledger, self.lake)


@dataclass(frozen=True)
class Looked:
    """What a look at resources gave: the items there are, revisions to write, keys that are gone, what was not seen.

    seen_again: keys of gaps that this look proves closed.
    """

    items: Sequence[Item] = ()
    revisions: Sequence[Revision] = ()
    gone: Sequence[tuple[str, str, str, str]] = ()
    gaps: Sequence[Gap] = ()
    seen_again: Sequence[tuple[str, str, str, str]] = ()
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


def ref(log_object: LogObject) -> ObjectRef:
    """An object as the ledger keeps it."""
    return ObjectRef(**{name: getattr(log_object, name) for name in ObjectRef.__dataclass_fields__})


@no_garbage_collection()
def keep_events(
    stores: Stores, batch: Batch, decoded: Decoded, detector: Detector, states: Mapping[str, Any] = NOTHING
) -> None:
    """A decoded batch: its events to the lake, then findings, gaps, correlation state and the batch's end at once.

    states: what else is to be kept with it, by name.
    The batch's parts were inspected by a Scanner first: `inspected` are pairs of its Scan and anything else.
    """
    for part in decoded.parts:
        if part.table is not None:
            insert_events(stores.lake, part.table, part.token)
    scans = [scan for part in decoded.parts for scan, _ in part.inspected]
    found = [_of_one_actor(finding) for scan in scans for finding in scan.findings]
    found += detector.conclude(in_order(signal for scan in scans for signal in scan.signals))
    gaps = [gap for read in decoded.reads for gap in read.gaps] + detector.gaps
    seen_again = _seen_again(decoded)
    with stores.ledger.write() as connection:
        news = _keep_findings(connection, found)
        record_gaps(connection, gaps)
        ended = close_gaps(connection, [gap.key for gap in seen_again])
        put_state(connection, f"detector/{batch.source}", msgspec.Raw(detector.dump()))
        for name, body in states.items():
            put_state(connection, name, body)
        tell(connection, "event", _arrived(batch, decoded))
        reads = [Read(ref(each.object), each.records, each.unreadable, each.sha256) for each in decoded.reads]
        finish_batch(connection, batch, reads)
    _tell(stores, gaps, news)
    for gap in seen_again if ended else ():
        stores.listener.sees_again(gap)


def _arrived(batch: Batch, decoded: Decoded) -> list[tuple[str, dict[str, Any]]]:
    """How many events of each account a batch brought, as the feed tells it: who follows events reads them anew.

    first_at, last_at: between which the batch's events happened.
    """
    counts: Counter[str] = Counter()
    times: list[datetime] = []
    for part in decoded.parts:
        if part.table is not None and {"cloud.account.uid", "time"} <= {*part.table.column_names}:
            for each in part.table.column("cloud.account.uid").value_counts().to_pylist():
                counts[str(each["values"] or "")] += each["counts"]
            times += [at for at in span_of(part.table) if at is not None]
    span = {"first_at": min(times), "last_at": max(times)} if times else {}
    return [
        (batch.id, {"source": batch.source, "account": account, "events": count, **span})
        for account, count in sorted(counts.items())
    ]


def _seen_again(decoded: Decoded) -> list[Gap]:
    """The gaps that objects had while they could not be had or read, and have no more."""
    possible = [
        Gap(area, each.object.uri, "", each.object.account, each.object.region)
        for each in decoded.reads
        for area in ("object", "record")
    ]
    still = {gap.key for each in decoded.reads for gap in each.gaps}
    return [gap for gap in possible if gap.key not in still]


def keep_sight(stores: Stores, area: str, name: str, gaps: Sequence[Gap]) -> None:
    """What a whole round of a source could not see; what else of the area was out of its sight before is seen again.

    gaps: their subjects begin with `NAME: `.
    """
    with stores.ledger.write() as connection:
        before = [known.gap for known in list_gaps(connection, area=area) if known.gap.subject.startswith(f"{name}: ")]
        close_others_of(connection, area, name, gaps)
        record_gaps(connection, gaps)
    _tell(stores, gaps, [])
    still = {gap.key for gap in gaps}
    for gap in before:
        if gap.key not in still:
            stores.listener.sees_again(gap)


def _of_one_actor(finding: Finding) -> Finding:
    """A rule's matches by one actor on one resource are one finding, to which later events are added."""
    who = finding.actor or Actor()
    actor = who.uid or who.name or who.credential or who.ip
    return replace(finding, subject=(finding.resource.account, actor, finding.resource.id))


def keep_gaps(stores: Stores, gaps: Sequence[Gap], closed: Sequence[Gap] = ()) -> None:
    """What could not be seen, and what can be seen again."""
    with stores.ledger.write() as connection:
        record_gaps(connection, gaps)
        ended = close_gaps(connection, [gap.key for gap in closed]) if closed else 0
    _tell(stores, gaps, [])
    for gap in closed if ended else ():
        stores.listener.sees_again(gap)


def keep_hours(stores: Stores, found: Sequence[Hour], at: datetime) -> None:
    """How complete hours of logs are; those in which logs are missing or false are findings until proven complete."""
    with stores.ledger.write() as connection:
        changed = put_hours(connection, found, at)
        bad = [_hour_finding(hour, at) for hour in changed if hour.state in BAD_HOURS]
        news = _keep_findings(connection, bad)
        mended = [_hour_finding(hour, at) for hour in changed if hour.state is HourState.VERIFIED]
        resolve_findings(connection, [each.uid for each in mended], "the hour is proven complete", at)
    _tell(stores, [], news)


def withdraw_hours(stores: Stores, source: str, now: datetime) -> None:
    """Take back what was said of hours that have not come yet: this machine's clock was ahead when it was said."""
    with stores.ledger.write() as connection:
        ahead = [_hour_finding(hour, now) for hour in drop_hours_after(connection, source, now)]
        resolve_findings(connection, [each.uid for each in ahead], "the hour has not come: the clock was ahead", now)


def _hour_finding(hour: Hour, at: datetime) -> Finding:
    title, severity = BAD_HOURS.get(hour.state, ("", Severity.HIGH))
    return Finding(
        Kind.INTEGRITY,
        "log_hour_is_complete",
        title,
        severity,
        (hour.source, hour.account, hour.region, hour.start_at.isoformat()),
        at,
        reason="; ".join(hour.reasons),
        resource=ResourceRef(account=hour.account, region=hour.region),
        detail={"source": hour.source, "hour": hour.start_at.isoformat(), "state": hour.state},
    )


def keep_items(
    stores: Stores, assessor: Assessor, looked: Looked, digests: dict[tuple[str, str, str, str], str]
) -> None:
    """A look at resources: revisions to the lake, then verdicts, findings and gaps at once.

    digests: of every item that was looked at, by key.
    """
    insert_revisions(stores.lake, looked.revisions, _token(looked.revisions))
    judged = [(item, assessor.judge(item, looked.at)) for item in looked.items]
    assessments = [
        Assessment(item.key, digests[item.key], {check.name: verdict for check, verdict in verdicts})
        for item, verdicts in judged
    ]
    found = [finding for item, verdicts in judged for finding in findings_of(item, verdicts, looked.at)]
    with stores.ledger.write() as connection:
        flips = put_verdicts(connection, assessments, looked.at)
        news = _keep_findings(connection, found)
        _resolve(connection, flips, looked)
        _attribute(connection, flips, looked.revisions)
        tell(connection, "item", [_told(revision) for revision in looked.revisions])
        record_gaps(connection, looked.gaps)
        close_gaps(connection, looked.seen_again)
        news = [stored.finding for stored in get_findings(connection, [each.uid for each in news]).values()]
    _tell(stores, looked.gaps, news)


def known_items(stores: Stores) -> dict[tuple[str, str, str, str], str]:
    """The digest of each item that was kept; empty where a crash left its verdicts and findings behind its revision.

    What the lake says was deleted is known for as long as the ledger holds verdicts of it: its end is kept again.
    """
    there = current_digests(stores.lake)
    with stores.ledger.read() as connection:
        judged = all_assessed(connection)
    ended = dict.fromkeys(judged, "")
    return ended | {key: digest if judged.get(key) == digest else "" for key, digest in there.items()}


def keep_authors(stores: Stores, revisions: Sequence[Revision]) -> None:
    """Who made revisions that were kept before that was known, on them and on the findings that they made."""
    if not revisions:
        return
    insert_revisions(stores.lake, revisions, _token(revisions, "authored"))
    with stores.ledger.write() as connection:
        for revision in revisions:
            verdicts = list_verdicts(connection, key=revision.item.key, verdict="Fail")
            made = [each for each in verdicts if each.changed_at >= revision.captured_at]
            flips = [Flip(each.key, each.check, None, each.verdict, each.changed_at) for each in made]
            _attribute(connection, flips, [revision])


@dataclass(frozen=True)
class Decided:
    """What a transaction decided: findings that stand, uids of those that ended and why, gaps, and gaps that closed."""

    found: Sequence[Finding] = ()
    ended: Mapping[str, str] = field(default_factory=dict[str, str])
    gaps: Sequence[Gap] = ()
    closed: Sequence[Gap] = ()
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


def keep_decided(stores: Stores, decided_in: Callable[[Connection], Decided]) -> None:
    """One transaction: what `decided_in` reads and writes in it, and what follows from what it answers."""
    with stores.ledger.write() as connection:
        news, mended = decide(connection, decided := decided_in(connection))
    _tell(stores, decided.gaps, news)
    for gap in mended:
        stores.listener.sees_again(gap)


def decide(connection: Connection, decided: Decided) -> tuple[list[Finding], list[Gap]]:
    """Keep what was decided, in the caller's transaction; answers the findings that are news, and gaps that closed."""
    news = _keep_findings(connection, decided.found)
    for why in dict.fromkeys(decided.ended.values()):
        ended = [uid for uid, each in decided.ended.items() if each == why]
        resolve_findings(connection, ended, why, decided.at)
    record_gaps(connection, decided.gaps)
    return news, [gap for gap in decided.closed if close_gaps(connection, [gap.key])]


def keep_standing(
    stores: Stores, found: Sequence[Finding], ended: Mapping[str, str], at: datetime, also: Callable[[Connection], None]
) -> None:
    """Findings that stand until a later look ends them, and which of them ended, by uid, and why.

    also: what else is to be kept in the same transaction.
    """

    def decided(connection: Connection) -> Decided:
        also(connection)
        return Decided(found, ended, at=at)

    keep_decided(stores, decided)


def _keep_findings(connection: Connection, found: Sequence[Finding]) -> list[Finding]:
    """Keep findings, apply waivers to those just found, and return the ones that are news."""
    changes: list[FindingChange] = upsert_findings(connection, found)
    waived = {change.uid for change in apply_waivers(connection, [change.uid for change in changes])}
    news = {change.uid for change in changes if change.previous != change.status and change.uid not in waived}
    return list({finding.uid: finding for finding in found if finding.uid in news}.values())


def _resolve(connection: Connection, flips: Sequence[Flip], looked: Looked) -> None:
    """Findings end by evidence only: a Pass, or that the question no longer arises; never by an Unknown."""
    for flip in flips:
        if flip.previous and isinstance(flip.verdict, Pass | NotApplicable):
            why = f"the verdict is now {type(flip.verdict).__name__}"
            resolve_compliance(connection, {_resource(flip.key): [flip.check]}, why, looked.at)
    for key in looked.gone:
        checks = [verdict.check for verdict in list_verdicts(connection, key=key)]
        drop_item(connection, key)
        resolve_compliance(connection, {_resource(key): checks}, "the resource was deleted", looked.at)


def _attribute(connection: Connection, flips: Sequence[Flip], revisions: Sequence[Revision]) -> None:
    """Findings that a change made name that change and its actor."""
    made = {
        revision.item.key: (
            {**revision.attribution, "digest": revision.digest, "paths": list(revision.changed)},
            Actor(**revision.attribution["actor"]),
        )
        for revision in revisions
        if revision.attribution
    }
    failing = [flip for flip in flips if isinstance(flip.verdict, Fail) and flip.key in made]
    attach_changes(connection, {_uid(flip): made[flip.key] for flip in failing})


def _uid(flip: Flip) -> str:
    return Finding(Kind.COMPLIANCE, flip.check, "", Severity.LOW, flip.key, flip.at).uid


def _resource(key: tuple[str, str, str, str]) -> ResourceRef:
    account, region, type_, id_ = key
    return ResourceRef(type_, id_, account, region)


def _told(revision: Revision) -> tuple[str, dict[str, Any]]:
    """A revision as the feed tells it."""
    account, region, type_, id_ = revision.item.key
    kind = "deleted" if revision.is_deleted else "changed" if revision.previous_digest else "created"
    place = {"account": account, "region": region, "type": type_, "id": id_}
    made = {"digest": revision.digest, "changed": list(revision.changed), "attribution": dict(revision.attribution)}
    return "/".join(revision.item.key), place | {"change": kind, "captured_at": revision.captured_at} | made


def _token(revisions: Iterable[Revision], kind: str = "") -> str:
    parts = [part for each in revisions for part in (*each.item.key, each.digest, each.captured_at.isoformat())]
    return hashlib.sha256("\x1f".join([kind, *parts]).encode(errors="surrogatepass")).hexdigest()[:32]


def _tell(stores: Stores, gaps: Iterable[Gap], news: Iterable[Finding]) -> None:
    for gap in gaps:
        stores.listener.cannot_see(gap)
    for finding in news:
        stores.listener.found(finding)
