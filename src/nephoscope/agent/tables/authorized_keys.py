"""SSH keys that let somebody in: their fingerprints, options and comments, never the keys.

Files as sshd_config's AuthorizedKeysFile names them, %h and %u filled in. Source: sshd(8) "AUTHORIZED_KEYS FILE FORMAT"
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any

from nephoscope.agent import accounts, sshd
from nephoscope.agent.host import Host, Unreadable

TYPES = ("ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-")


def rows(host: Host) -> list[dict[str, Any]]:
    """One row per key, and one per file that is there but cannot be read."""
    names = _files(host)
    found: list[dict[str, Any]] = []
    for user in accounts.users(host):
        for path in dict.fromkeys(_path(name, user) for name in names):
            found.extend(_keys(host, user.name, path))
    return found


def _files(host: Host) -> list[str]:
    try:
        value, _ = sshd.config(host).value("AuthorizedKeysFile")
    except Unreadable as error:
        if not error.absent:
            raise
        value = sshd.DEFAULTS["authorizedkeysfile"]
    return [name for name in value.split() if name.lower() != "none"]


def _path(name: str, user: accounts.User) -> str:
    filled = name.replace("%h", user.home).replace("%u", user.name).replace("%U", str(user.uid)).replace("%%", "%")
    return filled if filled.startswith("/") else "%s/%s" % (user.home.rstrip("/"), filled)


def _keys(host: Host, user: str, path: str) -> list[dict[str, Any]]:
    try:
        lines = host.lines(path, 1 << 20)
    except Unreadable as error:
        return [] if error.absent else [{"user": user, "path": path, "cause": error.cause}]
    found: list[dict[str, Any]] = []
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.lstrip().startswith("#"):
            found.append(dict(_key(line.strip()), user=user, path=path, line=number))
    return found


def _key(line: str) -> dict[str, Any]:
    options, rest = _options(line)
    parts = rest.split(None, 2)
    try:
        blob = base64.b64decode(parts[1].encode(), validate=True)
    except (IndexError, ValueError, binascii.Error):
        return {"cause": "is no key"}
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    return {
        "type": parts[0],
        "fingerprint": "SHA256:" + digest,
        "options": options,
        "comment": parts[2] if len(parts) > 2 else "",
    }


def _options(line: str) -> tuple[str, str]:
    """(options, the rest): options end at the first space outside quotes, and are there unless a type comes first."""
    if line.startswith(TYPES):
        return "", line
    quoted = False
    for place, sign in enumerate(line):
        if sign == '"' and line[place - 1 : place] != "\\":
            quoted = not quoted
        elif sign in " \t" and not quoted:
            return line[:place], line[place:].strip()
    return line, ""
