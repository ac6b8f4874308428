"""/etc/passwd, /etc/shadow and /etc/group → accounts. A password's hash is never handed on.

Source: passwd(5), shadow(5), group(5), crypt(5)
"""

from __future__ import annotations

from typing import NamedTuple

from nephoscope.agent.host import Host, Unreadable

ALGORITHMS = {"1": "md5", "2a": "bcrypt", "2b": "bcrypt", "2y": "bcrypt", "5": "sha256", "6": "sha512", "7": "scrypt"}
ALGORITHMS.update({"y": "yescrypt", "gy": "gost-yescrypt", "sha1": "sha1"})


class User(NamedTuple):
    """A line of passwd."""

    name: str
    password: str
    uid: int
    gid: int
    comment: str
    home: str
    shell: str
    line: int


class Group(NamedTuple):
    """A line of group."""

    name: str
    gid: int
    members: list[str]
    line: int


class Secret(NamedTuple):
    """What may be known of a shadow line. state: empty, locked, none (no password can match) or set; days as there."""

    state: str
    algorithm: str
    changed_day: int | None
    least_days: int | None
    most_days: int | None
    warn_days: int | None
    inactive_days: int | None


def users(host: Host, path: str = "/etc/passwd") -> list[User]:
    """All accounts. Raises Unreadable, naming the line, where one is no account."""
    found: list[User] = []
    for number, line in enumerate(host.lines(path), 1):
        if not line.strip() or line[0] in "#+-":
            continue
        fields = line.split(":")
        if len(fields) != 7 or not _is_number(fields[2]) or not _is_number(fields[3]):
            raise Unreadable(path, "line %d is no account" % number)
        name, password, uid, gid, comment, home, shell = fields
        found.append(User(name, password, int(uid), int(gid), comment, home, shell, number))
    return found


def groups(host: Host, path: str = "/etc/group") -> list[Group]:
    """All groups. Raises Unreadable, naming the line, where one is no group."""
    found: list[Group] = []
    for number, line in enumerate(host.lines(path), 1):
        if not line.strip() or line[0] in "#+-":
            continue
        fields = line.split(":")
        if len(fields) != 4 or not _is_number(fields[2]):
            raise Unreadable(path, "line %d is no group" % number)
        found.append(Group(fields[0], int(fields[2]), [name for name in fields[3].split(",") if name], number))
    return found


def secrets(host: Host, path: str = "/etc/shadow") -> dict[str, Secret]:
    """{account: what may be known of its password}. Raises Unreadable."""
    found: dict[str, Secret] = {}
    for number, line in enumerate(host.lines(path), 1):
        if not line.strip():
            continue
        fields = line.split(":")
        if len(fields) < 2:
            raise Unreadable(path, "line %d is no password entry" % number)
        days = [int(field) if _is_number(field) else None for field in (fields[2:7] + [""] * 5)[:5]]
        found[fields[0]] = Secret(password_state(fields[1]), algorithm(fields[1]), *days)
    return found


def password_state(field: str) -> str:
    """What a password field allows."""
    if not field:
        return "empty"
    if field.startswith("!"):
        return "locked"
    return "none" if field.startswith("*") or (len(field) < 13 and not field.startswith("$")) else "set"


def algorithm(field: str) -> str:
    """How a password is hashed; empty where there is none."""
    field = field.lstrip("!")
    if field.startswith("$"):
        return ALGORITHMS.get(field.split("$")[1], "unknown")
    return "des" if len(field) == 13 else ""


def _is_number(text: str) -> bool:
    return text.isdigit() and text.isascii() and len(text) < 12
