"""A way to a host through an HTTP proxy that the configuration names: CONNECT, then whatever is spoken with the host.

Source: RFC 9110, 9.3.6
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from nephoscope.model.errors import ConfigError, DeliveryError

if TYPE_CHECKING:
    import socket

LARGEST_BYTES = 16 << 10  # of the proxy's answer
_HOST = re.compile(r"[A-Za-z0-9.-]+")
_TAKEN = re.compile(rb"HTTP/1\.[01] 2[0-9][0-9]\b")


def proxy_at(text: str) -> tuple[str, int]:
    """(host, port) of a proxy's address, `http://proxy.example:3128`. Raises ConfigError for what is none."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if parts.scheme != "http" or not host or port is None or parts.path.strip("/") or parts.username is not None:
        raise ConfigError("a proxy is given as http://proxy.example:3128, with its port, and without name and password")
    return host, port


def tunnel(connection: socket.socket, host: str, port: int) -> None:
    """Have a proxy, to which there is a connection, lead on to a host. Raises DeliveryError if it does not."""
    if not _HOST.fullmatch(host):
        raise DeliveryError(host, "is no name that a proxy is asked for", is_final=True)
    connection.sendall(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode("ascii"))
    answer = b""
    while b"\r\n\r\n" not in answer:
        more = connection.recv(1)  # what follows the answer is the host's
        answer += more
        if not more or len(answer) > LARGEST_BYTES:
            raise DeliveryError(host, "the proxy gives no answer that is HTTP")
    if not _TAKEN.match(answer):
        said = answer.partition(b"\r\n")[0].decode("ascii", "replace")[:100]
        raise DeliveryError(host, f"the proxy does not lead there: {said!r}")
