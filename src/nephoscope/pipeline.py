"""READ FIRST: each arrow of the picture is one class here, and its methods are its rounds.

 LOGS      collect ───► events ────► detect ──┐
                          │ write events      ├──► findings
 CLOUDS    inventory ◄────┘                   │
           inventory ─► items ─────► assess ──┘

Slices compute, this moves, `keep` records, the store keeps. A crash repeats, never skips.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nephoscope.collect.collector import Fetched, Job, fetched, grouped, work
from nephoscope.collect.source import LogObject
from nephoscope.detect.detector import Detector, Scan, Scanner
from nephoscope.keep import keep_events, keep_gaps, ref
from nephoscope.model.coverage import Gap
from nephoscope.store.outbox import drain_outbox
from nephoscope.store.seen import Batch, Seen, pending_batches, record_batch
from nephoscope.store.state import get_state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from nephoscope.clouds import Clouds
    from nephoscope.collect.source import Source
    from nephoscope.detect.rule import RuleSet
    from nephoscope.keep import Stores
    from nephoscope.model.event import EventBatch


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

    def __post_init__(self) -> None:
        self.scanner = Scanner(self.rules)
        self.detector = Detector(self.rules)
        with self.stores.ledger.read() as connection:
            kept = get_state(connection, f"detector/{self.name}")
        if kept:
            self.detector.load(kept)

    def collect(self) -> bool:
        """One round: first what a crash interrupted, then what is new. Answers whether it stopped early."""
        for batch in self._interrupted():
            self._run(batch, self._fetch_again(batch))
        for group in grouped(fetched(self.source, self.clouds, self._announced())):
            if isinstance(group, Gap):
                keep_gaps(self.stores, [group])
                continue
            batch = Batch(self.name, tuple(ref(one.object) for one in group))
            with self.stores.ledger.write() as connection:
                record_batch(connection, batch)
            self._run(batch, group)
            if self.is_stopping():
                return True
        drain_outbox(self.stores.ledger, self.stores.lake)
        return False

    def _announced(self) -> Iterator[LogObject | Gap]:
        return self.source.objects(self.clouds, Seen(self.stores.ledger, self.name))

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
        decoded = work(Job(type(self.source), group, batch.id, self._inspect))
        keep_events(self.stores, batch, decoded, self.detector)
        self.source.acknowledge(self.clouds, [read.object for read in decoded.reads])
        self.objects += len(decoded.reads)
        self.events += sum(read.records for read in decoded.reads)
        self.changed([write for part in decoded.parts for _, writes in part.inspected for write in writes])

    def _inspect(self, batch: EventBatch) -> tuple[Scan, Sequence[Any]]:
        return self.scanner.scan(batch), self.writes(batch)
