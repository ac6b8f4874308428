"""What runs at set times: crontabs of the system and of users, cron.d, the hourly to monthly folders, anacron, at.

Source: crontab(5), anacrontab(5), at(1)
"""

from __future__ import annotations

import hashlib
from typing import Any

from nephoscope.agent.host import Host, Unreadable

SYSTEM = "/etc/crontab"
FOLDER = "/etc/cron.d"
SPOOLS = ("/var/spool/cron/crontabs", "/var/spool/cron", "/var/spool/cron/tabs")
PERIODS = ("hourly", "daily", "weekly", "monthly", "yearly")
AT = ("/var/spool/cron/atjobs", "/var/spool/at", "/var/spool/atjobs")


def rows(host: Host) -> list[dict[str, Any]]:
    """One row per scheduled command or script, and one per file that is there but cannot be read."""
    found = _table(host, SYSTEM, has_user=True)
    for name in host.names_if_any(FOLDER):
        found.extend(_table(host, "%s/%s" % (FOLDER, name), has_user=True))
    for spool in SPOOLS:
        for name in host.names_if_any(spool):
            found.extend(_table(host, "%s/%s" % (spool, name), has_user=False))
    for period in PERIODS:
        folder = "/etc/cron." + period
        found.extend(_script(host, "%s/%s" % (folder, name), period) for name in host.names_if_any(folder))
    found.extend(_anacron(host))
    for folder in AT:
        found.extend(_script(host, "%s/%s" % (folder, name), "at") for name in host.names_if_any(folder))
    return [row for row in found if row]


def _table(host: Host, path: str, has_user: bool) -> list[dict[str, Any]]:
    try:
        lines = host.lines(path, 1 << 20)
    except Unreadable as error:
        is_folder = error.cause == "is no plain file"  # `crontabs` below `cron`
        return [] if error.absent or is_folder else [{"path": path, "cause": error.cause}]
    found: list[dict[str, Any]] = []
    for number, line in enumerate(lines, 1):
        line = line.strip()
        if line and not line.startswith("#") and not _is_assignment(line):
            owner = "" if has_user else path.rpartition("/")[2]
            found.append(dict(_entry(line, has_user, owner), path=path, line=number))
    return found


def _entry(line: str, has_user: bool, owner: str) -> dict[str, Any]:
    times = 1 if line.startswith("@") else 5
    fields = line.split(None, times + (1 if has_user else 0))
    if len(fields) < times + (2 if has_user else 1):
        return {"cause": "is no entry", "text": line}
    user = fields[times] if has_user else owner
    return {"schedule": " ".join(fields[:times]), "user": user, "command": fields[-1]}


def _is_assignment(line: str) -> bool:
    name, sign, _ = line.partition("=")
    return bool(sign) and name.strip().replace("_", "a").isalnum() and not name.strip()[:1].isdigit()


def _script(host: Host, path: str, period: str) -> dict[str, Any]:
    try:
        content = host.read(path)
        mode = host.status(path).st_mode & 0o7777
    except Unreadable as error:
        return {} if error.cause == "is no plain file" else {"path": path, "schedule": period, "cause": error.cause}
    return {"path": path, "schedule": period, "mode": "%04o" % mode, "sha256": hashlib.sha256(content).hexdigest()}


def _anacron(host: Host) -> list[dict[str, Any]]:
    path = "/etc/anacrontab"
    try:
        lines = host.lines(path, 1 << 20)
    except Unreadable as error:
        return [] if error.absent else [{"path": path, "cause": error.cause}]
    found: list[dict[str, Any]] = []
    for number, line in enumerate(lines, 1):
        fields = line.split(None, 3)
        if len(fields) == 4 and not line.startswith("#") and not _is_assignment(line):
            row = {"path": path, "line": number, "user": "root", "command": fields[3]}
            found.append(dict(row, schedule="every %s days, after %s min" % (fields[0], fields[1])))
    return found
