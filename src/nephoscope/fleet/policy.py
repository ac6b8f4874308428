"""What agents are asked to do, in words that cannot say a command, and signed so that they need trust nobody between.

RSA of 3072 bits, PKCS#1 v1.5 with SHA-256 (RFC 8017 §8.2): an agent verifies it with Python's standard library.
"""

from __future__ import annotations

import base64
import hashlib
import os
import posixpath
import re
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nephoscope.fleet.tables import canonical
from nephoscope.model.errors import ConfigError, MissingExtra

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from nephoscope.config import Fleet

KEY_BITS = 3072
NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
JOURNAL = "journald"
LOGS = (JOURNAL, "/var/log/audit/audit.log")  # what is not on a host is not read there
FILES = ("/boot", "/etc", "/usr/bin", "/usr/lib/systemd", "/usr/local", "/usr/sbin")
MOST_PATH = 1024
MONTH_S = 31 * 86_400
BOUNDS = {"heartbeat_s": (10, 3600), "checks_s": (60, MONTH_S), "spool_mb": (1, 1 << 16), "kb_per_s": (1, 1 << 20)}
BOUNDS |= {"files_fast_s": (10, MONTH_S), "files_full_s": (60, MONTH_S)}
TABLES: Mapping[str, int] = {
    "authorized_keys": 3600,
    "containers": 300,
    "cron": 3600,
    "groups": 3600,
    "interfaces": 3600,
    "kernel_modules": 3600,
    "listening_ports": 300,
    "mounts": 3600,
    "os": 3600,
    "packages": 3600,
    "processes": 300,
    "setuid": 86_400,
    "sudoers": 3600,
    "units": 3600,
    "users": 3600,
}  # seconds between two looks


@dataclass(frozen=True)
class Demands:
    """What all agents are asked for. tables: seconds between two looks at each; checks: names, or `all`.

    logs: paths, `*` for any part of a name, and `journald`. files: folders whose files are watched; files_fast_s,
    files_full_s: seconds between two looks at what lstat says of them, and within which each is read whole.
    """

    heartbeat_s: int = 60
    tables: Mapping[str, int] = field(default_factory=lambda: dict(TABLES))
    checks: tuple[str, ...] = ("all",)
    checks_s: int = 86_400
    spool_mb: int = 256
    kb_per_s: int = 1024
    logs: tuple[str, ...] = LOGS
    files: tuple[str, ...] = FILES
    files_fast_s: int = 900
    files_full_s: int = 86_400

    def said(self) -> dict[str, Any]:
        """As a policy has them."""
        return {
            "heartbeat_s": self.heartbeat_s,
            "logs": [{"path": "" if log == JOURNAL else log, "kind": _kind_of(log)} for log in self.logs],
            "tables": dict(self.tables),
            "files": [{"path": path, "fast_s": self.files_fast_s, "full_s": self.files_full_s} for path in self.files],
            "checks": {"names": list(self.checks), "seconds": self.checks_s},
            "limits": {"spool_mb": self.spool_mb, "kb_per_s": self.kb_per_s},
        }

    @property
    def digest(self) -> str:
        """By which other demands are told from these."""
        return hashlib.sha256(canonical(self.said()).encode()).hexdigest()


def demands_of(settings: Fleet) -> Demands:
    """What a configuration asks of agents. Raises ConfigError for what no agent would take."""
    asked = {**TABLES, **settings.tables}
    tables = {name: seconds for name, seconds in sorted(asked.items()) if seconds}
    for name, seconds in tables.items():
        _check_name(name, "tables")
        _check_number(seconds, (10, MONTH_S), f"tables.{name}")
    for name in settings.checks:
        _check_name(name, "checks")
    for name, bounds in BOUNDS.items():
        _check_number(getattr(settings, name), bounds, name)
    numbers = {name: getattr(settings, name) for name in BOUNDS}
    logs = tuple(dict.fromkeys(settings.logs))
    files = tuple(dict.fromkeys(settings.files))
    for log in logs:
        if log != JOURNAL:
            _check_path(log, "logs")
    for path in files:
        _check_path(path, "files")
    return Demands(tables=tables, checks=settings.checks, logs=logs, files=files, **numbers)


