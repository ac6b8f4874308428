"""A file of a publisher → the disk: only if it changed, going on where a connection broke, whole or not at all.

The addresses are those of `safe_address`: no private network unless it is allowed, no proxy of the environment. A
redirect is followed to hosts that were named beforehand, and nowhere else.

Source: RFC 9110, 13 (conditional requests) and 14 (range requests).
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from http.client import HTTPException
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from nephoscope.clouds.safe_http import SafeHttp, headers_of
from nephoscope.model.errors import AddressRefused, DeliveryError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from http.client import HTTPResponse
    from pathlib import Path

ATTEMPTS = 5
MOST_REDIRECTS = 5
REDIRECTS = (301, 302, 303, 307, 308)
STEP_BYTES = 1 << 18
LARGEST_BYTES = 2 << 30
_RANGE = re.compile(r"bytes (?P<first>[0-9]+)-[0-9]+/(?P<total>[0-9]+|\*)")


@dataclass(frozen=True)
class Version:
    """Which version of a file is there, as its publisher and its content say."""

    etag: str = ""
    last_modified: str = ""
    sha256: str = ""
    size: int = 0

    @property
    def asks(self) -> dict[str, str]:
        """What a request says so that the same version is not sent again."""
        said = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in said.items() if value}

    @property
    def validator(self) -> str:
        """What proves that the rest is of the same version: a strong ETag, else the time; empty if neither is there."""
        return self.etag if self.etag.startswith('"') else self.last_modified


@dataclass(frozen=True)
class Download:
    """How files are fetched. hosts: where redirects may lead, besides the file's own host; limit_bytes: of one file."""

    http: SafeHttp = field(default_factory=SafeHttp)
    hosts: frozenset[str] = frozenset()
    limit_bytes: int = LARGEST_BYTES

    def fetch(self, url: str, place: Path, known: Version) -> Version:
        """Bring a file to its place if it is another than the known one; answers which one is there then.

        What was there stays until the new one is whole. A part that was fetched before is gone on with. Raises
        AddressRefused, ConfigError, or DeliveryError for what cannot be had now.
        """
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _alone(place.parent):
            return self._fetched(url, place, known)

    def _fetched(self, url: str, place: Path, known: Version) -> Version:
        part = _Part(place)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._asked(url, part, known if place.exists() else Version())
            except DeliveryError as error:
                if error.is_final or attempt == ATTEMPTS:
                    if error.is_final:
                        part.drop()
                    raise
        raise DeliveryError(url, "no answer")

    def _asked(self, url: str, part: _Part, known: Version) -> Version:
        """One attempt, through redirects."""
        first, wanted = urlsplit(url).hostname or "", url
        for _ in range(MOST_REDIRECTS + 1):
            before = part.kept()
            asks = known.asks | (
                {"Range": f"bytes={before.size}-", "If-Range": before.validator} if before.validator else {}
            )
            headers = {"Accept-Encoding": "identity"} | asks
            with self.http.opened("GET", wanted, None, headers) as (host, response):
                told = headers_of(response)
                if response.status not in REDIRECTS:
                    return self._answer(host, response, told, part, known)
            wanted = self._redirected(host, wanted, told.get("location", ""), first)
        raise DeliveryError(first, f"leads on more than {MOST_REDIRECTS} times", is_final=True)

    def _redirected(self, host: str, url: str, target: str, first: str) -> str:
        wanted = urljoin(url, target)
        parts = urlsplit(wanted)
        if not target or parts.hostname not in {first, *self.hosts}:
            raise AddressRefused(host, f"a redirect to {parts.hostname or 'nowhere'} is not followed")
        if parts.scheme != urlsplit(url).scheme:
            raise AddressRefused(host, f"a redirect from {urlsplit(url).scheme}: to {parts.scheme}: is not followed")
        return wanted

    def _answer(
        self, host: str, response: HTTPResponse, told: Mapping[str, str], part: _Part, known: Version
    ) -> Version:
        if response.status == 304 and known.asks:
            return known
        if response.status == 416:
            part.drop()
            raise DeliveryError(host, "has nothing beyond the part that is here: it is fetched anew")
        if response.status not in (200, 206):
            is_final = response.status // 100 not in (1, 5) and response.status not in (408, 425, 429)
            raise DeliveryError(host, f"answered {response.status}", is_final=is_final)
        said = Version(told.get("etag", ""), told.get("last-modified", ""))
        start = self._start(host, response.status, told, part, said)
        announced = told.get("content-length", "")
        if not announced.isdecimal() and "chunked" not in told.get("transfer-encoding", ""):
            raise DeliveryError(host, "does not say how long the file is", is_final=True)
        if announced.isdecimal() and start + int(announced[:19]) > self.limit_bytes:
            raise DeliveryError(host, f"the file is larger than {self.limit_bytes} bytes", is_final=True)
        part.begin(said, start)
        self._read(host, response, part, start)
        return part.finish()

    def _start(self, host: str, status: int, told: Mapping[str, str], part: _Part, said: Version) -> int:
        """From which byte on the answer is: from 0, or where the part that is here ends."""
        if status == 200:
            return 0
        found = _RANGE.fullmatch(told.get("content-range", ""))
        before = part.kept()
        if found is None or int(found["first"]) != before.size or said.validator not in ("", before.validator):
            part.drop()
            raise DeliveryError(host, "sent another part than was asked for: it is fetched anew")
        return before.size

    def _read(self, host: str, response: HTTPResponse, part: _Part, start: int) -> None:
        """Keep what comes, up to the limit; what has come stays if the connection breaks."""
        size = start
        try:
            while data := response.read(STEP_BYTES):
                size += len(data)
                if size > self.limit_bytes:
                    raise DeliveryError(host, f"the file is larger than {self.limit_bytes} bytes", is_final=True)
                part.add(data)
        except HTTPException as error:
            raise DeliveryError(host, f"the connection broke after {size} bytes") from error
        finally:
            part.rest()
        if response.length:
            raise DeliveryError(host, f"the connection broke after {size} bytes")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep a folder's files to this process. Raises DeliveryError while another one fetches into it."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DeliveryError(folder.name, "is being fetched by another process") from None
        yield
    finally:
        os.close(handle)


class _Part:
    """A file that is not whole yet, beside its place, and beside it of which version it is."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._part = place.with_name(f"{place.name}.part")
        self._said = place.with_name(f"{place.name}.part.json")
        self._version = Version()
        self._handle = -1

    def kept(self) -> Version:
        """Of which version there is a part, and how much of it; nothing if that cannot be told."""
        try:
            said = json.loads(self._said.read_text())
            return Version(str(said["etag"]), str(said["last_modified"]), "", self._part.stat().st_size)
        except (OSError, ValueError, KeyError, TypeError):
            return Version()

    def begin(self, version: Version, start: int) -> None:
        """Go on at a byte; at 0 what was there is forgotten."""
        self._version = version if start == 0 else self.kept()
        if start == 0:
            self._said.write_text(json.dumps(asdict(version)))
        flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | (os.O_APPEND if start else os.O_TRUNC)
        self._handle = os.open(self._part, flags, 0o600)

    def add(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._handle, view) :]

    def rest(self) -> None:
        """Stop for now: what there is is on the disk."""
        os.fsync(self._handle)
        os.close(self._handle)

    def finish(self) -> Version:
        """Put the whole file into its place."""
        with self._part.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
        self._part.replace(self._place)
        self._said.unlink(missing_ok=True)
        return Version(self._version.etag, self._version.last_modified, digest, size)

    def drop(self) -> None:
        """Forget the part."""
        for file in (self._part, self._said):
            with suppress(OSError):
                file.unlink()
