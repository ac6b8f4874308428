"""A configuration → the arrows that it asks for, and the jobs that run them."""

from __future__ import annotations

import inspect
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nephoscope import plugins
from nephoscope.assess.assessor import Assessor
from nephoscope.collect.aws_files import AwsLogFiles
from nephoscope.collect.source import Source
from nephoscope.collect.sources.aws_cloudtrail import AwsCloudTrail
from nephoscope.collect.verify import Verifier
from nephoscope.config import build, nearest
from nephoscope.detect.loading import load_rules
from nephoscope.inventory.engine import Plan, readers
from nephoscope.inventory.written import written
from nephoscope.jobs import Job, Jobs
from nephoscope.keep import Stores, keep_gaps
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import ConfigError, StoreError
from nephoscope.pipeline import Hours, Items, Logs
from nephoscope.pipeline.exports import exports_of, notices_of
from nephoscope.store.finding_list import FindingFilter, count_findings
from nephoscope.store.gaps import close_absent, close_others, count_gaps
from nephoscope.store.hours import count_hours
from nephoscope.store.lake import open_lake
from nephoscope.store.lake_socket import LakeServer
from nephoscope.store.ledger import open_ledger
from nephoscope.store.outbox import drain_outbox
from nephoscope.store.waivers import apply_waivers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from nephoscope.clouds import Clouds
    from nephoscope.config import Config
    from nephoscope.detect.rule import RuleSet
    from nephoscope.keep import Listener
    from nephoscope.pipeline import Key

DECIDE_S = 30.0
OPEN = FindingFilter(status=("open",))


def source_types() -> Mapping[str, type[Source]]:
    """Every source, by the name that `type` says in a configuration."""
    return plugins.load("nephoscope.collect.sources", _source)


def _source(value: object) -> type[Source] | None:
    if isinstance(value, type) and issubclass(value, Source) and not inspect.isabstract(value):
        return value
    return None


def sources_of(config: Config) -> dict[str, Source]:
    """The sources that a configuration names. Raises ConfigError for an unknown type or setting, naming the nearest."""
    types = source_types()
    made: dict[str, Source] = {}
    for name, settings in config.sources.items():
        kind = settings["type"]
        if kind not in types:
            raise ConfigError(f"sources.{name}: there is no source '{kind}'{nearest(kind, types)}")
        own = {key: value for key, value in settings.items() if key != "type"}
        if issubclass(types[kind], AwsLogFiles):
            own["account"] = _account_of(config, str(own.get("account", "")), f"sources.{name}")
        made[name] = build(types[kind], own, f"sources.{name}")
    return made


def _account_of(config: Config, named: str, where: str) -> str:
    """The id of the account whose credentials a source is read with: by name or id, or the only one there is."""
    read = {name: account.id for name, account in config.accounts.items() if not account.export}
    ids = set(read.values())
    known = read | {id_: id_ for id_ in ids}
    if named in known or (not named and len(ids) == 1):
        return known.get(named) or next(iter(ids))
    if named:
        raise ConfigError(f"{where}: there is no account '{named}'{nearest(named, config.accounts)}")
    if not ids:
        raise ConfigError(f"{where}: no AWS account is configured: name one under [accounts.NAME]")
    raise ConfigError(f'{where}: say by account = "…" whose credentials read it{nearest("", config.accounts)}')


