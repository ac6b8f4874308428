"""A line of a host's log → the fields that rules ask for: syslog in its forms, the journal's entries, audit records.

A line that is of no known form is a message and nothing else. Whoever chooses a user name chooses a part of a line: the
address and port of a sign-in are therefore taken from its end, and of an audit record's fields of one name the first.

Source: RFC 3164, RFC 5424, systemd.journal-fields(7), auditd's "audit message types and fields"
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

JOURNAL = "journald"
SERVICES = {"sshd": "sshd", "sshd-session": "sshd", "sudo": "sudo", "cron": "cron", "crond": "cron", "CRON": "cron"}
AUTH_FACILITIES = ("4", "10")  # auth and authpriv
AUTH_LOGS = ("auth.log", "secure")
HEADER = re.compile(r"([A-Za-z0-9_.()@/-]{1,100})(?:\[(\d{1,10})\])?: ?(.*)", re.DOTALL)
OLD_TIME = re.compile(r"([A-Z][a-z]{2}) ([ \d]\d) (\d\d:\d\d:\d\d) (\S+) (.*)", re.DOTALL)
NEW_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)) (\S+) (.*)", re.DOTALL)
RFC5424 = re.compile(r"<(\d{1,3})>1 (\S+) (\S+) (\S+) (\S+) (\S+) (?:-|\[.*?\]) ?(.*)", re.DOTALL)
PRIORITY = re.compile(r"<(\d{1,3})>")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SIGN_IN = re.compile(
    r"(Accepted|Failed) (\S{1,50}) for (invalid user )?(.*) from (\S{1,60}) port (\d{1,5})(?: ssh2(?:: .*)?)?",
    re.DOTALL,
)
INVALID = re.compile(r"Invalid user (.*) from (\S{1,60}) port (\d{1,5})", re.DOTALL)
SUDO = re.compile(r" *(\S{1,100}) : (.*)", re.DOTALL)
SUDO_PART = re.compile(r"(TTY|PWD|USER|GROUP)=(.*)", re.DOTALL)
SUDO_NAMES = {"TTY": "tty", "PWD": "cwd", "USER": "runas", "GROUP": "run_group"}
AUDIT = re.compile(r"(?:node=(\S+) )?type=(\S{1,100}) msg=audit\((\d{1,12})\.(\d{3}):(\d{1,20})\): ?(.*)", re.DOTALL)
AUDIT_PART = re.compile(r"""([A-Za-z0-9_-]{1,50})=("[^"]*"|'[^']*'|[^\s\x1d]*)""")
ENCODED = re.compile(r"(?:[0-9A-F]{2})+")
MAY_BE_ENCODED = re.compile(r"(?:name|exe|comm|cwd|proctitle|cmd|acct|path|dir|data|key|a\d{1,4})")
WEEK = timedelta(days=7)


def fields_of(line: str, log: str, at: datetime, offset_s: int = 0) -> dict[str, Any]:
    """What a line says: `event_time` (ISO 8601), `service` (as Sigma names it), `message`, `line`, and what it names.

    log: the path it was read from, or `journald`; at: when it was read, which is its time where it says none, or one
    that cannot be. offset_s: of the host's local time to UTC, for lines whose time says no zone.
    """
    found = _journal(line) if log == JOURNAL else _audit(line) or _syslog(line, log, at, offset_s)
    found.setdefault("service", SERVICES.get(str(found.get("program", "")), ""))
    if not found["service"]:
        found["service"] = "auth" if _is_auth(found, log) else "syslog"
    found |= _said(found["service"], str(found.get("message", "")))
    told = found.get("event_time")
    found["event_time"] = (told if isinstance(told, datetime) and told <= at + WEEK else at).isoformat()
    found["line"] = line
    return found


def _is_auth(found: dict[str, Any], log: str) -> bool:
    return found.get("facility") in AUTH_FACILITIES or log.rpartition("/")[2].startswith(AUTH_LOGS)


def _journal(line: str) -> dict[str, Any]:
    try:
        entry: Any = msgspec.json.decode(line)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        entry = None
    if not isinstance(entry, dict):
        return {"message": line}
    told = cast("dict[str, Any]", entry)
    names = {
        "program": "SYSLOG_IDENTIFIER",
        "pid": "_PID",
        "facility": "SYSLOG_FACILITY",
        "severity": "PRIORITY",
        "unit": "_SYSTEMD_UNIT",
        "exe": "_EXE",
        "uid": "_UID",
        "hostname": "_HOSTNAME",
    }
    found: dict[str, Any] = {name: str(told[key]) for name, key in names.items() if told.get(key) is not None}
    found["message"] = _text(told.get("MESSAGE"))
    found.setdefault("program", str(told.get("_COMM") or ""))
    stamp = str(told.get("_SOURCE_REALTIME_TIMESTAMP") or told.get("__REALTIME_TIMESTAMP") or "")
    if stamp.isascii() and stamp.isdigit() and len(stamp) <= 16:
        found["event_time"] = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(stamp))
    return found


def _text(message: Any) -> str:
    """The journal writes bytes that are no text as a list of numbers."""
    if isinstance(message, list):
        numbers = cast("list[Any]", message)
        return bytes(each for each in numbers if isinstance(each, int) and 0 <= each < 256).decode(errors="replace")
    return "" if message is None else str(message)


