"""Requests to the gateway: signed, over verified TLS, through the environment's proxy, never redirected.

Plain HTTP goes to a loopback address only. Certificates are verified by the system's store, or by the file that
SSL_CERT_FILE names. Source of errors: RFC 9457; of waiting: RFC 9110 §10.2.3
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import random
import re
import ssl
import time
from email.utils import parsedate_to_datetime
from typing import Any, Callable, Mapping, NamedTuple
from urllib.parse import unquote, urlsplit

from nephoscope.agent import identity

BASE = "/fleet/v1"
WITHIN_S = 30
MOST_ANSWER = 4 << 20
LONGEST_WAIT_S = 3600
LOOPBACK = re.compile(r"^(localhost|127(\.\d{1,3}){3}|::1)$")


class Unreachable(Exception):
    """The gateway gave no answer that can be used; trying again later may help."""


class Refused(Exception):
    """The gateway said no. problem: the last part of the problem's type; wait_s: as Retry-After asks, if it does."""

    def __init__(self, status: int, problem: str, detail: str, told: dict[str, Any], wait_s: int | None) -> None:
        super().__init__("%d %s: %s" % (status, problem, detail))
        self.status = status
        self.problem = problem
        self.told = told
        self.wait_s = wait_s


class Answer(NamedTuple):
    """body: its JSON object, empty for 304."""

    status: int
    body: dict[str, Any]
    etag: str


def checked(server: str) -> str:
    """A gateway's address without a slash at its end. Raises ValueError where it is none to be used."""
    parts = urlsplit(server)
    host = parts.hostname or ""
    if parts.scheme not in ("https", "http") or not host or parts.username or parts.query or parts.fragment:
        raise ValueError("%s is no address of a gateway: https://HOST[:PORT]" % server)
    if parts.scheme == "http" and not LOOPBACK.match(host):
        raise ValueError("%s: plain HTTP goes to a loopback address only; use https" % server)
    return server.rstrip("/")


