"""nephoscope.toml → one frozen Config; an unknown key is an error that names the nearest one.

Precedence: flag, environment (`NEPHOSCOPE_CONFIG`, `NEPHOSCOPE_DATA`), file. Secrets stand in the file by reference
only: a profile's or role's name, the name of an environment variable, a file's path.
"""

from __future__ import annotations

import math
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nephoscope.model.errors import ConfigError
from nephoscope.settings import build, duration

LONGEST_DAYS = 36_500
MOST_WORKERS = 64
SEVERITIES = ("informational", "low", "medium", "high", "critical")


@dataclass(frozen=True)
class Account:
    """A cloud account to read; its credentials are named here, never taken from the environment by themselves.

    profile: of the AWS configuration files. credentials: "environment" takes what the SDK finds there, from
    AWS_ACCESS_KEY_ID to the machine's own role. role_arn: assumed with either. regions: all enabled ones, if empty.
    inventory: false for credentials that only read logs; the same account may stand once with and once without.
    export: true for credentials that only exporters use; nothing is read with them.
    respond_role: ARN of the roles that act here, one per action; `{action}` in it stands for the action's name.
    scan_role: ARN of the role that scans disks here, through snapshots; without, none are.
    """

    id: str
    provider: str = "aws"
    profile: str = ""
    credentials: str = ""
    role_arn: str = ""
    external_id: str = ""
    regions: tuple[str, ...] = ()
    inventory: bool = True
    export: bool = False
    respond_role: str = ""
    scan_role: str = ""

    @property
    def is_inventoried(self) -> bool:
        """Whether its configuration is read."""
        return self.inventory and not self.export


@dataclass(frozen=True)
class Aws:
    """How AWS is reached. endpoint_url: instead of AWS's own addresses. calls_per_s: the budget of each account."""

    endpoint_url: str = ""
    calls_per_s: float = 20.0


@dataclass(frozen=True)
class Pace:
    """How often things are done, in seconds."""

    collect_s: float = 30.0
    inventory_s: float = 3600.0
    completeness_s: float = 300.0
    export_s: float = 5.0


@dataclass(frozen=True)
class Respond:
    """What responses may do. triggers: {name: run, propose or off}; those that come with Nephoscope are off else.

    protected: CEL over a resource's type, id, account, region, name and tags; what it holds of is never acted on.
    actions_per_hour: of one account; beyond, runs are refused.
    """

    triggers: Mapping[str, str] = field(default_factory=dict[str, str])
    protected: tuple[str, ...] = ()
    actions_per_hour: int = 60


@dataclass(frozen=True)
class Evidence:
    """Where evidence is kept and what signs it.

    folder: `evidence` in the data folder unless another is named. bucket: an object-locked S3 bucket instead, reached
    as an account; retain_days, mode: how long and how strictly each object is locked; kms_key: else S3's own.
    key_file: an Ed25519 private key in PEM; else one is made in the data folder.
    """

    folder: Path | None = None
    key_file: Path | None = None
    bucket: str = ""
    account: str = ""
    region: str = ""
    retain_days: int = 365
    mode: str = "COMPLIANCE"
    kms_key: str = ""


@dataclass(frozen=True)
class Retention:
    """For how many days things are kept; 0 keeps them for ever.

    events_days: whole months of events. revisions_days: revisions that were superseded, and deleted items; the current
    ones are kept. seen_days: which log objects were read, never less than any listing reaches back. feed_days: what
    changed, as triggers, exporters and the live stream read it; never what one of them has not read yet.
    """

    events_days: int = 0
    revisions_days: int = 0
    resolved_findings_days: int = 0
    closed_gaps_days: int = 400
    seen_days: int = 400
    feed_days: int = 30


DUE_CLASSES = ("kev", "urgent", "critical", "high", "medium", "low")


@dataclass(frozen=True)
class Vulnerabilities:
    """Which vulnerabilities are findings: those of this severity or a graver one; all are listed.

    due_days: how long each class may stay; 0 gives it no date. criticality_tag: the tag that says how much an instance
    or a host matters: critical, high, medium or low.
    """

    findings: str = "high"
    due_days: Mapping[str, int] = field(default_factory=dict[str, int])
    criticality_tag: str = "criticality"


