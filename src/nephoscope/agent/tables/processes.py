"""Processes: program, arguments, user, start, container. What looks like a secret among the arguments is taken out.

A process that ended while it was read is no row. Source: proc(5)
"""

from __future__ import annotations

import re
from typing import Any

from nephoscope.agent.host import Host, Unreadable, shown
from nephoscope.agent.tables.os import boot_time

TICKS = 100  # USER_HZ, the same on every architecture that Linux runs on but alpha and ia64
MOST_ARGUMENTS = 2048
SECRET = re.compile(
    r"(?i)((?:^|[-_a-z0-9])(?:password|passwd|passphrase|secret|token|api[-_]?key|access[-_]?key|credentials?)[a-z_]*[=:\s]+)(\S+)"
)
CREDENTIALS_IN_URL = re.compile(r"(://[^\s:/@]+:)[^\s@]+@")
CONTAINER = re.compile(r"(?:^|[/:-])([0-9a-f]{64})(?:\.scope)?(?:$|/)")


def rows(host: Host) -> list[dict[str, Any]]:
    """One row per process."""
    booted = boot_time(host)
    found = [_process(host, int(name), booted) for name in host.names("/proc") if name.isdigit()]
    return [row for row in found if row is not None]


def _process(host: Host, pid: int, booted: int) -> dict[str, Any] | None:
    folder = "/proc/%d" % pid
    try:
        row = _status(host, folder)
        row.update(pid=pid, start_time=booted + _start_ticks(host, folder) // TICKS)
        arguments = host.read(folder + "/cmdline", 4 << 20).rstrip(b"\0").replace(b"\0", b" ")
        row["command_line"] = without_secrets(arguments.decode("utf-8", "backslashreplace"))[:MOST_ARGUMENTS]
        row["container"] = container_of(host.text(folder + "/cgroup", 1 << 16))
        row["login_uid"] = _login_uid(host, folder)
    except Unreadable as error:
        return None if error.absent else {"pid": pid, "cause": str(error)}
    row.update(_program(host, folder))
    return row


def _status(host: Host, folder: str) -> dict[str, Any]:
    told = dict(line.split(":", 1) for line in host.lines(folder + "/status") if ":" in line)
    try:
        uids, gids = told["Uid"].split(), told["Gid"].split()
        return {
            "name": told["Name"].strip(),
            "parent": int(told["PPid"]),
            "uid": int(uids[0]),
            "effective_uid": int(uids[1]),
            "gid": int(gids[0]),
        }
    except (KeyError, IndexError, ValueError) as error:
        raise Unreadable(folder + "/status", "is not as the kernel writes it: %r" % error) from error


def _start_ticks(host: Host, folder: str) -> int:
    try:
        return int(host.text(folder + "/stat").rpartition(") ")[2].split()[19])
    except (IndexError, ValueError) as error:
        raise Unreadable(folder + "/stat", "is not as the kernel writes it: %r" % error) from error


def _login_uid(host: Host, folder: str) -> int | None:
    try:
        uid = int(host.text(folder + "/loginuid", 64))
    except (Unreadable, ValueError):  # a kernel without audit has none
        return None
    return None if uid == 0xFFFFFFFF else uid


def _program(host: Host, folder: str) -> dict[str, Any]:
    try:
        return {"program": shown(host.link(folder + "/exe"))}
    except Unreadable as error:
        if error.absent:  # a kernel thread
            return {"program": None}
        return {"program": None, "cause": "program: %s" % error.cause}


def without_secrets(arguments: str) -> str:
    """Arguments whose secrets, by the names they are commonly given, are replaced."""
    return CREDENTIALS_IN_URL.sub(r"\1***@", SECRET.sub(r"\1***", arguments))


def container_of(cgroup: str) -> str | None:
    """The container's id in /proc/PID/cgroup, None outside of one."""
    for line in cgroup.split("\n"):
        found = CONTAINER.findall(line)
        if found:
            return str(found[-1])
    return None
