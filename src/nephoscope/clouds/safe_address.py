"""Connections to where an operator's setting points, and to nowhere else that it could be bent to.

A name is resolved once, every address it stands for is checked, and one of those very addresses is connected to: a
name that answers otherwise a moment later changes nothing. TLS is verified for the name. No proxy is taken from the
environment. Everything together has one deadline.

Source: IANA, special-purpose address registries, https://www.iana.org/assignments/iana-ipv4-special-registry/
"""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING

from nephoscope.clouds.tunnel import proxy_at, tunnel
from nephoscope.model.errors import AddressRefused, DeliveryError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

DEADLINE_S = 30.0
Address = IPv4Address | IPv6Address

# Reached by no setting at all.
NEVER = {
    "169.254.169.254/32": "a cloud's metadata service",
    "169.254.170.0/24": "a container's credentials",
    "100.100.100.200/32": "a cloud's metadata service",
    "168.63.129.16/32": "a cloud's host agent",
    "192.0.0.192/32": "a cloud's metadata service",
    "fd00:ec2::/32": "a cloud's metadata service",
    "169.254.0.0/16": "link-local",
    "fe80::/10": "link-local",
    "0.0.0.0/8": "no destination",
    "::/128": "no destination",
    "224.0.0.0/4": "multicast",
    "ff00::/8": "multicast",
    "240.0.0.0/4": "reserved, or the broadcast address",
}
# Reached where the configuration file says `allow_private = true`.
PRIVATE = {
    "127.0.0.0/8": "this machine",
    "::1/128": "this machine",
    "10.0.0.0/8": "a private network",
    "172.16.0.0/12": "a private network",
    "192.168.0.0/16": "a private network",
    "fc00::/7": "a private network",
    "fec0::/10": "a private network",
    "100.64.0.0/10": "a provider's shared network",
    "192.0.0.0/24": "reserved for protocols",
    "192.0.2.0/24": "for documentation",
    "198.51.100.0/24": "for documentation",
    "203.0.113.0/24": "for documentation",
    "2001:db8::/32": "for documentation",
    "192.88.99.0/24": "a relay that is no more",
    "198.18.0.0/15": "for measurements",
    "64:ff9b:1::/48": "a private translation",
    "100::/64": "a black hole",
    "2001::/23": "reserved for protocols",
}
NEVER_IN = tuple((ip_network(network), why) for network, why in NEVER.items())
PRIVATE_IN = tuple((ip_network(network), why) for network, why in PRIVATE.items())
NAT64 = ip_network("64:ff9b::/96")


def resolved(host: str, port: int) -> list[str]:
    """Every address that a name stands for, as this machine is told."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for _, _, _, _, address in found))


def dialled(address: str, port: int, within_s: float) -> socket.socket:
    """A connection to an address, never to a name."""
    return socket.create_connection((str(ip_address(address)), port), timeout=within_s)


def why_not(address: str, allow_private: bool = False) -> str:
    """Why an address may not be reached; empty if it may."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return "no address"
    for each in _meant(found):
        why = _within(each, NEVER_IN)
        if why:
            return why
        why = "" if allow_private else _within(each, PRIVATE_IN)
        if why:
            return f"{why} (say allow_private = true, if it is meant)"
    return ""


def _within(address: Address, networks: Sequence[tuple[object, str]]) -> str:
    return next((why for network, why in networks if address in network), "")  # pyright: ignore[reportOperatorIssue]


def _meant(address: Address) -> Iterator[Address]:
    """The address, and those that it carries within: mapped, translated and tunnelled ones."""
    yield address
    if isinstance(address, IPv4Address):
        return
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    elif address in NAT64 or 1 < int(address) < 1 << 32:
        yield IPv4Address(int(address) & 0xFFFFFFFF)
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo


