"""sshd_config with what it includes → the options that hold for everybody, and those set in Match blocks.

The first value given wins; a Match block ends at the next Match or at the end of its file. What is not set has
OpenSSH's default, of which only those that are the same in every OpenSSH since 7.4 are known here.

Source: sshd_config(5)
"""

from __future__ import annotations

import shlex
from typing import NamedTuple

from nephoscope.agent.host import Host, Unreadable

CONFIG = "/etc/ssh/sshd_config"
MOST_DEEP = 16
DEFAULTS = {
    "allowagentforwarding": "yes",
    "allowtcpforwarding": "yes",
    "authorizedkeysfile": ".ssh/authorized_keys .ssh/authorized_keys2",
    "banner": "none",
    "clientalivecountmax": "3",
    "clientaliveinterval": "0",
    "disableforwarding": "no",
    "gatewayports": "no",
    "gssapiauthentication": "no",
    "hostbasedauthentication": "no",
    "ignorerhosts": "yes",
    "kerberosauthentication": "no",
    "logingracetime": "120",
    "loglevel": "INFO",
    "maxauthtries": "6",
    "maxsessions": "10",
    "maxstartups": "10:30:100",
    "passwordauthentication": "yes",
    "permitemptypasswords": "no",
    "permitrootlogin": "prohibit-password",
    "permittunnel": "no",
    "permituserenvironment": "no",
    "port": "22",
    "printlastlog": "yes",
    "pubkeyauthentication": "yes",
    "strictmodes": "yes",
    "syslogfacility": "AUTH",
    "tcpkeepalive": "yes",
    "usepam": "no",
    "x11forwarding": "no",
}


class Option(NamedTuple):
    """An option as set. where: file and line; match: the Match line it stands under, empty for everybody."""

    value: str
    where: str
    match: str


class Config(NamedTuple):
    """options: {name in lower case: all settings of it, in order}."""

    options: dict[str, list[Option]]

    def value(self, name: str) -> tuple[str, str]:
        """What holds for everybody, and where it is set (`default` where it is not). Raises KeyError if unknown."""
        for option in self.options.get(name.lower(), []):
            if not option.match:
                return option.value, option.where
        return DEFAULTS[name.lower()], "default"

    def in_match(self, name: str) -> list[Option]:
        """What Match blocks set it to."""
        return [option for option in self.options.get(name.lower(), []) if option.match]


def config(host: Host, path: str = CONFIG) -> Config:
    """Raises Unreadable where sshd_config, or a file it includes, cannot be read."""
    options: dict[str, list[Option]] = {}
    _read(host, path, options, "", 0)
    return Config(options)


def _read(host: Host, path: str, options: dict[str, list[Option]], match: str, depth: int) -> None:
    if depth > MOST_DEEP:
        raise Unreadable(path, "includes are nested more than %d deep" % MOST_DEEP)
    outer = match
    for number, raw in enumerate(host.lines(path, 1 << 20), 1):
        name, value = _split(raw)
        if name == "match":
            match = "" if value.lower() == "all" and not outer else value
        elif name == "include":
            for pattern in _words(value):
                full = pattern if pattern.startswith("/") else "/etc/ssh/" + pattern
                for included in host.glob(full):
                    _read(host, included, options, match, depth + 1)
        elif name:
            options.setdefault(name, []).append(Option(value, "%s:%d" % (path, number), match))


def _split(line: str) -> tuple[str, str]:
    """(name in lower case, value); both empty for a comment."""
    line = line.strip()
    if not line or line.startswith("#"):
        return "", ""
    for place, sign in enumerate(line):
        if sign in " \t=":
            value = line[place:].strip().lstrip("=").strip()
            return line[:place].lower(), " ".join(_words(value))
    return line.lower(), ""


def _words(value: str) -> list[str]:
    try:
        return shlex.split(value, comments=True)
    except ValueError:
        return value.split()
