"""LOGS ─ collect ─► events ─ detect ─► findings: what a round over one log source does, and in which order."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from nephoscope.collect.collector import Fetched, Job, fetched, grouped, work
from nephoscope.collect.source import LogObject
from nephoscope.detect.detector import Detector, Scan, Scanner
from nephoscope.keep import (
    keep_events,
    keep_gaps,
    keep_sight,
    ref,
)
from nephoscope.model.coverage import Gap
from nephoscope.pipeline.backlog import Backlog
from nephoscope.store.seen import Batch, Seen, finish_batch, pending_batches, record_batch
from nephoscope.store.state import get_state, put_state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from nephoscope.clouds import Clouds
    from nephoscope.collect.source import Source
    from nephoscope.detect.rule import RuleSet
    from nephoscope.keep import Stores
    from nephoscope.model.event import EventBatch
    from nephoscope.pipeline.silence import Silence

BACKLOG = timedelta(hours=1)
BACKLOG_AT_ONCE = 50
BACKLOG_NAME = " backlog"
NOTED = timedelta(minutes=1)
LONGEST_ABSENCE = timedelta(days=14)
EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Logs:
    """LOGS ─ collect ─► events ─ detect ─► findings, of one source.

    writes: what a batch's write events changed; changed: is told of it once the batch is kept. is_aside: whether
    another thread lists the backlog (`look_back`); all batches are run by the thread that collects, so that the
    detector sees them one after the other. give_way: asked before each part of the backlog; may wait. backlog_for_s:
    how long a round reads of it before it looks for what is new. silence: judges whether the source has gone quiet.
    """

    name: str
    source: Source
    clouds: Clouds
    stores: Stores
    rules: RuleSet
    writes: Callable[[EventBatch], Sequence[Any]] = lambda _: ()
    changed: Callable[[Sequence[Any]], None] = lambda _: None
    is_stopping: Callable[[], bool] = lambda: False
    is_aside: bool = False
    give_way: Callable[[], None] = lambda: None
    backlog_for_s: float = 1.0
    silence: Silence | None = None
    objects: int = field(default=0, init=False)
    events: int = field(default=0, init=False)
    is_blind: bool = field(default=True, init=False)
    backlog_due_at: datetime = field(default=EVER, init=False)
    noted_at: datetime = field(default=EVER, init=False)
    is_caught_up: bool = field(default=True, init=False)
    taken: list[LogObject | None] = field(default_factory=list["LogObject | None"], init=False)

    def __post_init__(self) -> None:
        self.scanner = Scanner(self.rules)
        with self.stores.ledger.read() as connection:
            read_at = get_state(connection, f"read/{self.name}")
        absence = datetime.now(UTC) - datetime.fromisoformat(read_at) if read_at else timedelta()
        self.reach = self.source.since(-(-min(absence, LONGEST_ABSENCE) // timedelta(days=1)))
        self.seen = Seen(self.stores.ledger, self.name)
        self.backlog = Backlog(self.is_stopping)
        self.is_caught_up = not (self.is_aside and self.source.is_announced)
        self._recall()

    def collect(self) -> bool:
        """One round: first what a crash interrupted, then what is new, then for a moment what is older.

        Answers whether to look again at once.
        """
        self._resume()
        gaps = self._round(self.reach.objects(self.clouds, self.seen))
        if self.is_aside:
            self._read_backlog()
        elif datetime.now(UTC) >= self.backlog_due_at and not self.is_stopping():
            gaps += self._round(self.reach.backlog(self.clouds, self.seen))
            self.backlog_due_at = datetime.now(UTC) + BACKLOG
        self.stores.carry()
        if self.is_stopping():
            return True
        self._saw(gaps)
        return (self.source.is_announced and not gaps) or len(self.backlog) > 0

    def look_back(self) -> bool:
        """One round of a job of its own: list what is older, and hand it to the thread that collects."""
        gaps: list[Gap] = []
        for one in self.reach.backlog(self.clouds, Seen(self.stores.ledger, self.name)):
            if isinstance(one, Gap):
                gaps += self._unseen(one, BACKLOG_NAME)
            elif not self.backlog.put(one):
                return True
        keep_sight(self.stores, "source", f"{self.name}{BACKLOG_NAME}", gaps)
        if not gaps:
            self.backlog.put(None)
        return False

    def _read_backlog(self) -> None:
        """Read what was listed by `look_back` for a moment; what is new comes first again after it.

        What a failing round took is taken again by the next one: only what is done, or listed anew, is left behind.
        """
        end = time.monotonic() + self.backlog_for_s
        while not self.is_stopping():
            self.taken = self.taken or self.backlog.take(BACKLOG_AT_ONCE)
            if not self.taken:
                return
            self.give_way()
            self._round(one for one in self.taken if one and one.key not in self.seen)
            if self.is_stopping():
                return
            self.is_caught_up = self.is_caught_up or None in self.taken
            self.taken = []
            if time.monotonic() > end:
                return

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

    def _unseen(self, gap: Gap, part: str = "") -> list[Gap]:
        """An object's gap is kept at once; the source's own are kept together, when the round has ended."""
        if gap.area == "source":
            return [replace(gap, subject=f"{self.name}{part}: {gap.subject}")]
        keep_gaps(self.stores, [gap])
        return []

    def _saw(self, gaps: list[Gap]) -> None:
        """Keep what the round could not see, and that it was: from here a later process looks back.

        Not while what is older is still being read, so that a later process lists that again.
        """
        now = datetime.now(UTC)
        if gaps or self.is_blind:
            keep_sight(self.stores, "source", self.name, gaps)
        self.is_blind = bool(gaps)
        if self.silence and not gaps and self.is_caught_up:
            self.silence.judge(now)
        if not gaps and self.is_caught_up and now - self.noted_at > NOTED:
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
            states = self.silence.heard(decoded.reads) if self.silence else {}
            keep_events(self.stores, batch, decoded, self.detector, states)
        except BaseException:
            self._recall()  # what the detector took of a batch that was not kept comes again
            raise
        self.objects += len(decoded.reads)
        self.events += sum(read.records for read in decoded.reads)
        self.changed([write for part in decoded.parts for _, writes in part.inspected for write in writes])
        self.source.acknowledge(self.clouds, [read.object for read in decoded.reads])

    def _inspect(self, batch: EventBatch) -> tuple[Scan, Sequence[Any]]:
        return self.scanner.scan(batch), self.writes(batch)