class Client:
    """One gateway. key: ours, None before enrolment; clock: Unix seconds as this machine has them."""

    def __init__(
        self, server: str, key: bytes | None, agent_version: str, clock: Callable[[], float] = time.time
    ) -> None:
        self.server = checked(server)
        self.key = key
        self.offset_s = 0
        self._clock = clock
        self._agent = "nephoscope-agent/" + agent_version
        self._context: ssl.SSLContext | None = None

    def post(self, path: str, body: bytes, content: str = "application/json", encoding: str = "") -> Answer:
        """Send a body. Raises Unreachable, Refused."""
        headers = {"Content-Type": content}
        if encoding:
            headers["Content-Encoding"] = encoding
        return self._signed("POST", path, body, headers)

    def get(self, path: str, etag: str = "") -> Answer:
        """Ask; with what we have already, 304 says that it still holds. Raises Unreachable, Refused."""
        return self._signed("GET", path, b"", {"If-None-Match": '"%s"' % etag} if etag else {})

    def _signed(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        """Ask, once more with the gateway's clock where ours is what it refuses."""
        try:
            return self._once(method, path, body, headers)
        except Refused as error:
            told = error.told.get("time")
            if error.status != 401 or error.problem != "clock" or type(told) is not int:
                raise
            self.offset_s = told - int(self._clock())
            return self._once(method, path, body, headers)

    def _once(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        parts = urlsplit(self.server)
        path = parts.path + BASE + path
        headers = dict(headers, **{"User-Agent": self._agent, "Accept": "application/json"})
        if self.key is not None:
            now = int(self._clock()) + self.offset_s
            headers["Authorization"] = identity.authorization(self.key, method, path, body, now, os.urandom(16).hex())
        try:
            connection = self._connection(parts.scheme, parts.hostname or "", parts.port)
            try:
                connection.request(method, path, body if method == "POST" else None, headers)
                answer = connection.getresponse()
                told = _body(answer)
            finally:
                connection.close()
            if 200 <= answer.status < 300:
                return _answer(answer.status, answer.headers, told)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Unreachable("%s: %s" % (self.server, error or type(error).__name__)) from error
        if answer.status == 304:
            return Answer(304, {}, "")
        raise _refused(answer.status, answer.headers, told, self._clock())

    def _connection(self, scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
        """To the gateway, or through the environment's proxy, which sees nothing but the gateway's name."""
        if scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=WITHIN_S)
        if self._context is None:
            self._context = ssl.create_default_context()
        proxy = proxy_for(host, os.environ)
        if not proxy:
            return http.client.HTTPSConnection(host, port, timeout=WITHIN_S, context=self._context)
        parts = urlsplit(proxy if "://" in proxy else "http://" + proxy)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError("HTTPS_PROXY is no http:// address")
        made = http.client.HTTPSConnection(parts.hostname, parts.port or 3128, timeout=WITHIN_S, context=self._context)
        secret = "%s:%s" % (unquote(parts.username or ""), unquote(parts.password or ""))
        basic = {"Proxy-Authorization": "Basic " + base64.b64encode(secret.encode()).decode()}
        made.set_tunnel(host, port or 443, basic if parts.username else {})
        return made


def proxy_for(host: str, environment: Mapping[str, str]) -> str:
    """HTTPS_PROXY, unless NO_PROXY names the host, a domain it is in, or `*`; never for a loopback address."""
    without = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    names = [name.strip().lstrip(".").lower() for name in without.split(",") if name.strip()]
    if LOOPBACK.match(host) or any(name in ("*", host) or host.endswith("." + name) for name in names):
        return ""
    return environment.get("https_proxy") or environment.get("HTTPS_PROXY") or ""


def _body(answer: Any) -> bytes:
    body = answer.read(MOST_ANSWER + 1)
    if len(body) > MOST_ANSWER:
        raise ValueError("the answer holds more than %d bytes" % MOST_ANSWER)
    return body


def _answer(status: int, headers: Any, body: bytes) -> Answer:
    told = json.loads(body) if body else {}
    if not isinstance(told, dict):
        raise ValueError("the answer is no JSON object")
    return Answer(status, told, (headers.get("ETag") or "").strip('"'))


def _refused(status: int, headers: Any, body: bytes, now: float) -> Refused:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        told = {}
    told = told if isinstance(told, dict) else {}
    problem = str(told.get("type", "")).rpartition("/")[2] or "no-problem-told"
    detail = str(told.get("detail") or told.get("title") or "")[:500]
    return Refused(status, problem, detail, told, wait_of(headers.get("Retry-After"), now))


def wait_of(header: str | None, now: float) -> int | None:
    """Retry-After's seconds, at most an hour; None where it is absent or says nothing."""
    if not header:
        return None
    if header.strip().isdigit():
        return min(int(header.strip()[:9]), LONGEST_WAIT_S)
    try:
        seconds = parsedate_to_datetime(header).timestamp() - now
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return int(min(max(seconds, 0), LONGEST_WAIT_S))


class BackOff:
    """How long to wait after failures: doubling from a first to a longest, each shortened by chance up to a half."""

    def __init__(self, first_s: float = 5, longest_s: float = 900, chance: Callable[[], float] = random.random) -> None:
        self.first_s, self.longest_s = first_s, longest_s
        self._chance = chance
        self._failures = 0

    def failed(self, asked_s: int | None = None) -> float:
        """Seconds to wait now; never less than was asked for."""
        longest = min(self.longest_s, self.first_s * 2 ** min(self._failures, 20))
        self._failures += 1
        waits = longest * (0.5 + self._chance() / 2)
        return max(waits, asked_s * (1 + self._chance() / 10)) if asked_s is not None else waits

    @property
    def holds(self) -> bool:
        """Whether the last try failed."""
        return self._failures > 0

    def worked(self) -> None:
        """Begin anew."""
        self._failures = 0
