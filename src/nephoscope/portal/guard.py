"""What every request passes before a route sees it, and every answer after: host, site, media, size, headers, ETag."""

from __future__ import annotations

import hashlib
import logging
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException

from nephoscope.portal.auth.resolve import COOKIE
from nephoscope.portal.problems import MEDIA, ProblemError

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from starlette.types import ASGIApp, Receive, Scope, Send

    from nephoscope.config import PortalSettings

log = logging.getLogger("nephoscope.portal")
SAFE = ("GET", "HEAD", "OPTIONS")
MOST_BYTES = 1 << 20
UPLOAD = "/fleet/v1/upload"  # host agents send batches there
MOST_UPLOADED = 4 << 20
JSON = ("application/json", "application/reports+json", "application/csp-report")
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types svelte-trusted-html; report-to csp"
)
HEADERS: Mapping[bytes, bytes] = {
    b"content-security-policy": CSP.encode(),
    b"reporting-endpoints": b'csp="/api/v1/reports"',
    b"strict-transport-security": b"max-age=31536000; includeSubDomains",
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": (
        b"accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), payment=(), "
        b"usb=(), publickey-credentials-get=(self), publickey-credentials-create=(self), clipboard-write=(self)"
    ),
}


@dataclass(frozen=True)
class Guard:
    """The outermost layer."""

    app: ASGIApp
    settings: PortalSettings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer why not."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope["trace_id"] = secrets.token_hex(16)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        answer = Answer(send, scope, headers.get("if-none-match", ""))
        try:
            self.check(scope, headers)
            await self.app(scope, limited(receive, most_of(scope)), answer)
        except ProblemError as problem:
            await send_problem(problem, scope, answer)
        except Exception as error:  # noqa: BLE001 - boundary: one request; the others go on, the log has its trace
            log.error("%s %s %s", scope["trace_id"], scope["method"], scope["path"], exc_info=error)
            if answer.has_begun:
                raise
            await send_problem(ProblemError("fault"), scope, answer)

    def check(self, scope: MutableMapping[str, Any], headers: Mapping[str, str]) -> None:
        """Raise the problem of a request that no route should see."""
        host = headers.get("host", "")
        if host_of(host) not in allowed_hosts(self.settings):
            raise ProblemError("bad-host")
        if scope["method"] in SAFE:
            return
        if COOKIE in headers.get("cookie", "") or "authorization" not in headers:
            check_site(headers, host)
        media = headers.get("content-type", "").partition(";")[0].strip().lower()
        has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
        if has_body and media not in (("application/x-ndjson",) if scope["path"] == UPLOAD else JSON):
            raise ProblemError("bad-media")
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length[:12]) > most_of(scope):
            raise ProblemError("too-large")


def host_of(header: str) -> str:
    """A Host header without its port, in lower case."""
    name, colon, port = header.rpartition(":")
    return (name if colon and port.isdecimal() else header).lower()


def allowed_hosts(settings: PortalSettings) -> frozenset[str]:
    """The names by which the portal may be asked: what else asks has been led here by somebody's DNS."""
    public = urlsplit(settings.url).hostname or ""
    return frozenset((*LOOPBACK, public, *(host.lower() for host in settings.allowed_hosts)))


def check_site(headers: Mapping[str, str], host: str) -> None:
    """Raise `cross-site` unless a browser says that the request is its own page's, or no browser sent it."""
    site = headers.get("sec-fetch-site", "")
    if site:
        if site not in ("same-origin", "none"):
            raise ProblemError("cross-site")
        return
    origin = headers.get("origin", "")
    if origin and urlsplit(origin).netloc.lower() != host.lower():
        raise ProblemError("cross-site")
    if not origin and COOKIE in headers.get("cookie", ""):
        raise ProblemError("cross-site", "A browser that sends a cookie says where the request comes from")


def most_of(scope: MutableMapping[str, Any]) -> int:
    """How many bytes a request's body may have."""
    return MOST_UPLOADED if scope["path"] == UPLOAD else MOST_BYTES


def limited(receive: Receive, most: int) -> Receive:
    """The same body, of at most so many bytes however it is sent."""
    seen = 0

    async def bounded() -> MutableMapping[str, Any]:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most:
            raise HTTPException(413)
        return message

    return bounded


class Answer:
    """Sends an answer on, with the headers that every one has; JSON that is small gets an ETag, and may be a 304."""

    def __init__(self, send: Send, scope: MutableMapping[str, Any], none_match: str) -> None:
        self._send = send
        self._scope = scope
        self._none_match = none_match
        self._start: MutableMapping[str, Any] | None = None
        self.has_begun = False

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        self.has_begun = True
        if message["type"] == "http.response.start":
            self._complete(message)
            if self._is_tagged(message):
                self._start = message
                return
        elif self._start is not None:
            start, self._start = self._start, None
            if not message.get("more_body"):
                message = self._tagged(start, message)
            await self._send(start)
        await self._send(message)

    def _complete(self, message: MutableMapping[str, Any]) -> None:
        known = {name.lower() for name, _ in message.get("headers", ())}
        more = dict(HEADERS) | {b"x-trace-id": self._scope["trace_id"].encode()}
        if self._scope["path"].startswith("/api/"):
            more[b"cache-control"] = b"no-store" if self._is_private() else b"no-cache, private"
            more[b"vary"] = b"Cookie, Authorization"
        missing = [(name, value) for name, value in more.items() if name not in known]
        message["headers"] = [*message.get("headers", ()), *missing]

    def _is_private(self) -> bool:
        return self._scope["method"] not in SAFE or self._scope["path"].startswith(("/api/v1/auth", "/api/v1/me"))

    def _is_tagged(self, message: MutableMapping[str, Any]) -> bool:
        headers = dict(message["headers"])
        is_json = headers.get(b"content-type", b"").startswith(b"application/json")
        return self._scope["method"] in ("GET", "HEAD") and message["status"] == 200 and is_json

    def _tagged(self, start: MutableMapping[str, Any], body: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        headers = dict(start["headers"])
        tag = headers.get(b"etag", b"").decode()
        if not tag:
            tag = f'W/"{hashlib.sha256(body.get("body", b"")).hexdigest()[:24]}"'
            start["headers"] = [*start["headers"], (b"etag", tag.encode())]
        named = {each.strip().removeprefix("W/") for each in self._none_match.split(",")}
        if self._none_match and tag.removeprefix("W/") in named:
            kept = [
                (name, value) for name, value in start["headers"] if name not in (b"content-length", b"content-type")
            ]
            start.update({"status": 304, "headers": kept})
            return {**body, "body": b""}
        return body


async def send_problem(problem: ProblemError, scope: MutableMapping[str, Any], send: Any) -> None:
    """Answer with a problem, where nothing was answered yet."""
    body = problem.shape(scope["path"], scope["trace_id"]).model_dump_json().encode()
    headers = [(b"content-type", MEDIA.encode()), (b"content-length", str(len(body)).encode())]
    headers += [(name.lower().encode(), value.encode("latin-1")) for name, value in problem.headers.items()]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
