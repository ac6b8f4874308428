"""Packages + advisories ─ scan ─► findings: what is matched when either of the two changes.

A feed that changed is matched with every package version known; a package version that is new, with every feed. Only
then are the findings of the targets made anew whose packages are concerned. Nothing is scanned again for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from nephoscope.keep import keep_gaps, keep_sight, keep_standing
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import SourceError
from nephoscope.model.finding import ResourceRef, Severity, Status
from nephoscope.pipeline.judging import Judging, judging
from nephoscope.scan.exploitation_feed import NAMES, kept
from nephoscope.scan.judge import Judge
from nephoscope.scan.matcher import Index
from nephoscope.scan.priority import DUE_DAYS
from nephoscope.scan.reading import read_advisories
from nephoscope.scan.report import Known, findings
from nephoscope.scan.vex import SUPPRESSING, reason
from nephoscope.store.advisory_feeds import list_feeds, mark_feed_judged
from nephoscope.store.exploitation import named_cves, replace_exploitation
from nephoscope.store.finding_list import FindingFilter, uids_of
from nephoscope.store.fleet import get_host, get_table, hosts_at
from nephoscope.store.gaps import list_gaps
from nephoscope.store.packages import (
    Vulnerability,
    all_packages,
    drop_vulnerabilities,
    id_of,
    ids_of,
    list_looks,
    mark_judged,
    mark_told,
    put_vulnerabilities,
    sets_with,
    unjudged_packages,
    untell,
    vulnerabilities_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from sqlalchemy import Connection

    from nephoscope.keep import Stores
    from nephoscope.model.package import Package
    from nephoscope.store.advisory_feeds import Feed
    from nephoscope.store.packages import Look

AREA, UNJUDGED, EXPLOITATION = "advisories", "package", "exploitation"
OLD, STALE = "feed", "look"
RUNNING = ("AWS::EC2::Instance", "host")  # what changes while nobody looks
LONG, WATCH = timedelta(days=7), timedelta(hours=1)
GAPS = 1_000  # told at once
AT_ONCE = 100_000  # package versions
TARGETS = 100  # of a round, then other jobs of the ledger have their turn
ENDED = "neither the latest look nor the advisories as they are now say so any more"
NONE = Gap(AREA, "advisories", "there are packages and no advisories to match them with: nephoscope advisories import")


def running_kernel(connection: Connection, type_: str, id_: str) -> str:
    """The release of the kernel that a target's agent says runs there; empty if no agent says so."""
    hosts = [get_host(connection, id_)] if type_ == "host" else hosts_at(connection, id_, "")
    for host in filter(None, hosts):
        table = get_table(connection, host.id, "os")
        if table is not None and table.rows:
            return str(table.rows[0].get("kernel") or "")
    return ""


def _parted(feeds: Iterable[Feed]) -> tuple[list[Feed], list[Feed]]:
    """(feeds of advisories, those of exploitation)"""
    parts: tuple[list[Feed], list[Feed]] = ([], [])
    for feed in feeds:
        parts[feed.name in NAMES].append(feed)
    return parts


def _is_old(feed: Feed, now: datetime) -> bool:
    """Whether a feed has brought nothing new for long; one that says no date may be of any age."""
    try:
        newest = datetime.fromisoformat(feed.newest_at)
    except ValueError:
        return True
    return now - (newest if newest.tzinfo else newest.replace(tzinfo=UTC)) > LONG