@dataclass(frozen=True)
class Schedules:
    """How much of schedules is done at once. workers: jobs of all of them; folders: below which they may read files."""

    workers: int = 4
    folders: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Advisories:
    """Which publishers' feeds are fetched while `up` runs: none, unless they are named.

    every: how long a feed is taken for current. mirrors: {feed: the address of a folder (https: or file:) that has its
    files}. allow_private: whether mirrors may be in private networks. proxy: `http://HOST:PORT`, through which all are
    asked; no proxy is taken from the environment.
    """

    feeds: tuple[str, ...] = ()
    every: str = "6h"
    mirrors: Mapping[str, str] = field(default_factory=dict[str, str])
    allow_private: bool = False
    proxy: str = ""


@dataclass(frozen=True)
class Fleet:
    """What host agents are asked for. tables: {name: seconds between two looks}; 0 asks for that table no more.

    logs: paths of log files that are read on, `*` for any part of a name, and `journald`; none, if empty.
    files: folders whose files are watched; files_fast_s: seconds between two looks at what the system says of them;
    files_full_s: within how many each is read whole.
    checks: names of the host benchmark's, or `all`; checks_s: seconds between two runs. spool_mb, kb_per_s: how much an
    agent may keep while it cannot send, and read a second. identity_certificate: a PEM file of AWS's certificates, by
    which instances prove who they are; without it they are believed.
    """

    heartbeat_s: int = 60
    tables: Mapping[str, int] = field(default_factory=dict[str, int])
    checks: tuple[str, ...] = ("all",)
    checks_s: int = 86_400
    spool_mb: int = 256
    kb_per_s: int = 1024
    logs: tuple[str, ...] = ("journald", "/var/log/audit/audit.log")
    files: tuple[str, ...] = ("/boot", "/etc", "/usr/bin", "/usr/lib/systemd", "/usr/local", "/usr/sbin")
    files_fast_s: int = 900
    files_full_s: int = 86_400
    identity_certificate: Path | None = None


@dataclass(frozen=True)
class Oidc:
    """Sign-in through an identity provider. name: as people know it; empty issuer: none.

    client_secret_env: names the environment variable that holds the secret. roles, accounts: what members of a group
    get; accounts are ids, or "*" for all. Who is in no group of `roles` may not sign in.
    """

    issuer: str = ""
    client_id: str = ""
    client_secret_env: str = ""
    name: str = "single sign-on"
    scopes: tuple[str, ...] = ("openid", "profile", "email", "groups")
    groups_claim: str = "groups"
    roles: Mapping[str, str] = field(default_factory=dict[str, str])
    accounts: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


@dataclass(frozen=True)
class PortalSettings:
    """Where the portal listens and how browsers reach it. public_url: else http://localhost:PORT.

    allowed_hosts: names by which it may be asked, beside those of loopback and of public_url. enabled: false for none.
    """

    enabled: bool = True
    host: str = "127.0.0.1"
    port: int = 8650
    public_url: str = ""
    allowed_hosts: tuple[str, ...] = ()
    oidc: Oidc = field(default_factory=Oidc)

    @property
    def url(self) -> str:
        """Where browsers find it."""
        return self.public_url.rstrip("/") or f"http://localhost:{self.port}"


@dataclass(frozen=True)
class Config:
    """Everything that is settable.

    sources, exporters: {name: settings, with its `type`}; the source's or exporter's own fields are its keys.
    routes: {name: settings}; which findings go to which exporters.
    """

    data: Path
    lake: str = ""
    ledger: str = ""
    content: tuple[Path, ...] = ()
    pace: Pace = field(default_factory=Pace)
    aws: Aws = field(default_factory=Aws)
    respond: Respond = field(default_factory=Respond)
    evidence: Evidence = field(default_factory=Evidence)
    retention: Retention = field(default_factory=Retention)
    vulnerabilities: Vulnerabilities = field(default_factory=Vulnerabilities)
    schedules: Schedules = field(default_factory=Schedules)
    advisories: Advisories = field(default_factory=Advisories)
    fleet: Fleet = field(default_factory=Fleet)
    accounts: Mapping[str, Account] = field(default_factory=dict[str, Account])
    sources: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    portal: PortalSettings = field(default_factory=PortalSettings)
    exporters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    routes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    path: Path | None = None

    @property
    def lake_url(self) -> str:
        """Where facts are kept: the embedded lake unless another is named."""
        return self.lake or f"chdb://{self.data / 'lake'}"

    @property
    def ledger_url(self) -> str:
        """Where decisions are kept: SQLite unless another is named."""
        return self.ledger or f"sqlite:///{self.data / 'ledger.sqlite'}"


