"""What readers answer: a package, or a problem that says what could not be read."""

from __future__ import annotations

from typing import NamedTuple, Union
from urllib.parse import quote


class Package(NamedTuple):
    """One installed package.

    ecosystem: OSV's name with the release, as `Debian:12`. version: with the epoch as the ecosystem writes it.
    source, source_version: the source package; empty if it has the package's own. location: the file that says so,
    below the tree's root. layer: the image's layer which that file is from.
    """

    ecosystem: str
    name: str
    version: str
    source: str = ""
    source_version: str = ""
    module: str = ""
    arch: str = ""
    purl: str = ""
    location: str = ""
    layer: str = ""


class Problem(NamedTuple):
    """What could not be read. location: where; cause: a sentence."""

    location: str
    cause: str


Found = Union[Package, Problem]


def text_of(content: bytes) -> str:
    """Bytes from outside as text that any encoder takes."""
    return content.decode("utf-8", "replace")


def printable_path(path: str) -> str:
    """A path that any encoder takes; bytes that are no UTF-8 are escaped."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def purl_of(kind: str, namespace: str, name: str, version: str, qualifiers: dict[str, str]) -> str:
    """A package URL; empty qualifiers are left out.

    Source: https://github.com/package-url/purl-spec
    """
    path = "/".join(_escaped(part) for part in (namespace + "/" + name).split("/") if part)
    more = "&".join(f"{key}={_escaped(value)}" for key, value in sorted(qualifiers.items()) if value)
    return f"pkg:{kind}/{path}@{_escaped(version)}" + (f"?{more}" if more else "")


def _escaped(text: str) -> str:
    return quote(text, safe=":~.-_")