@dataclass
class Vulnerabilities:
    """The arrow. folder: where feeds lie; at_least: the severity from which a vulnerability is a finding.

    days: until one is due, by class.
    """

    stores: Stores
    folder: Path
    at_least: Severity = Severity.HIGH
    days: Mapping[str, int] = field(default_factory=lambda: DUE_DAYS)
    watched_at: datetime | None = field(default=None, init=False)

    def round(self, now: datetime | None = None) -> bool:
        """One round; answers whether more is waiting."""
        now = now or datetime.now(UTC)
        with self.stores.ledger.read() as connection:
            feeds, others = _parted(list_feeds(connection))
            new = unjudged_packages(connection, AT_ONCE)
        if self.watched_at is None or abs(now - self.watched_at) > WATCH:
            self._watch([*feeds, *others], now)
        if new:
            keep_gaps(self.stores, [] if feeds else [NONE], [NONE] if feeds else [])
        stale = [feed for feed in feeds if not feed.is_judged]
        for feed in stale:
            self._match_feed(feed)
        if new and feeds:
            self._match_new(new, feeds)
        if stale or (new and feeds) or not all(feed.is_judged for feed in others):
            self._learn_exploitation(others)
        return self._tell([*feeds, *others]) or len(new) == AT_ONCE

    def _watch(self, feeds: Iterable[Feed], now: datetime) -> None:
        """What was matched with old advisories, or looked at long ago, is not known to be well: gaps meanwhile."""
        with self.stores.ledger.read() as connection:
            looks = list_looks(connection)
            before = {each.gap for area in (OLD, STALE) for each in list_gaps(connection, area=area)}
        gaps = {
            Gap(OLD, feed.name, f"its newest advisory is of {feed.newest_at[:10]}")
            for feed in feeds
            if _is_old(feed, now)
        }
        for look in looks:
            if look.target.type in RUNNING and now - look.at > LONG:
                target, since = look.target, f"{look.at:%Y-%m-%d}"
                gaps.add(
                    Gap(STALE, target.id, f"its packages were last looked at on {since}", target.account, target.region)
                )
        if gaps != before:
            keep_gaps(self.stores, list(gaps - before)[:GAPS], list(before - gaps))
        self.watched_at = now

    def _match_feed(self, feed: Feed) -> None:
        """Everything known with one feed."""
        with self.stores.ledger.read() as connection:
            known = all_packages(connection)
            open_ = {each.gap for each in list_gaps(connection, area=UNJUDGED)}
        found, unclear = self._matched(known, feed)
        keep_gaps(self.stores, [], [gap for gap in open_ if gap.subject not in {each.subject for each in unclear}])
        with self.stores.ledger.write() as connection:
            gone = drop_vulnerabilities(connection, feed.name, {(number, each.advisory) for number, each in found})
            put_vulnerabilities(connection, found)
            untell(connection, sets_with(connection, gone | {number for number, _ in found}))
            mark_feed_judged(connection, feed)

    def _match_new(self, new: Mapping[int, Package], feeds: Iterable[Feed]) -> None:
        """Package versions not met before with every feed; one that no feed can judge is a gap."""
        found, unclear = list[tuple[int, Vulnerability]](), list[set[Gap]]()
        for feed in feeds:
            matched, of_feed = self._matched(new, feed)
            found += matched
            unclear.append(of_feed)
        keep_gaps(self.stores, sorted(set.intersection(*unclear), key=lambda gap: gap.subject)[:GAPS])
        with self.stores.ledger.write() as connection:
            put_vulnerabilities(connection, found)
            untell(connection, sets_with(connection, {number for number, _ in found}))
            mark_judged(connection, new)

    def _learn_exploitation(self, feeds: Sequence[Feed]) -> None:
        """What the catalogue and the table say of the CVEs that are known; findings whose say changed are made anew."""
        with self.stores.ledger.read() as connection:
            named = named_cves(connection)
        try:
            known = kept([self.folder / feed.file for feed in feeds], named)
        except SourceError as error:
            keep_sight(self.stores, AREA, EXPLOITATION, [Gap(AREA, f"{EXPLOITATION}: {error.where}", error.reason)])
            return
        keep_sight(self.stores, AREA, EXPLOITATION, [])
        with self.stores.ledger.write() as connection:
            changed = replace_exploitation(connection, {cve: (each.kev, each.epss) for cve, each in known.items()})
            untell(connection, sets_with(connection, set[int]().union(*(named.get(cve, ()) for cve in changed))))
            for feed in feeds:
                mark_feed_judged(connection, feed)

    def _matched(self, packages: Mapping[int, Package], feed: Feed) -> tuple[list[tuple[int, Vulnerability]], set[Gap]]:
        """What a feed says of package versions, and which it cannot judge."""
        index, unseen = Index(packages.values()), list[Gap]()
        for each in read_advisories([self.folder / feed.file]) if packages else ():
            if isinstance(each, Gap):
                unseen.append(Gap(AREA, f"{feed.name}: {each.subject}", each.cause))
            else:
                index.add(each)
        keep_sight(self.stores, AREA, feed.name, unseen[:GAPS])
        found, unclear, at = list[tuple[int, Vulnerability]](), set[Gap](), datetime.now(UTC)
        for one in index.matches(packages.values()):
            if isinstance(one, Gap):
                unclear.add(Gap(UNJUDGED, one.subject, one.cause))
                continue
            said = Vulnerability(
                *(one.package, one.advisory, feed.name, one.aliases, one.fixed, one.severity, at),
                *(one.related, one.cvss, one.state),
            )
            found.append((id_of(one.package), said))
        return found, unclear

    def _tell(self, feeds: Iterable[Feed]) -> bool:
        """Make the findings of targets whose packages, or what is known of them, changed."""
        ages = {feed.name: feed.newest_at for feed in feeds}
        with self.stores.ledger.read() as connection:
            looks = list_looks(connection, untold=True)
            known = judging(connection, self.days) if looks else Judging(Judge(), {})
        for look in looks[:TARGETS]:
            self._tell_one(look, ages, known)
        return len(looks) > TARGETS

    def _tell_one(self, look: Look, ages: Mapping[str, str], judges: Judging) -> None:
        target = look.target
        resource = ResourceRef(target.type, target.id, target.account, target.region)
        at = datetime.now(UTC)
        with self.stores.ledger.read() as connection:
            known = vulnerabilities_of(connection, ids_of(connection, look.digest))
            chosen = FindingFilter(
                status=(Status.OPEN, Status.WAIVED),
                kind=("vulnerability",),
                account=(target.account,) if target.account else (),
                resource_id=target.id,
            )
            before = uids_of(connection, chosen)
            running = running_kernel(connection, target.type, target.id)
        said = [
            Known(
                *(v.package, v.advisory, v.aliases, v.fixed, v.severity, v.feed, ages.get(v.feed, "")),
                *(v.found_at, v.related, v.cvss, v.state),
            )
            for _, v in known
        ]
        place, names = judges.place(target), {target.id, target.name} - {""}
        judged = lambda alike, word: judges.judge.of(alike, word, place)  # noqa: E731
        suppressed = {id(each): why for each in said if (why := _suppression(judges, each, names))}
        left = [each for each in said if id(each) not in suppressed]
        found = findings(resource, left, self.at_least, at, judged, running)
        ended = dict.fromkeys(before - {each.uid for each in found}, ENDED)
        for each in said if ended else ():
            if id(each) in suppressed:
                ended |= dict.fromkeys(ended.keys() & _uids(resource, each, at), suppressed[id(each)])
        keep_standing(self.stores, found, ended, at, lambda connection: mark_told(connection, look))


def _suppression(judges: Judging, known: Known, target: Iterable[str]) -> str:
    """Which VEX statement says that a package is not affected or was mended, and why; empty if none does."""
    stated = judges.judge.stated.of(known.names, known.package, target)
    return reason(*stated) if stated and stated[0].status in SUPPRESSING else ""


def _uids(resource: ResourceRef, known: Known, at: datetime) -> set[str]:
    """The finding that a vulnerability would be."""
    return {each.uid for each in findings(resource, [known], Severity.INFORMATIONAL, at, lambda *_: {})}
