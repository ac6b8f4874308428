"""A registry's HTTP API: manifests and blobs, each verified against its digest and size before anybody reads it.

Redirects are followed for blobs alone, and never with credentials. Credentials go to the registry that they are of, and
to the token server on its own host.
Source: https://github.com/opencontainers/distribution-spec/blob/main/spec.md;
https://distribution.github.io/distribution/spec/auth/token/
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from urllib.parse import urlencode, urljoin, urlsplit

from nephoscope.agent.tree import Absent, TreeError
from nephoscope.model.errors import ConfigError, DeliveryError
from nephoscope.scan.images.manifest import LARGEST_BYTES, PREFERRED
from nephoscope.scan.images.reference import DOCKER_HUB_HOST

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nephoscope.clouds.safe_http import Answer, SafeHttp
    from nephoscope.scan.images.cache import Cache
    from nephoscope.scan.images.reference import Reference

MANIFESTS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
LARGEST_BLOB = 16 << 30
MOST_REDIRECTS = 3
REDIRECTS = (301, 302, 303, 307, 308)
TOKEN_HOSTS = {DOCKER_HUB_HOST: ("auth.docker.io",)}
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')
_PATH = re.compile(r"blobs/(sha256|sha512)/([0-9a-f]+)")


@dataclass(frozen=True)
class Credentials:
    """A user of one registry."""

    user: str
    password: str = field(repr=False)

    @property
    def basic(self) -> str:
        """As the header `Authorization` has them."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()


