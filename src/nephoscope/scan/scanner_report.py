"""Reports of other scanners → the packages of targets, and the vulnerabilities that the scanner says they have.

A report is read by the format that it is in (`reports/`). What a scanner names without saying which package it is in
(a plugin, a check) is a package of its own: its ecosystem is the scanner, so that no advisory is matched with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import msgspec

from nephoscope import plugins
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import SourceError
from nephoscope.model.package import Package  # noqa: TC001  NamedTuples' fields
from nephoscope.scan.loose import mapping
from nephoscope.scan.purl import package_of

LARGEST_BYTES = 512 << 20
SEVERITIES = ("critical", "high", "medium", "low", "informational")
WORDS = {
    "negligible": "low",
    "info": "informational",
    "none": "informational",
    "moderate": "medium",
    "important": "high",
}


class Place(NamedTuple):
    """Whose packages they are. type: CloudFormation's, `image` or `host`."""

    type: str
    id: str
    account: str = ""
    region: str = ""
    name: str = ""


class Held(NamedTuple):
    """A package that a target holds."""

    place: Place
    package: Package


class Reported(NamedTuple):
    """A vulnerability that the scanner says a target's package has. cvss: vectors, apart by spaces."""

    place: Place
    package: Package
    vulnerability: str
    aliases: tuple[str, ...] = ()
    fixed: str = ""
    severity: str = "unknown"
    cvss: str = ""


Told = Held | Reported | Gap
Read = Callable[[bytes, str], Iterator[Told]]


@dataclass(frozen=True)
class ReportFormat:
    """A format. is_it: whether content is in it; read: what it says; is_whole: whether it tells every package."""

    is_it: Callable[[bytes, Any], bool]
    read: Read
    is_whole: bool = False

    @property
    def name(self) -> str:
        return self.read.__name__

    def __post_init__(self) -> None:
        for name in ("__module__", "__name__", "__qualname__", "__doc__"):
            object.__setattr__(self, name, getattr(self.read, name))


def report_format(is_it: Callable[[bytes, Any], bool], *, is_whole: bool = False) -> Callable[[Read], ReportFormat]:
    """Make a format of the function that reads it; it registers nothing. is_it: gets content, and its JSON or {}."""
    return lambda read: ReportFormat(is_it, read, is_whole)


@cache
def report_formats() -> dict[str, ReportFormat]:
    """Every format of the folder, by name."""
    return plugins.load("nephoscope.scan.reports", lambda value: value if isinstance(value, ReportFormat) else None)


def format_named(content: bytes, origin: str, name: str = "") -> ReportFormat:
    """The format of a report, by name or by what it holds. Raises SourceError."""
    if len(content) > LARGEST_BYTES:
        raise SourceError(origin, f"is larger than {LARGEST_BYTES >> 20} MB; not read")
    known = report_formats()
    if name:
        return known[name]
    said = mapping(_decoded(content) if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else None)
    found = next((each for each in known.values() if each.is_it(content, said)), None)
    if found is None:
        raise SourceError(origin, f"is no report that is known here: {', '.join(known)}")
    return found


def decoded(content: bytes, origin: str) -> Any:
    """A report's JSON object. Raises SourceError for content that is none."""
    said = _decoded(content)
    if not isinstance(said, dict):
        raise SourceError(origin, "is no JSON object")
    return mapping(said)


def _decoded(content: bytes) -> Any:
    try:
        return msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def word_of(value: Any) -> str:
    """A scanner's word as ours; unknown for any other."""
    word = value.strip().lower() if isinstance(value, str) else ""
    word = WORDS.get(word, word)
    return word if word in SEVERITIES else "unknown"


def package_from(purl: str, where: str) -> Package | Gap:
    """The package that a URL names, or why it names none."""
    found = package_of(purl) if purl else "has no package URL"
    return Gap("record", where, found) if isinstance(found, str) else found
