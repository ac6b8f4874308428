"""A configuration → the arrows that it asks for, and the jobs that run them."""

from __future__ import annotations

import inspect
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nephoscope import plugins
from nephoscope.assess.assessor import Assessor
from nephoscope.clouds import Clouds
from nephoscope.clouds.named import acting_of, scanning_of
from nephoscope.collect.aws_files import AwsLogFiles
from nephoscope.collect.source import Source
from nephoscope.collect.sources.aws_cloudtrail import AwsCloudTrail
from nephoscope.collect.verify import Verifier
from nephoscope.detect.loading import load_rules
from nephoscope.fleet.policy import demands_of
from nephoscope.inventory.engine import Plan, readers
from nephoscope.inventory.written import written
from nephoscope.jobs import Job, Jobs
from nephoscope.keep import Stores, keep_gaps
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import ConfigError, StoreError
from nephoscope.model.finding import Severity
from nephoscope.pipeline import Hours, Items, Logs, Responses, Waiting
from nephoscope.pipeline.absence import AREA as ABSENCE
from nephoscope.pipeline.agentless import Agentless
from nephoscope.pipeline.exports import Told, exports_of, notices_of
from nephoscope.pipeline.faring import Faring
from nephoscope.pipeline.fetching import check_feeds, fetching_of
from nephoscope.pipeline.host_logs import NAME as HOST_LOGS
from nephoscope.pipeline.host_logs import HostLogs
from nephoscope.pipeline.judging import days_of
from nephoscope.pipeline.logs import BACKLOG
from nephoscope.pipeline.notices import reader
from nephoscope.pipeline.presence import Presence
from nephoscope.pipeline.responses import READER, keep_faults
from nephoscope.pipeline.retention import Forgetting
from nephoscope.pipeline.schedule_changes import READER as CHANGES
from nephoscope.pipeline.schedule_kinds import Workshop
from nephoscope.pipeline.schedule_work import scheduled
from nephoscope.pipeline.silence import AREA as SILENCE
from nephoscope.pipeline.silence import Silence
from nephoscope.pipeline.surroundings import Places
from nephoscope.pipeline.vulnerabilities import Vulnerabilities
from nephoscope.respond.evidence.vault import opened_vault
from nephoscope.respond.guard import guard
from nephoscope.respond.playbook import load_playbooks
from nephoscope.respond.runner import Hands
from nephoscope.respond.trigger import load_triggers, switched
from nephoscope.settings import build, duration, nearest
from nephoscope.store.finding_list import FindingFilter, count_findings
from nephoscope.store.gaps import close_absent, close_others, count_gaps
from nephoscope.store.hours import count_hours
from nephoscope.store.known import Known
from nephoscope.store.lake import open_lake
from nephoscope.store.lake_socket import LakeServer
from nephoscope.store.ledger import open_ledger
from nephoscope.store.outbox import drain_outbox
from nephoscope.store.waivers import apply_waivers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import timedelta
    from pathlib import Path

    from nephoscope.clouds.aws import Aws
    from nephoscope.config import Config
    from nephoscope.detect.rule import RuleSet
    from nephoscope.inventory.written import Touch
    from nephoscope.keep import Listener

DECIDE_S = 30.0
TRIGGER_S = 0.5
DRIVE_S = 1.0
DRIVERS = 4  # runs that are driven at the same time
SEAL_S = 60.0
RUNS_HELD = 64
CARRY_S = 5.0
REFRESHES = ("refresh", "refresh aside")  # one is read while the other is kept
REFRESH_S = 5.0  # whoever touches something wakes it; this is for what was held
MATCH_S = 5.0
FETCH_S = 60.0  # a look at which feeds are due
PLACES_S = 60.0
PRESENCE_S = 30.0
SWEEP_S = 900.0
DAY_S = 86_400.0
AUTO, NEVER = "auto", "never"
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
        quiet_after(settings, f"sources.{name}")
        own = {key: value for key, value in settings.items() if key not in ("type", "quiet_after")}
        if issubclass(types[kind], AwsLogFiles):
            own["account"] = _account_of(config, str(own.get("account", "")), f"sources.{name}")
        made[name] = build(types[kind], own, f"sources.{name}")
    return made


def quiet_after(settings: Mapping[str, Any], where: str) -> timedelta | None:
    """After how long a source's silence is a gap; None: by its own rhythm, or never. Raises ConfigError."""
    said = settings.get("quiet_after", AUTO)
    return None if said in (AUTO, NEVER) else duration(said, f"{where}: quiet_after")