@dataclass
class Watch:
    """Everything that runs: one arrow per source, one for the accounts, one per exporter, and what goes between them.

    clouds: for the accounts; log_clouds: for the sources.
    """

    config: Config
    clouds: Clouds
    log_clouds: Clouds
    stores: Stores
    rules: RuleSet
    sources: Mapping[str, Source]
    logs: dict[str, Logs] = field(default_factory=dict[str, Logs], init=False)
    items: Items | None = field(init=False)
    waiting: set[Key] = field(default_factory=set["Key"], init=False)
    lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    jobs: Jobs = field(init=False)

    def __post_init__(self) -> None:
        self.logs = {name: self._logs(name, source) for name, source in self.sources.items()}
        self.items = self._items()
        self.jobs = Jobs(list(self._jobs()), self._failed, self._recovered)
        faults = [Gap("rule", error.where, error.reason) for error in self.rules.errors]
        with self.stores.ledger.write() as connection:
            close_others(connection, "rule", "", faults)
            close_absent(connection, "job", [job.name for job in self.jobs.jobs])
        keep_gaps(self.stores, faults)

    @property
    def has_read_all(self) -> bool:
        """Whether the accounts were read once, from end to end."""
        return self.items is not None and self.items.passes > 0

    def totals(self) -> dict[str, int]:
        """The numbers of the whole: findings that are open, what cannot be seen, hours of logs by state."""
        with self.stores.ledger.read() as connection:
            hours = {f"{state} hours": count for state, count in count_hours(connection).items()}
            return {
                "open findings": count_findings(connection, OPEN),
                "gaps": sum(count_gaps(connection).values()),
                **hours,
            }

    def touch(self, keys: Iterable[Key]) -> None:
        """Have resources read again."""
        with self.lock:
            self.waiting.update(keys)
        self.jobs.wake("refresh")

    def _jobs(self) -> Iterator[Job]:
        for name in self.sources:
            yield Job(f"collect {name}", lambda name=name: self.logs[name].collect(), self.config.pace.collect_s)
        if self.items is not None:
            yield Job("inventory", self.items.take, self.config.pace.inventory_s)
            yield Job("refresh", self._refresh, self.config.pace.inventory_s)
        for name, source in self.sources.items():
            if isinstance(source, AwsCloudTrail):
                hours = Hours(name, Verifier(name, source, self.log_clouds.aws), self.stores)
                yield Job(f"completeness {name}", hours.verify, self.config.pace.completeness_s)
        for notices in notices_of(self.config, self.stores):
            yield Job(f"export {notices.name}", notices.round, self.config.pace.export_s)
        yield Job("decide", self._decide, DECIDE_S)

    def _logs(self, name: str, source: Source) -> Logs:
        return Logs(
            name, source, self.log_clouds, self.stores, self.rules, written, self.touch, lambda: self.jobs.is_stopping
        )

    def _items(self) -> Items | None:
        named = {account.id: account.regions for account in self.config.accounts.values() if account.is_inventoried}
        if not named:
            return None
        plan = Plan(tuple(readers().values()), {})
        return Items(self.clouds.aws, plan, self.stores, Assessor(), lambda: self.jobs.is_stopping, named)

    def _refresh(self) -> bool:
        with self.lock:
            touched, self.waiting = self.waiting, set()
        try:
            if touched and self.items is not None:
                self.items.refresh(sorted(touched))
        except BaseException:
            with self.lock:
                self.waiting |= touched
            raise
        return bool(self.waiting)

    def _decide(self) -> bool:
        """Let waivers begin and end, and carry what was decided into the lake."""
        with self.stores.ledger.write() as connection:
            apply_waivers(connection)
        drain_outbox(self.stores.ledger, self.stores.lake)
        return False

    def _failed(self, gap: Gap) -> None:
        self._keep([gap], [])

    def _recovered(self, gap: Gap) -> None:
        self._keep([], [gap])

    def _keep(self, gaps: list[Gap], closed: list[Gap]) -> None:
        """Keep how a job fares; where even that fails (a full disk), whoever watches is told, and the job goes on."""
        try:
            keep_gaps(self.stores, gaps, closed)
        except StoreError as error:
            for gap in [*gaps, Gap("store", "ledger", str(error))]:
                self.stores.listener.cannot_see(gap)


def _make(data: Path) -> None:
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreError(
            f"The data folder {data} cannot be made ({error.strerror}): choose another by --data"
        ) from error


@contextmanager
def watching(config: Config, clouds: Clouds, listener: Listener, log_clouds: Clouds | None = None) -> Iterator[Watch]:
    """Open the stores, serve the lake's socket, and run every job until the block ends.

    log_clouds: what the sources read with, where that is not what the accounts are read with.
    Raises ConfigError, and StoreError if another process holds the data folder.
    """
    sources = sources_of(config)
    exports_of(config)
    _make(config.data)
    rules = load_rules(config.content)
    with open_lake(config.lake_url) as lake, open_ledger(config.ledger_url) as ledger:
        server = LakeServer(lake, config.data)
        watch = Watch(config, clouds, log_clouds or clouds, Stores(lake, ledger, listener), rules, sources)
        watch.jobs.start()
        try:
            yield watch
        finally:
            watch.jobs.stop()
            server.close()