@dataclass
class Registry:
    """One image of a registry, as the parts that `image_of` and the layers are read from.

    scheme: https, or http where the operator says so. digest: what the name led to, once it was asked. failed: what
    could not be had, so that not all was found.
    """

    http: SafeHttp
    reference: Reference
    cache: Cache
    credentials: Credentials | None = None
    platform: str = ""
    scheme: str = "https"
    digest: str = field(default="", init=False)
    failed: list[str] = field(default_factory=list[str], init=False)
    _said: dict[str, tuple[str, int]] = field(default_factory=dict[str, tuple[str, int]], init=False)
    _authorization: str = field(default="", init=False, repr=False)

    def open(self, path: str) -> BinaryIO:
        """A part of the image by its place in a layout. Raises TreeError for what cannot be had, or is another."""
        if path == "index.json":
            return io.BytesIO(self._index())
        found = _PATH.fullmatch(path)
        digest = f"{found[1]}:{found[2]}" if found else ""
        if digest not in self._said:
            raise Absent(path, "is no part of this image")
        kind, size = self._said[digest]
        try:
            file = self.cache.opened(digest, lambda file: self._get(kind, digest, size, file))
        except TreeError as error:
            self.failed.append(error.reason)
            raise
        except OSError as error:
            self.failed.append(str(error))
            raise TreeError(path, f"cannot be kept in the cache: {error.strerror or error}") from error
        if kind == "manifests":
            with file:
                content = file.read(LARGEST_BYTES)
            self._learnt(digest, content)
            return io.BytesIO(content)
        return file

    def _index(self) -> bytes:
        """What an OCI layout's index would say: the manifests of the platform that is wanted."""
        content = self._manifest(self.reference.wanted)
        digest = _digest("sha256", content) if not self.reference.digest else self.reference.digest
        self.digest = digest
        told = self._learnt(digest, content)
        listed: list[Any] = told.get("manifests") or []
        if not listed:
            kind = str(told.get("mediaType") or MANIFESTS[1])
            return json.dumps({"manifests": [{"digest": digest, "mediaType": kind, "size": len(content)}]}).encode()
        wished = self.platform or PREFERRED
        fitting = [each for each in listed if f"{_platform(each)}/".startswith(f"{wished}/")]
        return json.dumps({"manifests": fitting or listed}).encode()

    def _manifest(self, wanted: str) -> bytes:
        """The manifest that the image's name leads to; it is asked for afresh, as a tag may have moved."""
        if wanted == self.reference.digest and (held := self.cache.content(wanted, LARGEST_BYTES)) is not None:
            return held
        file = io.BytesIO()
        answer = self._ask(f"manifests/{wanted}", file.write, LARGEST_BYTES)
        content = file.getvalue()
        said = self.reference.digest or answer.headers.get("docker-content-digest", "")
        if said and said != _digest(said.partition(":")[0], content):
            raise TreeError(f"manifests/{wanted}", f"is not what its digest {said} says; refused")
        self.cache.put(said or _digest("sha256", content), content)
        return content

    def _learnt(self, digest: str, content: bytes) -> Mapping[str, Any]:
        """A manifest's content; the parts that it names may be opened from now on."""
        try:
            told: Any = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise TreeError(digest, f"is no manifest: {error}") from error
        if not isinstance(told, dict):
            raise TreeError(digest, "is no manifest")
        told = cast("dict[str, Any]", told)
        self._said[digest] = ("manifests", len(content))
        self._learn("manifests", told.get("manifests"))
        self._learn("blobs", told.get("layers"))
        self._learn("blobs", [told.get("config")])
        return told

    def _learn(self, kind: str, parts: Any) -> None:
        for each in cast("list[Any]", parts) if isinstance(parts, list) else ():
            if isinstance(each, dict) and isinstance(each.get("digest"), str) and isinstance(each.get("size"), int):  # pyright: ignore
                self._said[each["digest"]] = (kind, each["size"])

    def _get(self, kind: str, digest: str, size: int, file: BinaryIO) -> None:
        """Write a part to a file, if it is as its digest and size say. Raises TreeError."""
        where, algorithm = f"{kind}/{digest}", digest.partition(":")[0]
        most = LARGEST_BYTES if kind == "manifests" else LARGEST_BLOB
        if not 0 <= size <= most:
            raise TreeError(where, f"is said to have {size} bytes; not fetched")
        state, count = hashlib.new(algorithm), 0

        def write(part: bytes) -> None:
            nonlocal count
            count += len(part)
            state.update(part)
            file.write(part)

        answer = self._ask(where, write, size)
        if answer.is_cut or count != size:
            raise TreeError(where, f"has {'more' if answer.is_cut else count} bytes, its manifest says {size}; refused")
        if f"{algorithm}:{state.hexdigest()}" != digest:
            raise TreeError(where, f"is not what its digest says: its {algorithm} is {state.hexdigest()}; refused")

    def _ask(self, where: str, write: Callable[[bytes], object], most: int) -> Answer:
        """Ask the registry, with a token where it wants one. Raises TreeError for what it does not give."""
        url = f"{self.scheme}://{self.reference.registry}/v2/{self.reference.name}/{where}"
        try:
            answer = self._fetched(url, write, most)
            if answer.status == 401 and (challenge := answer.headers.get("www-authenticate")):
                self._authorization = self._authorized(challenge)
                answer = self._fetched(url, write, most)
            if answer.status in REDIRECTS and where.startswith("blobs/"):
                answer = self._redirected(url, answer, write, most)
            if answer.status in REDIRECTS:
                answer.accepted()
        except (DeliveryError, ConfigError) as error:
            raise TreeError(where, str(error)) from error
        if answer.status != 200:
            raise TreeError(where, f"{answer.host} answered {answer.status}: {answer.said}")
        return answer

    def _fetched(self, url: str, write: Callable[[bytes], object], most: int) -> Answer:
        headers = {"Accept": ", ".join((*MANIFESTS, "application/octet-stream"))}
        own = {"Authorization": self._authorization} if self._authorization else {}
        return self.http.fetch(url, headers | own, write, most)

    def _redirected(self, url: str, answer: Answer, write: Callable[[bytes], object], most: int) -> Answer:
        """Where a blob is kept elsewhere: no header of ours goes there."""
        for _ in range(MOST_REDIRECTS):
            url = urljoin(url, answer.headers.get("location", ""))
            if urlsplit(url).scheme != self.scheme and urlsplit(url).scheme != "https":
                raise DeliveryError(answer.host, "redirects from https to what is not", is_final=True)
            answer = self.http.fetch(url, {}, write, most)
            if answer.status not in REDIRECTS:
                return answer
        raise DeliveryError(answer.host, f"redirects more than {MOST_REDIRECTS} times", is_final=True)

    def _authorized(self, challenge: str) -> str:
        """What the header `Authorization` is to say, as the registry wants it. Raises DeliveryError, ConfigError."""
        kind, _, rest = challenge.partition(" ")
        if kind.lower() == "basic" and self.credentials:
            return self.credentials.basic
        if kind.lower() != "bearer":
            raise DeliveryError(self.reference.registry, "wants to know who asks: name credentials", is_final=True)
        told = dict(_CHALLENGE.findall(rest))
        realm = told.get("realm", "")
        query = {"scope": f"repository:{self.reference.name}:pull"}
        query |= {"service": told["service"]} if "service" in told else {}
        headers = {"Authorization": self.credentials.basic} if self.credentials and self._is_own(realm) else {}
        answer = self.http.ask("GET", f"{realm}{'&' if '?' in realm else '?'}{urlencode(query)}", None, headers)
        given: Any = answer.accepted().json()
        token = (given.get("token") or given.get("access_token")) if isinstance(given, dict) else None  # pyright: ignore
        if not isinstance(token, str) or not token:
            raise DeliveryError(answer.host, "gave no token", is_final=True)
        return f"Bearer {token}"

    def _is_own(self, realm: str) -> bool:
        """Whether a token server is the registry's own, so that it may be told its credentials."""
        parts = urlsplit(realm)
        if parts.scheme != "https" and parts.scheme != self.scheme:
            return False
        return parts.netloc == self.reference.registry or parts.netloc in TOKEN_HOSTS.get(self.reference.registry, ())


def _digest(algorithm: str, content: bytes) -> str:
    if algorithm not in ("sha256", "sha512"):
        raise TreeError(algorithm, "is no digest of a kind that is known")
    return f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}"


def _platform(descriptor: Any) -> str:
    told: Any = cast("dict[str, Any]", descriptor).get("platform") if isinstance(descriptor, dict) else None
    if not isinstance(told, dict):
        return ""
    names = cast("dict[str, Any]", told)
    return "/".join(str(names[key]) for key in ("os", "architecture", "variant") if names.get(key))
