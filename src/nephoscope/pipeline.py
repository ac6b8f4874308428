"""READ FIRST: each arrow of the picture is one class here, and its methods are its rounds.

 LOGS      collect ───► events ────► detect ──┐
            │             │ write events      ├──► findings
            └─► hours     │                   │
 CLOUDS    inventory ◄────┘                   │
           inventory ─► items ─────► assess ──┘

Slices compute, this moves, `keep` records, the store keeps. A crash repeats, never skips.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import RLock
from typing import TYPE_CHECKING, Any

from nephoscope.collect.collector import Fetched, Job, fetched, grouped, work
from nephoscope.collect.completeness import Ingested, hour_of, hours
from nephoscope.collect.source import LogObject
from nephoscope.collect.sources.aws_cloudtrail import AwsCloudTrail
from nephoscope.detect.detector import Detector, Scan, Scanner
from nephoscope.inventory.engine import Inventory, part_gaps, reachable, read_again
from nephoscope.inventory.event_map import sources_of
from nephoscope.inventory.revise import revised
from nephoscope.inventory.written import authored, restored, unnamed
from nephoscope.keep import (
    Looked,
    keep_authors,
    keep_events,
    keep_gaps,
    keep_hours,
    keep_items,
    keep_sight,
    known_items,
    ref,
)
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import SourceError
from nephoscope.store.events import write_events
from nephoscope.store.gaps import close_others
from nephoscope.store.items import digest_of, latest_revisions
from nephoscope.store.outbox import drain_outbox
from nephoscope.store.seen import Batch, Seen, finish_batch, pending_batches, record_batch, seen_since
from nephoscope.store.state import get_state, put_state

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from nephoscope.assess.assessor import Assessor
    from nephoscope.clouds import Clouds
    from nephoscope.clouds.aws import Aws
    from nephoscope.collect.source import Source
    from nephoscope.collect.verify import Verifier
    from nephoscope.detect.rule import RuleSet
    from nephoscope.inventory.engine import Plan
    from nephoscope.keep import Stores
    from nephoscope.model.event import EventBatch
    from nephoscope.model.item import Item
    from nephoscope.store.items import Revision

Key = tuple[str, str, str, str]
LOOK_BACK = timedelta(hours=6)  # events of creations are looked for so far back
SLACK = timedelta(minutes=5)
BACKLOG = timedelta(hours=1)
NOTED = timedelta(minutes=1)
LONGEST_ABSENCE = timedelta(days=14)
LOOKED = ("watched", "verified")
EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Logs:
    """LOGS ─ collect ─► events ─ detect ─► findings, of one source.

    writes: what a batch's write events changed; changed: is told of it once the batch is kept.
    """

    name: str
    source: Source
    clouds: Clouds
    stores: Stores
    rules: RuleSet
    writes: Callable[[EventBatch], Sequence[Any]] = lambda _: ()
    changed: Callable[[Sequence[Any]], None] = lambda _: None
    is_stopping: Callable[[], bool] = lambda: False
    objects: int = field(default=0, init=False)
    events: int = field(default=0, init=False)
    is_blind: bool = field(default=True, init=False)
    backlog_due_at: datetime = field(default=EVER, init=False)
    noted_at: datetime = field(default=EVER, init=False)

    def __post_init__(self) -> None:
        self.scanner = Scanner(self.rules)
        with self.stores.ledger.read() as connection:
            read_at = get_state(connection, f"read/{self.name}")
        absence = datetime.now(UTC) - datetime.fromisoformat(read_at) if read_at else timedelta()
        self.reach = self.source.since(min(absence, LONGEST_ABSENCE).days)
        self.seen = Seen(self.stores.ledger, self.name)
        self._recall()

    def collect(self) -> bool:
        """One round: first what a crash interrupted, then what is new. Answers whether to look again at once."""
        self._resume()
        gaps = self._round(self.reach.objects(self.clouds, self.seen))
        if datetime.now(UTC) >= self.backlog_due_at and not self.is_stopping():
            gaps += self._round(self.reach.backlog(self.clouds, self.seen))
            self.backlog_due_at = datetime.now(UTC) + BACKLOG
        drain_outbox(self.stores.ledger, self.stores.lake)
        if self.is_stopping():
            return True
        self._saw(gaps)
        return self.source.is_announced and not gaps

    def _round(self, found: Iterable[LogObject | Gap]) -> list[Gap]:
        """Read all that was found; answers what of the source could not be seen."""
        blind: list[Gap] = []
        for group in grouped(fetched(self.source, self.clouds, found)):
            if isinstance(group, Gap):
                blind += self._unseen(group)
                continue
            batch = Batch(self.name, tuple(ref(one.object) for one in group))
            with self.stores.ledger.write() as connection:
                batch = record_batch(connection, batch)
            self._run(batch, group)
            if self.is_stopping():
                break
        return blind

    def _unseen(self, gap: Gap) -> list[Gap]:
        """An object's gap is kept at once; the source's own are kept together, when the round has ended."""
        if gap.area == "source":
            return [replace(gap, subject=f"{self.name}: {gap.subject}")]
        keep_gaps(self.stores, [gap])
        return []

    def _saw(self, gaps: list[Gap]) -> None:
        """Keep what the round could not see, and that it was: from here a later process looks back."""
        now = datetime.now(UTC)
        if gaps or self.is_blind:
            keep_sight(self.stores, "source", self.name, gaps)
        self.is_blind = bool(gaps)
        if not gaps and now - self.noted_at > NOTED:
            with self.stores.ledger.write() as connection:
                put_state(connection, f"read/{self.name}", now.isoformat())
            self.noted_at, self.reach = now, self.source

    def _recall(self) -> None:
        """Begin from what was kept with the last batch."""
        self.detector = Detector(self.rules)
        with self.stores.ledger.read() as connection:
            kept = get_state(connection, f"detector/{self.name}")
        if kept:
            self.detector.load(kept)

    def _resume(self) -> None:
        """Finish what a crash interrupted; what of it can be had no more makes it another batch, of another id."""
        for batch in self._interrupted():
            group = self._fetch_again(batch)
            if len(group) < len(batch.objects):
                with self.stores.ledger.write() as connection:
                    finish_batch(connection, batch, [])
                    if not group:
                        continue
                    batch = record_batch(connection, Batch(self.name, tuple(ref(one.object) for one in group)))
            self._run(batch, group)

    def _interrupted(self) -> list[Batch]:
        with self.stores.ledger.read() as connection:
            return pending_batches(connection, self.name)

    def _fetch_again(self, batch: Batch) -> list[Fetched]:
        objects = [
            LogObject(**{name: getattr(each, name) for name in each.__dataclass_fields__}) for each in batch.objects
        ]
        found = list(fetched(self.source, self.clouds, objects))
        keep_gaps(self.stores, [one for one in found if isinstance(one, Gap)])
        return [one for one in found if isinstance(one, Fetched)]

    def _run(self, batch: Batch, group: Sequence[Fetched]) -> None:
        """Decode a batch, keep it, and only then tell who announced its objects, and who reads what was changed."""
        try:
            decoded = work(Job(type(self.source), group, batch.id, self._inspect))
            keep_events(self.stores, batch, decoded, self.detector)
        except BaseException:
            self._recall()  # what the detector took of a batch that was not kept comes again
            raise
        self.objects += len(decoded.reads)
        self.events += sum(read.records for read in decoded.reads)
        self.changed([write for part in decoded.parts for _, writes in part.inspected for write in writes])
        self.source.acknowledge(self.clouds, [read.object for read in decoded.reads])

    def _inspect(self, batch: EventBatch) -> tuple[Scan, Sequence[Any]]:
        return self.scanner.scan(batch), self.writes(batch)


@dataclass
class Hours:
    """LOGS ─ digests ─► hours: how complete each hour of each account and region of a trail is."""

    name: str
    verifier: Verifier
    stores: Stores
    lookback: timedelta = timedelta(days=2)
    is_blind: bool = field(default=True, init=False)

    def verify(self, now: datetime | None = None) -> bool:
        """One round over the hours that may still change, from when the trail was first read or watched."""
        now = now or datetime.now(UTC)
        with self.stores.ledger.write() as connection:
            watched_at, verified_at = self._looked(connection, now)
            read = seen_since(connection, self.name, hour_of(verified_at - self.lookback))
        first = min((each.object.hour_at for each in read if each.object.hour_at is not None), default=now)
        since = hour_of(max(min(first, watched_at), verified_at - self.lookback))
        ingested = [Ingested(each.object.uri, each.sha256, each.object.delivered_at) for each in read]
        evidence, gaps = self.verifier.evidence(ingested, since, now)
        keep_hours(self.stores, [hour for each in evidence for hour in hours(each, since, now)], now)
        if gaps or self.is_blind:
            keep_sight(self.stores, "hours", self.name, gaps)
        self.is_blind = bool(gaps)
        with self.stores.ledger.write() as connection:
            put_state(
                connection, f"hours/{self.name}", {"watched": watched_at.isoformat(), "verified": now.isoformat()}
            )
        return False

    def _looked(self, connection: Connection, now: datetime) -> tuple[datetime, datetime]:
        """When the trail was first watched, and last verified: what was missed in between is made up for."""
        kept = get_state(connection, f"hours/{self.name}") or {}
        watched_at, verified_at = (datetime.fromisoformat(kept.get(each, now.isoformat())) for each in LOOKED)
        return watched_at, max(verified_at, now - LONGEST_ABSENCE)


@dataclass
class Items:
    """CLOUDS ─ inventory ─► items ─ assess ─► findings, of all accounts.

    accounts: the regions chosen for each, asked for anew at every pass; else the plan stays as it is.
    known: the digest under which each item was kept with all that follows from it. refreshed_at: when a refresh began
    to read an item again, for as long as a pass that began before may still bring an older view of it.
    """

    aws: Aws
    plan: Plan
    stores: Stores
    assessor: Assessor
    is_stopping: Callable[[], bool] = lambda: False
    accounts: Mapping[str, tuple[str, ...]] | None = None
    passes: int = field(default=0, init=False)
    known: dict[Key, str] = field(default_factory=dict[Key, str], init=False)
    refreshed_at: dict[Key, datetime] = field(default_factory=dict[Key, datetime], init=False)
    lock: RLock = field(default_factory=RLock, init=False)

    def __post_init__(self) -> None:
        self.known = known_items(self.stores)

    def take(self) -> bool:
        """A full pass: every type of every account and region, each kept as it is read."""
        gaps = self._planned()
        inventory = Inventory(self.aws, self.plan)
        for listing in inventory.run():
            self.keep(listing.items, listing.deleted(tuple(self.known)), listing.gaps, inventory.started_at)
            gaps += listing.unseen
            if self.is_stopping():
                return True
        with self.stores.ledger.write() as connection:
            for account in {*self.plan.regions, *(gap.account for gap in gaps)}:
                close_others(connection, "read", account, gaps)
        with self.lock:
            self.refreshed_at = {key: at for key, at in self.refreshed_at.items() if at >= inventory.started_at}
        drain_outbox(self.stores.ledger, self.stores.lake)
        self.passes += 1
        return False

    def _planned(self) -> list[Gap]:
        """Ask which accounts and regions can be read; answers which cannot, and which are not read any more."""
        gaps: list[Gap] = []
        if self.accounts is not None:
            regions, gaps = reachable(self.aws, self.accounts)
            self.plan = replace(self.plan, regions=regions)
        unreached = {gap.account for gap in gaps}
        gaps += [gap for gap in self.plan.out_of_sight(tuple(self.known)) if gap.account not in unreached]
        keep_gaps(self.stores, gaps)
        if unreached and not self.plan.regions:
            raise SourceError("inventory", "no account can be reached")
        return gaps

    def refresh(self, touched: Sequence[Key]) -> None:
        """Read again what write events touched; what is not there any more is gone."""
        began_at = datetime.now(UTC)
        looks = read_again(self.aws, filter(self.plan.covers, touched), self.plan.workers)
        items = [item for look in looks.values() for item in look.items]
        absent = {self._known_as(key) for key, look in looks.items() if look.is_complete and not look.items}
        absent -= {item.key for item in items}
        read = {*absent, *(item.key for item in items)}
        with self.lock:
            gone = [key for key in absent if key in self.known]
            self.keep(items, gone, [gap for look in looks.values() for gap in look.gaps], began_at)
            self.refreshed_at |= dict.fromkeys(read, began_at)
        self._attribute_late(read)
        drain_outbox(self.stores.ledger, self.stores.lake)

    def _known_as(self, key: Key) -> Key:
        """A resource's key by which it is known; events may name another region for what has no region of its own."""
        account, _, *named = key
        same = (one for one in tuple(self.known) if one[0] == account and [*one[2:]] == named)
        return key if key in self.known or not self.plan.by_type[key[2]].is_global else next(same, key)

    def keep(self, items: Iterable[Item], gone: Sequence[Key], gaps: Sequence[Gap], began_at: datetime) -> None:
        """Keep what a look gave. A look that began before an item was read again says nothing newer of it."""
        now = datetime.now(UTC)
        with self.lock:
            latest = [item for item in items if self._is_latest(item.key, began_at)]
            ended = [key for key in gone if self._is_latest(key, began_at)]
            digests = {item.key: digest_of(item) for item in latest}
            changed = [item for item in latest if self.known.get(item.key) != digests[item.key]]
            before = self._before([*(item.key for item in changed), *ended])
            revisions = self._authored(revised(changed, digests, ended, before, now), before)
            looked = Looked(latest, revisions, ended, [*gaps, *part_gaps(latest)], at=now)
            keep_items(self.stores, self.assessor, looked, digests)
            self.known |= digests
            for key in ended:
                self.known.pop(key, None)

    def _is_latest(self, key: Key, began_at: datetime) -> bool:
        return key not in self.refreshed_at or self.refreshed_at[key] <= began_at

    def _authored(self, revisions: Sequence[Revision], before: dict[Key, Revision]) -> list[Revision]:
        """Revisions with who made them, from what the lake holds of their accounts since the revisions before."""
        found = [each for each in revisions if each is before.get(each.item.key)]
        fresh = [each for each in revisions if each is not before.get(each.item.key)]
        for account in dict.fromkeys(revision.item.account for revision in fresh):
            own = [revision for revision in fresh if revision.item.account == account]
            since = min((before[each.item.key].captured_at for each in own if each.item.key in before), default=None)
            since = min(since or datetime.now(UTC), datetime.now(UTC) - LOOK_BACK)
            services = sources_of({revision.item.type for revision in own})
            rows = write_events(self.stores.lake, AwsCloudTrail.name, account, since - SLACK, services)
            found += authored(own, before, [restored(row, AwsCloudTrail.columns) for row in rows])
        return found

    def _attribute_late(self, keys: Collection[Key]) -> None:
        """Name who made revisions that were seen before the events that made them had arrived."""
        histories = latest_revisions(self.stores.lake, keys, each=2)
        before = {key: history[1] for key, history in histories.items() if len(history) > 1}
        since = datetime.now(UTC) - LOOK_BACK
        late = {key: last for key, (last, *_) in histories.items() if unnamed(last) and last.captured_at > since}
        named = self._authored(list(late.values()), before)
        keep_authors(self.stores, [each for each in named if unnamed(each) < unnamed(late[each.item.key])])

    def _before(self, keys: Iterable[Key]) -> dict[Key, Revision]:
        found = latest_revisions(self.stores.lake, {key for key in keys if key in self.known})
        return {key: history[0] for key, history in found.items()}