@dataclass(frozen=True)
class Network:
    """How receivers are reached. resolve, dial: how this machine does it; a test says otherwise.

    proxy: `http://HOST:PORT` through which every connection goes; it resolves the receivers' names then, so that what
    they stand for is not checked here: only for hosts that nobody outside chose.
    """

    allow_private: bool = False
    deadline_s: float = DEADLINE_S
    proxy: str = ""
    resolve: Callable[[str, int], list[str]] = resolved
    dial: Callable[[str, int, float], socket.socket] = dialled
    trust: Callable[[], ssl.SSLContext] = ssl.create_default_context
    clock: Callable[[], float] = field(default=time.monotonic)

    def addresses(self, host: str, port: int) -> list[str]:
        """Every address of a name, each of which may be reached.

        Raises AddressRefused if one may not, DeliveryError if the name stands for nothing.
        """
        try:
            found = self.resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise DeliveryError(host, f"the name cannot be resolved: {error}") from error
        if not found:
            raise DeliveryError(host, "the name stands for no address")
        for address in found:
            if why := why_not(address, self.allow_private):
                raise AddressRefused(host, f"its address {address} is not reached: {why}")
        return found

    @contextmanager
    def connected(self, host: str, port: int, *, tls: bool = False) -> Generator[socket.socket, None, None]:
        """A connection to a checked address of a host, cut when the deadline is over.

        tls: verified for the host's name. Raises AddressRefused, or DeliveryError for whatever fails within.
        """
        end = self.clock() + self.deadline_s
        plain = self._dialled(host, port, end)
        with _Cut(plain, max(0.0, end - self.clock())) as cut:
            connection = plain
            try:
                if tls:
                    connection = self.trust().wrap_socket(plain, server_hostname=host)
                yield connection
            except ssl.SSLCertVerificationError as error:
                raise DeliveryError(host, f"its certificate is not trusted: {error.verify_message}") from error
            except (OSError, EOFError) as error:
                late = f"did not finish within {self.deadline_s:g} s"
                raise DeliveryError(host, late if cut.is_over else f"{type(error).__name__}: {error}") from error
            finally:
                connection.close()
                plain.close()

    def datagram(self, host: str, port: int, payload: bytes) -> None:
        """Send one datagram to a checked address of a host. Raises as `connected`; nothing tells whether it arrived."""
        address = ip_address(self.addresses(host, port)[0].partition("%")[0])
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as sender:
                sender.sendto(payload, (str(address), port))
        except OSError as error:
            raise DeliveryError(host, f"{type(error).__name__}: {error}") from error

    def _dialled(self, host: str, port: int, end: float) -> socket.socket:
        if not self.proxy:
            return self._reached(host, port, end)
        way = replace(self, proxy="", allow_private=True)
        connection = way._reached(*proxy_at(self.proxy), end)
        try:
            connection.settimeout(max(0.001, end - self.clock()))
            tunnel(connection, host, port)
        except OSError as error:
            connection.close()
            raise DeliveryError(host, f"the proxy: {type(error).__name__}: {error}") from error
        except DeliveryError:
            connection.close()
            raise
        return connection

    def _reached(self, host: str, port: int, end: float) -> socket.socket:
        failed: OSError | None = None
        for address in self.addresses(host, port):
            left_s = end - self.clock()
            if left_s <= 0:
                break
            try:
                return self.dial(address, port, left_s)
            except OSError as error:
                failed = error
        raise DeliveryError(host, f"cannot be connected to: {failed or 'too late'}") from failed


class _Cut:
    """Shuts a connection down from outside when its time is over, whatever it is doing."""

    def __init__(self, connection: socket.socket, within_s: float) -> None:
        self.is_over = False
        self._twin = socket.socket(fileno=os.dup(connection.fileno()))
        self._timer = threading.Timer(within_s, self._end)
        self._timer.daemon = True

    def __enter__(self) -> _Cut:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._timer.join()
        self._twin.close()

    def _end(self) -> None:
        self.is_over = True
        try:
            self._twin.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the other side was faster