def silence_of(name: str, source: Source, config: Config, stores: Stores) -> Silence | None:
    """Who judges whether a source has gone quiet; nobody, if that is never asked: of CloudTrail its hours tell."""
    settings = config.sources.get(name, {})
    if isinstance(source, AwsCloudTrail) or settings.get("quiet_after") == NEVER:
        return None
    return Silence(name, stores, quiet_after(settings, f"sources.{name}"))


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

    clouds: for the accounts; log_clouds: for the sources; acting: an action's name and an account → AWS by its role.
    open_before: how many findings an earlier process left open.
    """

    config: Config
    clouds: Clouds
    log_clouds: Clouds
    stores: Stores
    rules: RuleSet
    sources: Mapping[str, Source]
    acting: Callable[[str, str], Aws]
    open_before: Mapping[Severity, int] = field(init=False)
    logs: dict[str, Logs] = field(default_factory=dict[str, Logs], init=False)
    items: Items | None = field(init=False)
    responses: Responses = field(init=False)
    waiting: Waiting = field(default_factory=Waiting, init=False)
    jobs: Jobs = field(init=False)

    def __post_init__(self) -> None:
        self.stores = replace(self.stores, is_carried=True)
        self.log_clouds = Clouds(self.log_clouds.aws_or_none, lambda seconds: self.jobs.wait(seconds))
        self.open_before = self._open()
        sources = {**self.sources, HOST_LOGS: HostLogs(ledger=self.stores.ledger)}
        self.logs = {name: self._logs(name, source) for name, source in sources.items()}
        self.items = self._items()
        self.responses = self._responses()
        faring = Faring(self.stores)
        self.jobs = Jobs(list(self._jobs()), faring.failed, faring.recovered)
        faults = [Gap("rule", error.where, error.reason) for error in self.rules.errors]
        with self.stores.ledger.write() as connection:
            close_others(connection, "rule", "", faults)
            close_absent(connection, "job", [job.name for job in self.jobs.jobs])
            close_absent(connection, ABSENCE, list(self.logs))
            close_absent(connection, SILENCE, [name for name, logs in self.logs.items() if logs.silence])
        keep_gaps(self.stores, faults)

    @property
    def has_read_all(self) -> bool:
        """Whether the accounts were read once, from end to end."""
        return self.items is not None and self.items.passes > 0

    def _open(self) -> dict[Severity, int]:
        with self.stores.ledger.read() as connection:
            return {each: count_findings(connection, replace(OPEN, severity=(each,))) for each in Severity}

    def totals(self) -> dict[str, int]:
        """The numbers of the whole: findings that are open, what cannot be seen, hours of logs by state."""
        with self.stores.ledger.read() as connection:
            hours = {f"{state} hours": count for state, count in count_hours(connection).items()}
            return {
                "open findings": count_findings(connection, OPEN),
                "gaps": sum(count_gaps(connection).values()),
                **hours,
            }

    def touch(self, touches: Iterable[Touch]) -> None:
        """Have resources read again."""
        self.waiting.add(touches)
        self._wake()

    def _wake(self) -> None:
        for name in REFRESHES:
            self.jobs.wake(name)

    def _jobs(self) -> Iterator[Job]:
        for name, logs in self.logs.items():
            yield Job(f"collect {name}", logs.collect, self.config.pace.collect_s)
            if logs.source.is_announced:
                yield Job(f"backlog {name}", logs.look_back, BACKLOG.total_seconds())
        if self.items is not None:
            yield Job("inventory", self._take, self.config.pace.inventory_s)
            yield from (Job(name, self._refresh, REFRESH_S) for name in REFRESHES)
        for name, source in self.sources.items():
            if isinstance(source, AwsCloudTrail):
                hours = Hours(name, Verifier(name, source, self.log_clouds.aws), self.stores)
                yield Job(f"completeness {name}", hours.verify, self.config.pace.completeness_s)
        for notices in notices_of(self.config, self.stores):
            yield Job(f"export {notices.name}", notices.round, self.config.pace.export_s)
        yield Job("triggers", self.responses.watch, TRIGGER_S)
        for number in range(DRIVERS):
            yield Job(f"respond {number + 1}", self.responses.drive, DRIVE_S)
        yield Job("seal", self.responses.seal, SEAL_S)
        yield Job("decide", self._decide, DECIDE_S)
        readers = (READER, CHANGES, *map(reader, self.config.exporters))
        stops = lambda: self.jobs.is_stopping  # noqa: E731
        scans = any(account.scan_role for account in self.config.accounts.values())
        shop = Workshop(
            self.stores,
            self.items,
            self.config.schedules.folders,
            scanning_of(self.config) if scans else None,
            fetching_of(self.config, self.stores.ledger),
        )
        yield from scheduled(shop, self.config.schedules.workers, stops)
        sources = {name: logs.source for name, logs in self.logs.items()}
        forgetting = Forgetting(self.config.retention, self.stores, sources, stops, readers)
        yield Job("retention", forgetting.forget, DAY_S)
        yield Job("carry", self._carry, CARRY_S)
        yield from self._matching()
        yield from self._scans()
        yield Job("presence", Presence(self.stores, demands_of(self.config.fleet).heartbeat_s).round, PRESENCE_S)

    def _matching(self) -> Iterator[Job]:
        """What matches packages with advisories, and fetches those that are configured."""
        at_least = Severity(self.config.vulnerabilities.findings)
        settings = self.config.vulnerabilities
        days = days_of(settings.due_days)
        matching = Vulnerabilities(self.stores, self.config.data / "advisories", at_least, days)
        yield Job("vulnerabilities", matching.round, MATCH_S)
        yield Job("surroundings", Places(self.stores, settings.criticality_tag).round, PLACES_S)
        if self.config.advisories.feeds:
            yield Job("advisories", fetching_of(self.config, self.stores.ledger).round, FETCH_S)

    def _scans(self) -> Iterator[Job]:
        if any(account.scan_role for account in self.config.accounts.values()):
            yield Job("sweep scans", Agentless(self.stores, scanning_of(self.config)).round, SWEEP_S)

    def _logs(self, name: str, source: Source) -> Logs:
        return Logs(
            name,
            source,
            self.log_clouds,
            self.stores,
            self.rules,
            written,
            self.touch,
            lambda: self.jobs.is_stopping,
            is_aside=True,
            silence=silence_of(name, source, self.config, self.stores) if name in self.sources else None,
            give_way=lambda: self.items.give_way() if self.items else None,
        )

    def _items(self) -> Items | None:
        named = {account.id: account.regions for account in self.config.accounts.values() if account.is_inventoried}
        if not named:
            return None
        plan = Plan(tuple(readers().values()), {})
        return Items(self.clouds.aws, plan, self.stores, Assessor(), lambda: self.jobs.is_stopping, named)

    def _responses(self) -> Responses:
        """What acts. What of it does not load is a coverage entry."""
        known = Known(self.stores.lake)
        playbooks = load_playbooks(self.config.content)
        triggers = switched(load_triggers(playbooks.by_name, self.config.content), self.config.respond.triggers)
        keep_faults(self.stores, [*playbooks.errors, *triggers.errors])
        settings, evidence = self.config.respond, self.config.evidence
        aws = self.acting("evidence", evidence.account) if evidence.bucket else None
        vault = opened_vault(self.config, self.stores.ledger, aws)
        return Responses(
            self.stores,
            playbooks,
            triggers,
            Hands(self.acting, lru_cache(RUNS_HELD)(vault.box), known, notices=Told(self.config, self.stores.ledger)),
            guard(settings.protected, "respond.protected"),
            settings.actions_per_hour,
            is_stopping=lambda: self.jobs.is_stopping,
            requested=self._drive,
        )

    def _drive(self) -> None:
        for number in range(DRIVERS):
            self.jobs.wake(f"respond {number + 1}")

    def _take(self) -> bool:
        """A full pass; what waited for it, and what it does not cover, is seen to afterwards."""
        try:
            return self.items is not None and self.items.take()
        finally:
            self._wake()

    def _refresh(self) -> bool:
        """See to a group of what was touched; answers whether more is ready."""
        if self.items is None:
            return False
        touches = self.waiting.take(self.items.is_held)
        try:
            if touches:
                self.items.see_to(touches)
        except BaseException:
            self.waiting.add(touches)
            raise
        return bool(touches)

    def _decide(self) -> bool:
        """Let waivers begin and end."""
        with self.stores.ledger.write() as connection:
            apply_waivers(connection)
        return False

    def _carry(self) -> bool:
        drain_outbox(self.stores.ledger, self.stores.lake)
        return False


def _make(data: Path) -> None:
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreError(
            f"The data folder {data} cannot be made ({error.strerror}): choose another by --data"
        ) from error


@contextmanager
def watching(
    config: Config,
    clouds: Clouds,
    listener: Listener,
    log_clouds: Clouds | None = None,
    acting: Callable[[str, str], Aws] | None = None,
) -> Iterator[Watch]:
    """Open the stores, serve the lake's socket, and run every job until the block ends.

    log_clouds: what the sources read with, where that is not what the accounts are read with. acting: what actions act
    with, where that is not as configured.
    Raises ConfigError, and StoreError if another process holds the data folder.
    """
    sources = sources_of(config)
    exports_of(config)
    check_feeds(config)
    _make(config.data)
    rules = load_rules(config.content)
    with (
        open_lake(config.lake_url) as lake,
        open_ledger(config.ledger_url) as ledger,
        closing(LakeServer(lake, config.data)),
    ):
        watch = Watch(
            config,
            clouds,
            log_clouds or clouds,
            Stores(lake, ledger, listener),
            rules,
            sources,
            acting or acting_of(config),
        )
        watch.jobs.start()
        try:
            yield watch
        finally:
            watch.jobs.stop()
            with suppress(StoreError):  # it is carried at the next start
                drain_outbox(ledger, lake)
