"""Notices as syslog lines in CEF."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from nephoscope import __version__
from nephoscope.export.exporter import Exporter
from nephoscope.export.text import cut_bytes, one_line
from nephoscope.model.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nephoscope.export.exporter import Failures, Outside
    from nephoscope.export.notice import Notice

PROTOCOLS = ("udp", "tcp", "tls")
LEVELS = {"critical": 10, "high": 8, "medium": 5, "low": 3, "informational": 1}
PRIORITIES = {"critical": 2, "high": 3, "medium": 4, "low": 5, "informational": 6}
FACILITY = 13  # log audit
UDP_BYTES = 2048
TCP_BYTES = 8192
FIELD = 1000
GOODBYE_S = 0.3


@dataclass(frozen=True, kw_only=True)
class SyslogCef(Exporter):
    """Syslog over UDP, TCP or TLS, each message one line of ArcSight's Common Event Format.

    Over TCP and TLS messages are framed by their length. Each has the notice's id as its `externalId` and in MSGID.
    Limits: syslog answers nothing: what a receiver loses after taking it is lost; over UDP, all that does not arrive.
    Source: RFC 5424, RFC 6587 3.4.1, RFC 5425; CEF implementation standard, version 26
    """

    host: str
    port: int = 6514
    protocol: str = "tls"
    hostname: str = ""

    at_once: ClassVar[int] = 100

    def send(self, notices: Sequence[Notice], outside: Outside) -> Failures:
        if self.protocol not in PROTOCOLS:
            raise ConfigError(f"protocol is {self.protocol!r}, none of {', '.join(PROTOCOLS)}")
        network = self.network(outside)
        if self.protocol == "udp":
            for notice in notices:
                network.datagram(self.host, self.port, self.line(notice, UDP_BYTES))
            return {}
        lines = [self.line(notice, TCP_BYTES) for notice in notices]
        with network.connected(self.host, self.port, tls=self.protocol == "tls") as connection:
            connection.sendall(b"".join(b"%d %s" % (len(line), line) for line in lines))
            _ended(connection)
        return {}

    def line(self, notice: Notice, limit: int) -> bytes:
        """One message, at most so many bytes."""
        stored = notice.stored
        severity = str(stored.finding.severity)
        priority = FACILITY * 8 + PRIORITIES.get(severity, 6)
        moment = notice.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        host = one_word(self.hostname or socket.gethostname(), 255)
        head = f"<{priority}>1 {moment} {host} nephoscope - {one_word(notice.id, 32)} - "
        return cut_bytes(head + cef(notice), limit)


def _ended(connection: socket.socket) -> None:
    """Say that there is no more, and take what the receiver said: unread, it would make the system drop the rest."""
    connection.settimeout(GOODBYE_S)
    try:
        socket.socket.shutdown(connection, socket.SHUT_WR)
        while connection.recv(4096):
            pass
    except OSError:
        return  # it says nothing, as most do


def cef(notice: Notice) -> str:
    """The event in CEF."""
    finding = notice.stored.finding
    head = "|".join(
        (
            "CEF:0",
            "Nephoscope",
            "Nephoscope",
            header(__version__),
            header(finding.rule),
            header(f"{notice.what}: {finding.title}"),
            str(LEVELS.get(str(finding.severity), 1)),
        )
    )
    return f"{head}|{' '.join(f'{name}={extension(text)}' for name, text in _fields(notice) if text)}"


def _fields(notice: Notice) -> list[tuple[str, str]]:
    stored, finding = notice.stored, notice.stored.finding
    actor = finding.actor
    return [
        ("rt", str(int(notice.at.timestamp() * 1000))),
        ("externalId", notice.id),
        ("act", notice.what),
        ("outcome", str(stored.status)),
        ("cat", str(finding.kind)),
        ("cnt", str(stored.occurrences)),
        ("start", str(int(stored.first_seen_at.timestamp() * 1000))),
        ("end", str(int(stored.last_seen_at.timestamp() * 1000))),
        ("suser", str(actor) if actor else ""),
        ("src", actor.ip if actor and _is_ip(actor.ip) else ""),
        ("cs1Label", "findingUid"),
        ("cs1", notice.uid),
        ("cs2Label", "resource"),
        ("cs2", f"{finding.resource.type} {finding.resource.id}".strip() or "-"),
        ("cs3Label", "account"),
        ("cs3", f"{finding.resource.account} {finding.resource.region}".strip() or "-"),
        ("msg", finding.reason),
    ]


def _is_ip(text: str) -> bool:
    return bool(text) and all(char in "0123456789abcdefABCDEF.:" for char in text)


def header(text: str) -> str:
    """A text in CEF's head: backslash and bar escaped."""
    return one_line(text, FIELD).replace("\\", "\\\\").replace("|", "\\|")


def extension(text: str) -> str:
    """A value in CEF's extension: backslash and equals escaped, one line."""
    return one_line(text, FIELD).replace("\\", "\\\\").replace("=", "\\=")


def one_word(text: str, limit: int) -> str:
    """A field of syslog's head: printable ASCII without blanks. Source: RFC 5424, 6."""
    word = "".join(char for char in text if "!" <= char <= "~")
    return word[:limit] or "-"
