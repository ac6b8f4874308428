"""JSON over HTTP, for services without an SDK here: patient with limits, deaf to redirects, quiet about secrets."""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from nephoscope.model.errors import AccessDenied, CloudError, ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ATTEMPTS = 5
LONGEST_WAIT_S = 60.0
TIMEOUT_S = 60.0
ANSWER_BYTES = 64 << 20
TRANSIENT = frozenset((408, 429, 500, 502, 503, 504))
LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))


@dataclass(frozen=True)
class Answer:
    """What came back; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Http:
    """One service. call: what errors name it (`github:audit-log`). wait: lets seconds pass, or raises."""

    base_url: str
    call: str
    permission: str = ""
    wait: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.time
    origin: str = field(init=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.base_url)
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise ConfigError(f"{self.base_url}: only https:// is spoken with services that are not on this machine")
        object.__setattr__(self, "origin", f"{parts.scheme}://{parts.netloc}")

    def get(self, url: str, headers: Mapping[str, str], parameters: Mapping[str, str] | None = None) -> Answer:
        """Ask for something below the service's own origin, again where that may help.

        Raises AccessDenied (401, 403, 404 as GitHub says it), CloudError for any other failure, and for an address
        that is not the service's: a token goes nowhere else.
        """
        url = f"{url}?{urlencode(parameters)}" if parameters else url
        return self._asked(urllib.request.Request(self._own(url), headers=dict(headers)))

    def post(self, url: str, form: Mapping[str, str]) -> Answer:
        """Send a form. Raises as `get`."""
        return self._asked(urllib.request.Request(self._own(url), data=urlencode(form).encode()))

    def _own(self, url: str) -> str:
        url = url if "://" in url else f"{self.base_url.rstrip('/')}/{url.lstrip('/')}"
        parts = urlsplit(url)
        if f"{parts.scheme}://{parts.netloc}" != self.origin:
            raise CloudError(self.call, "foreign address", f"the answer points to {parts.netloc}, not to {self.origin}")
        return url

    def _asked(self, request: urllib.request.Request) -> Answer:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                answer = _answer(request)
            except (OSError, HTTPException) as error:
                if attempt == ATTEMPTS:
                    raise CloudError(self.call, type(error).__name__, str(error)) from error
                self.wait(2.0**attempt)
                continue
            pause_s = self._pause(answer, attempt)
            if pause_s is None:
                return self._checked(answer)
            if attempt == ATTEMPTS or pause_s > LONGEST_WAIT_S:
                raise CloudError(self.call, str(answer.status), f"asks to wait {pause_s:.0f} s: {_said(answer)}")
            self.wait(pause_s)
        raise CloudError(self.call, "no answer")

    def _pause(self, answer: Answer, attempt: int) -> float | None:
        """Seconds to wait before asking again; None if the answer is final."""
        limited = answer.status in (403, 429) and (
            "retry-after" in answer.headers or answer.headers.get("x-ratelimit-remaining") == "0"
        )
        if not limited and answer.status not in TRANSIENT:
            return None
        after = answer.headers.get("retry-after", "")
        if after.isdecimal():
            return float(after)
        reset = answer.headers.get("x-ratelimit-reset", "")
        if answer.headers.get("x-ratelimit-remaining") == "0" and reset.isdecimal():
            return max(1.0, float(reset) - self.clock())
        return 2.0**attempt

    def _checked(self, answer: Answer) -> Answer:
        if answer.status in (401, 403, 404):
            denied = AccessDenied(self.call, str(answer.status), _said(answer))
            denied.permission = self.permission
            raise denied
        if answer.status not in (200, 206):
            raise CloudError(self.call, str(answer.status), _said(answer))
        return answer


def _answer(request: urllib.request.Request) -> Answer:
    try:
        with OPENER.open(request, timeout=TIMEOUT_S) as response:
            return _read(response.status, response)
    except urllib.error.HTTPError as error:
        with error:
            return _read(error.code, error)


def _read(status: int, response: Any) -> Answer:
    body = response.read(ANSWER_BYTES + 1)
    if len(body) > ANSWER_BYTES:
        raise OSError(f"the answer is larger than {ANSWER_BYTES} bytes")
    return Answer(status, {name.lower(): value for name, value in response.headers.items()}, body)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        return None


OPENER = urllib.request.build_opener(_NoRedirect)


def _said(answer: Answer) -> str:
    """The service's own sentence, short."""
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        return answer.body[:200].decode(errors="replace")
    error = said.get("error", said) if isinstance(said, dict) else said
    message = error.get("message", error) if isinstance(error, dict) else error
    return str(message)[:300]


def linked(header: str, relation: str) -> str:
    """The address with a relation in a Link header; empty if there is none. Source: RFC 8288."""
    for part in header.split(","):
        target, _, attributes = part.partition(";")
        if f'rel="{relation}"' in attributes.replace("'", '"'):
            return target.strip().strip("<>")
    return ""


def secret(variable: str, file: str) -> str:
    """A secret that the configuration names: in an environment variable or in a file.

    Raises ConfigError naming what is missing, never what is in it.
    """
    if variable:
        found = os.environ.get(variable, "")
        if not found:
            raise ConfigError(f"the environment variable {variable}, which should hold a secret, is not set")
        return found.strip()
    if not file:
        raise ConfigError("no secret is named: set token_env to an environment variable or token_file to a file")
    try:
        return Path(file).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the secret's file {file} cannot be read: {error}") from error
