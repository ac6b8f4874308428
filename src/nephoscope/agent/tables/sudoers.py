"""sudo's rules, with what they include. Source: sudoers(5)"""

from __future__ import annotations

import re
from typing import Any

from nephoscope.agent.host import Host, Unreadable

PATH = "/etc/sudoers"
INCLUDE = re.compile(r"^[#@]include\s+(.+)$")
FOLDER = re.compile(r"^[#@]includedir\s+(.+)$")
MOST_DEEP = 16


def rows(host: Host) -> list[dict[str, Any]]:
    """One row per rule, alias and default, and one per included file that cannot be read; none without sudo."""
    try:
        host.read(PATH, 1 << 20)
    except Unreadable as error:
        if error.absent:
            return []
        raise
    return _file(host, PATH, 0)


def _file(host: Host, path: str, depth: int) -> list[dict[str, Any]]:
    if depth > MOST_DEEP:
        return [{"path": path, "cause": "includes are nested more than %d deep" % MOST_DEEP}]
    try:
        lines = joined(host.lines(path, 1 << 20))
    except Unreadable as error:
        return [{"path": path, "cause": error.cause}]
    found: list[dict[str, Any]] = []
    for number, line in lines:
        include, folder = INCLUDE.match(line), FOLDER.match(line)
        if include:
            found.extend(_file(host, _full(include.group(1)), depth + 1))
        elif folder:
            found.extend(_folder(host, _full(folder.group(1)), depth))
        elif line:
            found.append(
                {"path": path, "line": number, "kind": _kind(line), "text": line, "asks_no_password": _asks(line)}
            )
    return found


def _folder(host: Host, path: str, depth: int) -> list[dict[str, Any]]:
    try:
        names = host.names_if_any(path)
    except Unreadable as error:
        return [{"path": path, "cause": error.cause}]
    read = [name for name in names if not name.endswith("~") and "." not in name]  # sudo passes over the others
    return [row for name in read for row in _file(host, "%s/%s" % (path.rstrip("/"), name), depth + 1)]


def _full(text: str) -> str:
    path = text.strip().strip('"')
    return path if path.startswith("/") else "/etc/" + path


def _kind(line: str) -> str:
    first = line.split()[0]
    if first.startswith("Defaults"):
        return "default"
    return "alias" if first in ("User_Alias", "Runas_Alias", "Host_Alias", "Cmnd_Alias", "Cmd_Alias") else "rule"


def _asks(line: str) -> bool:
    return "NOPASSWD:" in line.replace(" ", "") or "!authenticate" in line


def joined(lines: list[str]) -> list[tuple[int, str]]:
    """(number, text) of lines, those that end in a backslash joined with the next; comments end a line."""
    found: list[tuple[int, str]] = []
    held, begun = "", 0
    for number, raw in enumerate(lines, 1):
        begun = begun or number
        if raw.endswith("\\"):
            held += raw[:-1]
            continue
        text = (held + raw).strip()
        if not INCLUDE.match(text) and not FOLDER.match(text):
            text = re.sub(r"(^|\s)#(?![0-9]).*$", "", text).strip()  # `#1000` is a user's number
        found.append((begun, text))
        held, begun = "", 0
    return found
