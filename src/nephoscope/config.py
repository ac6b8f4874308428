"""nephoscope.toml → one frozen Config; an unknown key is an error that names the nearest one.

Precedence: flag, environment (`NEPHOSCOPE_CONFIG`, `NEPHOSCOPE_DATA`), file. Secrets stand in the file by reference
only: a profile's or role's name, the name of an environment variable, a file's path.
"""

from __future__ import annotations

import difflib
import math
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from nephoscope.model.errors import ConfigError

T = TypeVar("T")
LONGEST_DAYS = 36_500
SEVERITIES = ("informational", "low", "medium", "high", "critical")
DURATION = re.compile(r"([0-9]{1,6})([mhd])")
UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
WORDS: Mapping[Any, str] = {str: "text", int: "number", float: "number", bool: "boolean", Path: "path"}


@dataclass(frozen=True)
class Account:
    """A cloud account to read; its credentials are named here, never taken from the environment by themselves.

    profile: of the AWS configuration files. credentials: "environment" takes what the SDK finds there, from
    AWS_ACCESS_KEY_ID to the machine's own role. role_arn: assumed with either. regions: all enabled ones, if empty.
    inventory: false for credentials that only read logs; the same account may stand once with and once without.
    export: true for credentials that only exporters use; nothing is read with them.
    respond_role: ARN of the roles that act here, one per action; `{action}` in it stands for the action's name.
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
    if config.vulnerabilities.findings not in SEVERITIES:
        said = f"{config.vulnerabilities.findings!r}, none of {', '.join(SEVERITIES)}"
        raise ConfigError(f"{file}: vulnerabilities: findings is {said}")
    for name, days in config.vulnerabilities.due_days.items():
        if name not in DUE_CLASSES or not 0 <= days <= LONGEST_DAYS:
            said = f"{name} = {days}: classes are {', '.join(DUE_CLASSES)}, their values days; 0 gives no date"
            raise ConfigError(f"{file}: vulnerabilities: due_days: {said}")
    for name, days in vars(config.retention).items():
        if not 0 <= days <= LONGEST_DAYS:
            raise ConfigError(f"{file}: retention: {name} is {days}, not a number of days; 0 keeps all")
    return config


def _check_types(file: Path, kind: str, tables: Mapping[str, Mapping[str, Any]], example: str) -> None:
    """Raise ConfigError for a source or exporter that does not say which it is."""
    for name, settings in tables.items():
        if not isinstance(settings.get("type"), str):
            raise ConfigError(f'{file}: {kind}.{name} has no type: say type = "{example}" or another {kind[:-1]}')


def _check_positive(numbers: Mapping[str, float], where: str) -> None:
    for key, number in numbers.items():
        if not 0 < number < math.inf:
            raise ConfigError(f"{where}: {key} is {number}, not a number above 0")


def duration(value: object, where: str) -> timedelta:
    """`90m`, `24h` or `7d` as a span of time. Raises ConfigError."""
    found = DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None or not int(found[1]):
        raise ConfigError(f"{where} is {value!r}, not a time such as '90m', '24h' or '7d'")
    return int(found[1]) * UNITS[found[2]]


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} is not TOML: {error}") from error


def build(kind: type[T], table: Mapping[str, Any], where: str) -> T:
    """A dataclass from a table; its fields are the keys.

    Raises ConfigError for an unknown key (naming the nearest), a missing one, and a value of another type.
    """
    hints = _hints(kind)
    known = {each.name: each for each in fields(kind)}  # pyright: ignore[reportArgumentType]
    for key in table:
        if key not in known:
            raise ConfigError(f"{where}: there is no key '{key}'{nearest(key, known)}")
    for each in known.values():
        if each.name not in table and each.default is MISSING and each.default_factory is MISSING:
            raise ConfigError(f"{where}: the key '{each.name}' is missing")
    return kind(**{key: _value(hints[key], value, f"{where}: {key}") for key, value in table.items()})


@dataclass(frozen=True)
class Setting:
    """A key that a table may hold. default: what holds where it is left out, unless it is required."""

    name: str
    type: str
    is_required: bool
    default: Any = None


def settings_of(kind: type[Any]) -> tuple[Setting, ...]:
    """The keys of a dataclass's table, those first that are required."""
    hints = _hints(kind)
    found: list[Setting] = []
    for each in fields(kind):
        is_required = each.default is MISSING and each.default_factory is MISSING
        default = None if each.default is MISSING else each.default
        found.append(Setting(each.name, WORDS.get(hints[each.name], "list"), is_required, default))
    return tuple(sorted(found, key=lambda setting: not setting.is_required))


def _hints(kind: type[Any]) -> dict[str, Any]:
    """The types of a dataclass's fields, and of nothing else that it annotates."""
    hints: dict[str, Any] = {}
    for each in fields(kind):
        owner = next(base for base in kind.__mro__ if each.name in vars(base).get("__annotations__", {}))
        alone = type("Field", (), {"__annotations__": {each.name: each.type}, "__module__": owner.__module__})
        hints |= get_type_hints(alone)
    return hints


def nearest(word: str, known: Mapping[str, Any]) -> str:
    """`; did you mean 'x'?`, or what there is, or nothing."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    if close:
        return f"; did you mean '{close[0]}'?"
    return f"; there are {', '.join(sorted(known))}" if known else ""


def _value(hint: Any, value: Any, where: str) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if hasattr(hint, "__dataclass_fields__"):
        return build(hint, _table(value, where), where)
    if origin is tuple:
        if not isinstance(value, list):
            raise ConfigError(f"{where} is not a list")
        return tuple(_value(arguments[0], each, where) for each in value)
    if origin is Mapping:
        inner = arguments[1]
        return {key: _value(inner, each, f"{where}.{key}") for key, each in _table(value, where).items()}
    if Path in (hint, *arguments):
        return Path(_plain(str, value, where)).expanduser().absolute()
    return value if hint is Any else _plain(hint, value, where)


def _plain(hint: type[Any], value: Any, where: str) -> Any:
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        raise ConfigError(f"{where} is {value!r}, not {'text' if hint is str else f'a {hint.__name__}'}")
    return value


def _table(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ConfigError(f"{where} is not a table")
    return value