def _kind_of(log: str) -> str:
    return JOURNAL if log == JOURNAL else "auditd" if log.rpartition("/")[2].startswith("audit.log") else "lines"


def _check_path(path: str, where: str) -> None:
    """Refuse what agents would: they take a policy whole or not at all."""
    is_absolute = path.startswith("/") and not path.startswith(("//", "/proc/", "/sys/", "/dev/"))
    if not is_absolute or posixpath.normpath(path) != path or "\0" in path or len(path) > MOST_PATH:
        raise ConfigError(f"fleet: {where} names {path!r}, which is no plain absolute path outside /proc, /sys, /dev")


def _check_name(name: str, where: str) -> None:
    if not NAME.fullmatch(name):
        raise ConfigError(f"fleet: {where} names {name!r}, which can be none")


def _check_number(number: int, bounds: tuple[int, int], where: str) -> None:
    if not bounds[0] <= number <= bounds[1]:
        raise ConfigError(f"fleet: {where} is {number}, not from {bounds[0]} to {bounds[1]}")


def policy_of(demands: Demands, agent: str, version: int, expires: int) -> bytes:
    """An agent's policy as canonical JSON. version: only ever grows; expires: Unix seconds."""
    return canonical({**demands.said(), "agent": agent, "version": version, "expires": expires}).encode()


def etag_of(policy: bytes) -> str:
    """What a policy is known by: its SHA-256."""
    return hashlib.sha256(policy).hexdigest()


@dataclass(frozen=True)
class PolicyKey:
    """The key that signs policies. public: PEM of its other half; fingerprint: SHA-256 of the SubjectPublicKeyInfo."""

    public: str
    fingerprint: str
    _key: Any = field(repr=False)

    def envelope(self, policy: bytes) -> dict[str, str]:
        """A policy and its signature, both base64."""
        padding = _cryptography("hazmat.primitives.asymmetric.padding")
        signature = self._key.sign(policy, padding.PKCS1v15(), _cryptography("hazmat.primitives.hashes").SHA256())
        return {"policy": base64.b64encode(policy).decode(), "signature": base64.b64encode(signature).decode()}


def opened_policy_key(file: Path) -> PolicyKey:
    """The key that a file holds, made if there is none.

    Raises ConfigError for a file that others can read, that holds no RSA key of 3072 bits, or cannot be had.
    """
    try:
        if not file.exists():
            _make(file)
        if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigError(f"The policy key {file} is readable by others: chmod 600 {file}")
        return _read(file)
    except OSError as error:
        raise ConfigError(f"The policy key {file} cannot be had: {error.strerror}") from error


def _read(file: Path) -> PolicyKey:
    serialization = _cryptography("hazmat.primitives.serialization")
    try:
        key = serialization.load_pem_private_key(file.read_bytes(), None)
    except (ValueError, TypeError, _cryptography("exceptions").UnsupportedAlgorithm):
        raise ConfigError(f"The policy key {file} is no unencrypted private key in PEM") from None
    if getattr(key, "key_size", 0) != KEY_BITS or not hasattr(key, "decrypt"):
        raise ConfigError(f"The policy key {file} is no RSA key of {KEY_BITS} bits")
    public, form = key.public_key(), serialization.PublicFormat.SubjectPublicKeyInfo
    der = public.public_bytes(serialization.Encoding.DER, form)
    pem = public.public_bytes(serialization.Encoding.PEM, form).decode()
    return PolicyKey(pem, hashlib.sha256(der).hexdigest(), key)


def _make(file: Path) -> None:
    """Make a key; of several that make one at once, the first one's stays."""
    serialization = _cryptography("hazmat.primitives.serialization")
    key = _cryptography("hazmat.primitives.asymmetric.rsa").generate_private_key(65537, KEY_BITS)
    content = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = file.with_name(f"{file.name}.{os.urandom(8).hex()}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        os.link(part, file)
    except FileExistsError:
        pass
    finally:
        part.unlink(missing_ok=True)


def _cryptography(module: str) -> Any:
    import importlib

    try:
        return importlib.import_module(f"cryptography.{module}")
    except ImportError:
        raise MissingExtra("Signing policies of hosts", "server") from None
