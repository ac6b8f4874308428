"""CLOUDS ─ inventory ─► items ─ assess ─► findings: what a pass over the accounts and a refresh do."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import Event, Lock, RLock
from typing import TYPE_CHECKING

from nephoscope.collect.sources.aws_cloudtrail import AwsCloudTrail
from nephoscope.inventory.attribute import words_of
from nephoscope.inventory.engine import Inventory, clock_of, part_gaps, reachable, read_again
from nephoscope.inventory.event_map import sources_of
from nephoscope.inventory.revise import revised
from nephoscope.inventory.touched import also_touched
from nephoscope.inventory.written import authored, restored, unnamed
from nephoscope.keep import (
    Looked,
    keep_authors,
    keep_gaps,
    keep_items,
    known_items,
)
from nephoscope.model.errors import SourceError
from nephoscope.store.events import Writes, write_events
from nephoscope.store.gaps import close_others
from nephoscope.store.items import digest_of, latest_revisions
from nephoscope.store.watched import begin_watching, watch_from

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from nephoscope.assess.assessor import Assessor
    from nephoscope.clouds.aws import Aws
    from nephoscope.inventory.engine import Plan
    from nephoscope.inventory.written import Touch
    from nephoscope.keep import Stores
    from nephoscope.model.coverage import Gap
    from nephoscope.model.item import Item
    from nephoscope.store.items import Revision

Key = tuple[str, str, str, str]
LOOK_BACK = timedelta(hours=6)  # events of creations are looked for so far back
SLACK = timedelta(minutes=5)
SETTLED = timedelta(seconds=3)  # until a change shows in every answer
GIVES_WAY_S = 0.5
INSTANCE = "AWS::EC2::Instance"


@dataclass
class Items:
    """CLOUDS ─ inventory ─► items ─ assess ─► findings, of all accounts.

    accounts: the regions chosen for each, asked for anew at every pass; else the plan stays as it is.
    known: the digest under which each item was kept with all that follows from it. refreshed_at: when a refresh began
    to read an item again, for as long as a pass that began before may still bring an older view of it. passing,
    passed: when a pass that goes on, and the last one that ended, began, by the provider's clock, of each account;
    unseen: types, by account, of which the last one could not list all.
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
    passing: dict[str, datetime] = field(default_factory=dict[str, datetime], init=False)
    passed: dict[str, datetime] = field(default_factory=dict[str, datetime], init=False)
    unseen: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]], init=False)
    lock: RLock = field(default_factory=RLock, init=False)
    taking: Lock = field(default_factory=Lock, init=False)
    refreshing: int = field(default=0, init=False)
    counting: Lock = field(default_factory=Lock, init=False)
    calm: Event = field(default_factory=Event, init=False)

    def __post_init__(self) -> None:
        self.known = known_items(self.stores)
        self.calm.set()

    def take(self, stops: Callable[[], bool] = lambda: False) -> bool:
        """A full pass, one at a time: every type of every account and region, each kept as it is read.

        stops: whether it is to end early; answers whether it did.
        """
        with self.taking:
            gaps = self._planned()
            try:
                return self._take(gaps, stops)
            finally:
                self.passing = {}

    def _take(self, gaps: list[Gap], stops: Callable[[], bool]) -> bool:
        inventory = Inventory(self.aws, self.plan, before_each=self.give_way)
        self._begin_watching()
        unseen: set[tuple[str, str]] = set()
        for listing in inventory.run():
            self.give_way()
            self.keep(listing.items, listing.deleted(tuple(self.known)), listing.gaps, inventory.started_at)
            gaps += listing.unseen
            unseen |= {(listing.account, listing.type)} if listing.gaps else set()
            if self.is_stopping() or stops():
                return True
        with self.stores.ledger.write() as connection:
            for account in {*self.plan.regions, *(gap.account for gap in gaps)}:
                close_others(connection, "read", account, gaps)
            for account in self.plan.regions:
                seen = [type_ for type_ in self.plan.by_type if (account, type_) not in unseen]
                watch_from(connection, account, seen, datetime.now(UTC))
        with self.lock:
            self.refreshed_at = {key: at for key, at in self.refreshed_at.items() if at >= inventory.started_at}
        self.passed, self.unseen = self.passing, unseen
        self.stores.carry()
        self.passes += 1
        return False

    def _begin_watching(self) -> None:
        """What a first pass finds was there before; triggers are not set off by it."""
        on_record: dict[str, set[str]] = {}
        for account, _, type_, _ in self.known:
            on_record.setdefault(account, set()).add(type_)
        with self.stores.ledger.write() as connection:
            for account in self.plan.regions:
                begin_watching(connection, account, self.plan.by_type, on_record.get(account, ()))

    def _planned(self) -> list[Gap]:
        """Ask which accounts and regions can be read; answers which cannot, and which are not read any more."""
        gaps: list[Gap] = []
        if self.accounts is not None:
            regions, gaps = reachable(self.aws, self.accounts)
            self.passing = {id: at for id in regions if (at := clock_of(self.aws, id))}
            self.plan = replace(self.plan, regions=regions)
        unreached = {gap.account for gap in gaps}
        gaps += [gap for gap in self.plan.out_of_sight(tuple(self.known)) if gap.account not in unreached]
        keep_gaps(self.stores, gaps)
        if unreached and not self.plan.regions:
            raise SourceError("inventory", "no account can be reached")
        return gaps

    def give_way(self) -> None:
        """Let what events touched be read first, and a pass go on after it."""
        self.calm.wait(GIVES_WAY_S)

    def is_held(self, touch: Touch) -> bool:
        """Whether a pass that goes on, or the first one that is to begin, reads what the event left."""
        if touch.at is None:
            return False
        if self.accounts is not None and not self.plan.regions:
            return True
        return self._is_before(touch, self.passing)

    def see_to(self, touches: Sequence[Touch]) -> None:
        """Read again what write events touched; of what a pass has read since, only who changed it is to be told."""
        covered = {
            touch.key
            for touch in touches
            if self._is_before(touch, self.passed) and (touch.key[0], touch.key[2]) not in self.unseen
        }
        self.refresh([touch.key for touch in touches if touch.key not in covered])
        self._attribute_late({self._known_as(key) for key in covered if self.plan.covers(key)})

    def _is_before(self, touch: Touch, began_at: Mapping[str, datetime]) -> bool:
        account = touch.key[0]
        return touch.at is not None and account in began_at and touch.at < began_at[account] - SETTLED

    def refresh(self, touched: Sequence[Key]) -> None:
        """Read again what write events touched, and what came or went with it; what is not there any more is gone."""
        self._count(1)
        try:
            self._refresh(touched)
        finally:
            self._count(-1)

    def _count(self, more: int) -> None:
        """Note that one refresh more, or less, is under way; a pass gives way while there are any."""
        with self.counting:
            self.refreshing += more
            (self.calm.clear if self.refreshing else self.calm.set)()

    def _refresh(self, touched: Sequence[Key]) -> None:
        began_at = datetime.now(UTC)
        looks = read_again(self.aws, filter(self.plan.covers, touched), self.plan.workers)
        items = [item for look in looks.values() for item in look.items]
        absent = {self._known_as(key) for key, look in looks.items() if look.is_complete and not look.items}
        absent -= {item.key for item in items}
        read = {*absent, *(item.key for item in items)}
        with self.lock:
            more = self._also_touched(items, absent) - set(touched)
            gone = [key for key in absent if key in self.known]
            changed = self.keep(items, gone, [gap for look in looks.values() for gap in look.gaps], began_at)
            self.refreshed_at |= dict.fromkeys(read, began_at)
        self._attribute_late(read - changed)
        self.stores.carry()
        if more:
            self._refresh(sorted(more))

    def _also_touched(self, items: Iterable[Item], absent: Iterable[Key]) -> set[Key]:
        """What events do not name and yet comes and goes with what was read: the disks and interfaces of instances."""
        after = {item.key: item for item in items} | dict.fromkeys(absent, None)
        instances = [key for key in after if key[2] == INSTANCE]
        before = self._before(instances)
        pairs = [(before[key].item if key in before else None, after[key]) for key in instances]
        return {key for pair in pairs for key in also_touched(*pair)}

    def _known_as(self, key: Key) -> Key:
        """A resource's key by which it is known; events may name another region for what has no region of its own."""
        account, _, *named = key
        same = (one for one in tuple(self.known) if one[0] == account and [*one[2:]] == named)
        return key if key in self.known or not self.plan.by_type[key[2]].is_global else next(same, key)

    def keep(self, items: Iterable[Item], gone: Sequence[Key], gaps: Sequence[Gap], began_at: datetime) -> set[Key]:
        """Keep what a look gave, and answer what of it was revised.

        A look that began before an item was read again says nothing newer of it.
        """
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
        return {revision.item.key for revision in revisions}

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
            there = [each.item for one in own for each in (one, before.get(one.item.key)) if each]
            words = [words_of(item) for item in there]
            named = sorted({word for each in words if each for word in each}) if None not in words else []
            columns = tuple(AwsCloudTrail.columns.values())
            wanted = Writes(AwsCloudTrail.name, account, since - SLACK, services, named, columns)
            rows = write_events(self.stores.lake, wanted)
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