def _syslog(line: str, log: str, at: datetime, offset_s: int) -> dict[str, Any]:
    new = RFC5424.fullmatch(line)
    if new:
        priority, time, hostname, program, pid, _, message = new.groups()
        parts = {"hostname": hostname, "program": program, "pid": pid}
        found: dict[str, Any] = {name: part for name, part in parts.items() if part != "-"}
        return found | _priority(priority) | {"event_time": _moment(time), "message": message}
    found = {}
    sign = PRIORITY.match(line)
    rest = line[sign.end() :] if sign else line
    if sign:
        found |= _priority(sign[1])
    if stamped := NEW_TIME.fullmatch(rest):
        time, found["hostname"], rest = stamped.groups()
        found["event_time"] = _moment(time)
    elif stamped := OLD_TIME.fullmatch(rest):
        month, day, clock, found["hostname"], rest = stamped.groups()
        found["event_time"] = _old_moment(month, day, clock, at, offset_s)
    else:
        return found | {"message": rest}
    header = HEADER.fullmatch(rest)
    if header is None:
        return found | {"message": rest}
    found["program"], pid, found["message"] = header.groups()
    return found | ({"pid": pid} if pid else {})


def _priority(text: str) -> dict[str, str]:
    return {"facility": str(int(text) // 8), "severity": str(int(text) % 8)}


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else None


def _old_moment(month: str, day: str, clock: str, at: datetime, offset_s: int) -> datetime | None:
    """A time that says no year and no zone: the latest that is not after the look, but for a day of clocks apart."""
    if month not in MONTHS:
        return None
    number, zone = MONTHS.index(month) + 1, timedelta(seconds=offset_s)
    for year in (at.year + 1, at.year, at.year - 1, at.year - 2, at.year - 3, at.year - 4):
        try:
            local = datetime.fromisoformat(f"{year:04}-{number:02}-{int(day):02}T{clock}").replace(tzinfo=UTC)
        except ValueError:  # also 29 February of another year
            continue
        if local - zone <= at + timedelta(days=1):
            return local - zone
    return None


def _audit(line: str) -> dict[str, Any]:
    """A record of auditd; fields in upper case are what auditd translated them to."""
    found = AUDIT.fullmatch(line)
    if not found:
        return {}
    node, type_, seconds, milliseconds, serial, rest = found.groups()
    told: dict[str, Any] = {"node": node} if node else {}
    told |= dict(_audit_parts(rest))
    time = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(seconds), milliseconds=int(milliseconds))
    return told | {"type": type_, "serial": serial, "service": "auditd", "message": rest, "event_time": time}


def _audit_parts(text: str) -> Iterator[tuple[str, str]]:
    """`name=value` pairs, those within a quoted `msg` too; of one name the first holds."""
    seen: set[str] = set()
    for match in AUDIT_PART.finditer(text):
        name, value = match.groups()
        if name == "msg" and value.startswith("'"):
            yield from (pair for pair in _audit_parts(value[1:-1]) if pair[0] not in seen)
            continue
        if name in seen or name in RESERVED:
            continue
        seen.add(name)
        yield name, _plain(name, value)


RESERVED = frozenset({"event_time", "service", "line", "message", "serial", "type", "node", "log", "host", "event_uid"})


def _plain(name: str, value: str) -> str:
    """A value as it was before auditd quoted or encoded it: text with spaces or control characters is hex digits."""
    if value[:1] in ("'", '"'):
        return value[1:-1]
    if MAY_BE_ENCODED.fullmatch(name) and len(value) > 2 and ENCODED.fullmatch(value):
        return bytes.fromhex(value).decode("utf-8", "backslashreplace").replace("\0", " ").rstrip()
    return value


def _said(service: str, message: str) -> dict[str, Any]:
    """What a program's message names."""
    if service == "sshd":
        return _sshd(message)
    return _sudo(message) if service == "sudo" else {}


def _sshd(message: str) -> dict[str, Any]:
    if found := SIGN_IN.fullmatch(message):
        how, method, invalid, user, address, port = found.groups()
        told = {"user": user, "src_ip": address, "src_port": port, "method": method}
        is_invalid = "yes" if invalid else "no"
        return told | {"outcome": "success" if how == "Accepted" else "failure", "invalid_user": is_invalid}
    if found := INVALID.fullmatch(message):
        user, address, port = found.groups()
        return {"user": user, "src_ip": address, "src_port": port, "invalid_user": "yes"}
    return {}


def _sudo(message: str) -> dict[str, Any]:
    found = SUDO.fullmatch(message)
    if not found:
        return {}
    head, _, command = found[2].partition(" ; COMMAND=")
    told: dict[str, Any] = {"user": found[1]}
    if command:
        told |= {"command": command, "outcome": "success"}
    for part in head.split(" ; "):
        named = SUDO_PART.fullmatch(part)
        if named:
            told[SUDO_NAMES[named[1]]] = named[2]
        elif part.strip():
            told |= {"reason": part.strip(), "outcome": "failure"}
    return told
