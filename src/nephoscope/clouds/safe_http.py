"""HTTP to a receiver that may be slow, lie or point elsewhere: one try, no redirects, 64 kB of an answer, one deadline.

Addresses are kept out of errors but for the host: a webhook's path is its secret.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from nephoscope.clouds.safe_address import Network
from nephoscope.model.errors import AddressRefused, ConfigError, DeliveryError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

MOST_HEADERS = 100
ANSWER_BYTES = 64 << 10
PART_BYTES = 1 << 20
SAID = 300
LONGEST_WAIT_S = 24 * 3600.0
AGAIN = frozenset((408, 421, 423, 425, 429, 500, 502, 503, 504, 507, 509))
SAFE = "/%:@!$&'()*+,;=~-._"


@dataclass(frozen=True)
class Answer:
    """What came back; header names in lower case. is_cut: there was more of it, which was not read."""

    host: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    is_cut: bool = False

    def json(self) -> Any:
        """The body as JSON. Raises DeliveryError if it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            cut = f", and longer than {ANSWER_BYTES} bytes" if self.is_cut else ""
            raise DeliveryError(self.host, f"the answer is no JSON{cut}: {self.said}") from error

    @property
    def said(self) -> str:
        """The receiver's words, short and printable."""
        text = self.body[: SAID * 2].decode(errors="replace")
        return "".join(char if char.isprintable() else " " for char in text)[:SAID].strip()

    def accepted(self, *, now: datetime | None = None) -> Answer:
        """The answer, if it is 2xx; else raises DeliveryError, final if asking again cannot help."""
        if self.status // 100 == 2:
            return self
        if self.status // 100 == 3:
            target = urlsplit(self.headers.get("location", "")).hostname or "nowhere"
            raise DeliveryError(
                self.host, f"answered {self.status}, a redirect to {target}, not followed", is_final=True
            )
        is_final = self.status not in AGAIN and self.status // 100 != 5
        after_s = 0.0 if is_final else waits_s(self.headers.get("retry-after", ""), now or datetime.now(UTC))
        raise DeliveryError(self.host, f"answered {self.status}: {self.said}", is_final=is_final, after_s=after_s)


def waits_s(header: str, now: datetime) -> float:
    """Seconds that a Retry-After header asks to wait, at most a day; 0 if it says nothing. Source: RFC 9110, 10.2.3."""
    text = header.strip()
    if text.isdecimal():
        return min(float(text[:9]), LONGEST_WAIT_S)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return 0.0
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max(0.0, (at - now).total_seconds()), LONGEST_WAIT_S)


@dataclass(frozen=True)
class SafeHttp:
    """HTTP over a guarded network."""

    network: Network = field(default_factory=Network)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send a body once. Raises as `ask`."""
        return self.ask("POST", url, body, headers)

    def ask(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        """One request and its answer, of whatever status.

        Raises ConfigError for an address that is none of ours to speak, AddressRefused, or DeliveryError where no
        answer came.
        """
        with self.opened(method, url, body, headers) as (host, response):
            read = response.read(ANSWER_BYTES + 1)
            found = headers_of(response)
            return Answer(host, response.status, found, read[:ANSWER_BYTES], len(read) > ANSWER_BYTES)

    def fetch(self, url: str, headers: Mapping[str, str], write: Callable[[bytes], object], most: int) -> Answer:
        """GET what may be large: the body of a 200 goes to `write` part by part; of any other answer 64 kB are kept.

        is_cut: there was more than `most` bytes. Raises as `ask`.
        """
        with self.opened("GET", url, None, headers) as (host, response):
            found = headers_of(response)
            if response.status != 200:
                read = response.read(ANSWER_BYTES + 1)
                return Answer(host, response.status, found, read[:ANSWER_BYTES], len(read) > ANSWER_BYTES)
            left = most
            while part := response.read(min(PART_BYTES, left + 1)):
                if len(part) > left:
                    return Answer(host, 200, found, b"", is_cut=True)
                write(part)
                left -= len(part)
            if response.length:
                raise DeliveryError(host, f"ended {response.length} bytes early")
            return Answer(host, 200, found, b"")

    @contextmanager
    def opened(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Generator[tuple[str, HTTPResponse], None, None]:
        """(host, the answer before its body is read), closed at the end. Raises as `ask`."""
        scheme, host, port, target = self._parts(url)
        own = {"Host": _authority(host, port, scheme), "User-Agent": "nephoscope", "Connection": "close"}
        for name, value in headers.items():
            if any(char in value for char in "\r\n\0"):
                raise ConfigError(f"{host}: the header {name} would hold a line break")
        with self.network.connected(host, port, tls=scheme == "https") as connection:
            http = HTTPConnection(host, port)
            http.sock = connection
            try:
                http.request(method, target, body, own | dict(headers))
                with http.getresponse() as response:
                    yield host, response
            except HTTPException as error:
                raise DeliveryError(host, f"the answer is no HTTP: {type(error).__name__}") from error
            except (ValueError, UnicodeError) as error:
                raise DeliveryError(host, f"cannot be asked so: {error}", is_final=True) from error
            finally:
                http.close()

    def _parts(self, url: str) -> tuple[str, str, int, str]:
        """Scheme, host, port and the request's target; plain HTTP only where private destinations are allowed."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError as error:
            raise ConfigError(f"the address of a receiver is none: {error}") from error
        if parts.scheme not in ("https", "http") or not host:
            raise ConfigError(f"the address of a receiver begins with https://, not with '{parts.scheme}:'")
        if parts.username is not None or parts.password is not None:
            raise ConfigError(f"{host}: a name and a password do not belong in an address: use the secret's own key")
        if parts.scheme == "http" and not self.network.allow_private:
            raise AddressRefused(
                host, "only https:// is spoken with receivers outside (allow_private = true allows http)"
            )
        target = quote(parts.path or "/", safe=SAFE) + (
            f"?{quote(parts.query, safe=SAFE + '?')}" if parts.query else ""
        )
        return parts.scheme, host, port or (443 if parts.scheme == "https" else 80), target


def headers_of(response: HTTPResponse) -> dict[str, str]:
    """An answer's headers, names in lower case. Raises HTTPException for more than anybody needs."""
    told = response.getheaders()
    if len(told) > MOST_HEADERS:  # the library's own limit is another library's to move
        raise HTTPException(f"more than {MOST_HEADERS} headers")
    return {name.lower(): value for name, value in told}


def _authority(host: str, port: int, scheme: str) -> str:
    named = f"[{host}]" if ":" in host else host
    return named if port == (443 if scheme == "https" else 80) else f"{named}:{port}"