def default_data(environment: Mapping[str, str] = os.environ) -> Path:
    """The folder that holds everything we write: `NEPHOSCOPE_DATA`, else the user's data folder."""
    if chosen := environment.get("NEPHOSCOPE_DATA"):
        return Path(chosen).absolute()
    base = environment.get("XDG_DATA_HOME") or Path(environment.get("HOME") or "~").expanduser() / ".local" / "share"
    return Path(base) / "nephoscope"


def load(path: Path | None = None, data: Path | None = None, environment: Mapping[str, str] = os.environ) -> Config:
    """Read the configuration. path: else `NEPHOSCOPE_CONFIG`, else ./nephoscope.toml if there is one, else defaults.

    Raises ConfigError naming file, key and what was expected.
    """
    named = path or (Path(environment["NEPHOSCOPE_CONFIG"]) if environment.get("NEPHOSCOPE_CONFIG") else None)
    file = named or Path("nephoscope.toml")
    if not named and not file.exists():
        return Config(data=data or default_data(environment))
    table = _read(file)
    table.setdefault("data", str(default_data(environment)))
    if data or environment.get("NEPHOSCOPE_DATA"):
        table["data"] = str(data or environment["NEPHOSCOPE_DATA"])
    config = build(Config, {**table, "path": str(file.absolute())}, str(file))
    _check_positive(vars(config.pace), f"{file}: pace")
    _check_positive({"calls_per_s": config.aws.calls_per_s}, f"{file}: aws")
    _check_types(file, "sources", config.sources, "aws_cloudtrail")
    _check_types(file, "exporters", config.exporters, "slack_webhook")
    if not 1 <= config.schedules.workers <= MOST_WORKERS:
        raise ConfigError(f"{file}: schedules: workers is {config.schedules.workers}, not 1 to {MOST_WORKERS}")
    _check_vulnerabilities(file, config.vulnerabilities)
    duration(config.advisories.every, f"{file}: advisories: every")
    for name, days in vars(config.retention).items():
        if not 0 <= days <= LONGEST_DAYS:
            raise ConfigError(f"{file}: retention: {name} is {days}, not a number of days; 0 keeps all")
    return config


def _check_vulnerabilities(file: Path, said: Vulnerabilities) -> None:
    """Raise ConfigError for a severity or a class that is none, or for a number of days that cannot be."""
    if said.findings not in SEVERITIES:
        raise ConfigError(f"{file}: vulnerabilities: findings is {said.findings!r}, none of {', '.join(SEVERITIES)}")
    for name, days in said.due_days.items():
        if name not in DUE_CLASSES or not 0 <= days <= LONGEST_DAYS:
            why = f"{name} = {days}: classes are {', '.join(DUE_CLASSES)}, their values days; 0 gives no date"
            raise ConfigError(f"{file}: vulnerabilities: due_days: {why}")


def _check_types(file: Path, kind: str, tables: Mapping[str, Mapping[str, Any]], example: str) -> None:
    """Raise ConfigError for a source or exporter that does not say which it is."""
    for name, settings in tables.items():
        if not isinstance(settings.get("type"), str):
            raise ConfigError(f'{file}: {kind}.{name} has no type: say type = "{example}" or another {kind[:-1]}')


def _check_positive(numbers: Mapping[str, float], where: str) -> None:
    for key, number in numbers.items():
        if not 0 < number < math.inf:
            raise ConfigError(f"{where}: {key} is {number}, not a number above 0")


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} is not TOML: {error}") from error
