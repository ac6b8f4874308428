"""Which advisories a package is affected by: ranges by package, compared as bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from msgspec import msgpack

from nephoscope.model.coverage import Gap
from nephoscope.scan.ecosystem import place
from nephoscope.scan.ecosystems.semver import semver
from nephoscope.scan.osv import entries

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from nephoscope.model.advisory import Advisory
    from nephoscope.model.package import Package
    from nephoscope.scan.ecosystem import Place
    from nephoscope.scan.osv import Entry

_Row = tuple[int, bool, bytes, bytes | None, str | None]  # the advisory's number, then an Interval
_encode_into = msgpack.Encoder().encode_into
_decode_rows = msgpack.Decoder(list[_Row]).decode
_ARRAY = b"\xdd"  # msgpack: an array whose length takes four bytes


class Match(NamedTuple):
    """A package in a version that an advisory names. fixed: the version that ends it; empty if none is known."""

    package: Package
    advisory: str
    aliases: tuple[str, ...]
    fixed: str
    severity: str


class _Known(NamedTuple):
    """What is told of an advisory, for packages that it is equally grave for."""

    id: str
    aliases: tuple[str, ...]
    severity: str


@dataclass(slots=True)
class _Ranges:
    """What all advisories say of one package; rows are packed, since few packages are ever asked for."""

    rows: bytearray = field(default_factory=bytearray)
    count: int = 0
    texts: tuple[tuple[str, int], ...] = ()  # a version that cannot be ordered, and the advisory's number
    unclear: tuple[tuple[int, str], ...] = ()  # the advisory's number, and why it cannot be judged

    def unpacked(self) -> list[_Row]:
        return _decode_rows(_ARRAY + self.count.to_bytes(4) + self.rows)


def asked(package: Package, where: Place) -> tuple[str, str, str]:
    """(ecosystem, name, version) that a package is looked up by: its source package's, where advisories name those."""
    by_source = where.ecosystem is not None and where.ecosystem.by_source
    name = (package.source if by_source else "") or package.name
    version = (package.source_version if by_source else "") or package.version
    return where.name, where.package_name(name), version


class Index:
    """Advisories, added one by one; then asked for the matches of packages.

    only: the packages that will be asked for, where they are known; what is about others is counted and left.
    """

    def __init__(self, only: Iterable[Package] | None = None) -> None:
        self._only = None if only is None else {asked(each, place(each.ecosystem))[:2] for each in only}
        self._known: list[_Known] = []
        self._places: dict[tuple[str, str], dict[str, _Ranges]] = {}
        self._seen: dict[str, tuple[str, tuple[int, ...]]] = {}  # id → when it was modified, the numbers it has
        self._replaced: set[int] = set()
        self.ranges = 0

    def __len__(self) -> int:
        """How many advisories it holds, withdrawn ones too."""
        return len(self._seen)

    def add(self, advisory: Advisory) -> None:
        """Add an advisory; of records with one id those that were modified last hold."""
        modified, numbers = self._seen.get(advisory.id, ("", ()))
        if modified > advisory.modified:
            return
        if modified < advisory.modified:
            self._replaced.update(numbers)
            numbers = ()
        first = len(self._known)
        aliases = tuple(dict.fromkeys((*(advisory.aliases or ()), *(advisory.upstream or ()))))
        for entry in entries(advisory, self._is_wanted):
            known = _Known(advisory.id, aliases, entry.severity)
            if len(self._known) == first or self._known[-1] != known:
                self._known.append(known)
            self._keep(entry, len(self._known) - 1)
        self._seen[advisory.id] = (advisory.modified, (*numbers, *range(first, len(self._known))))

    def _is_wanted(self, where: Place, name: str) -> bool:
        return self._only is None or (where.name, name) in self._only

    def _keep(self, entry: Entry, number: int) -> None:
        names = self._places.setdefault((entry.place.name, entry.place.release), {})
        if not (entry.intervals or entry.texts or entry.unclear):
            return
        ranges = names.get(entry.name)
        if ranges is None:
            ranges = names[entry.name] = _Ranges()
        for interval in entry.intervals:
            _encode_into((number, *interval), ranges.rows, -1)
        ranges.count += len(entry.intervals)
        self.ranges += len(entry.intervals)
        if entry.texts:
            ranges.texts += tuple((text, number) for text in entry.texts)
        if entry.unclear:
            ranges.unclear += ((number, entry.unclear),)

    def matches(self, packages: Iterable[Package]) -> Iterator[Match | Gap]:
        """Each advisory of each distinct package, and what could not be judged, each once."""
        done: set[Package | Gap] = set()
        for package in packages:
            if package in done:
                continue
            done.add(package)
            for found in self.match(package):
                if isinstance(found, Gap):
                    if found in done:
                        continue
                    done.add(found)
                yield found

    def match(self, package: Package) -> list[Match | Gap]:
        """The advisories that a package is affected by, by id, and what could not be judged of it."""
        where = place(package.ecosystem)
        if cause := self._cause(where):
            return [Gap("package", package.ecosystem, cause)]
        _, name, version = asked(package, where)
        asked_of = [self._places.get((where.name, release), {}).get(name) for release in {where.release, ""}]
        there = [ranges for ranges in asked_of if ranges is not None]
        found: dict[str, Match] = {}
        is_ordered = True
        for ranges in there:
            hits, could_order = _hits(ranges.unpacked(), where.key(version), semver.key(version))
            hits += [(number, "") for text, number in ranges.texts if text == version]
            is_ordered = is_ordered and could_order
            for known, fixed in ((self._known[number], fixed) for number, fixed in hits if self._holds(number)):
                if known.id not in found or (fixed and not found[known.id].fixed):
                    found[known.id] = Match(package, known.id, known.aliases, fixed, known.severity)
        causes = [] if is_ordered else ["the version cannot be ordered in its ecosystem"]
        causes += self._unclear(there, found)
        gaps = [Gap("package", f"{package.ecosystem} {package.name} {version}", cause) for cause in causes]
        return [*(found[id] for id in sorted(found)), *gaps]

    def _holds(self, number: int) -> bool:
        return number not in self._replaced

    def _unclear(self, there: Iterable[_Ranges], found: Mapping[str, Match]) -> list[str]:
        """Which advisories may be about a package, and why that cannot be judged."""
        return [
            f"{self._known[number].id} cannot be judged: {cause}"
            for ranges in there
            for number, cause in ranges.unclear
            if self._holds(number) and self._known[number].id not in found
        ]

    def _cause(self, where: Place) -> str:
        """Why nothing in this ecosystem can be judged; empty if it can."""
        if where.ecosystem is not None and where.ecosystem.has_releases and not where.release:
            return "names no release, without which its packages cannot be judged"
        if (where.name, where.release) in self._places or (where.name, "") in self._places:
            return ""
        return "no advisory is about this ecosystem, so that its packages were not judged"


def _hits(rows: list[_Row], key: bytes | None, semver_key: bytes | None) -> tuple[list[tuple[int, str]], bool]:
    """([(advisory's number, fixed)], whether every row could be compared); a range without ends needs no order."""
    hits: list[tuple[int, str]] = []
    is_ordered = True
    for number, is_semver, low, high, fixed in rows:
        own = semver_key if is_semver else key
        if own is None:
            if low or high is not None:
                is_ordered = False
            else:
                hits.append((number, ""))
        elif low <= own and (high is None or own < high or (fixed is None and own == high)):
            hits.append((number, fixed or ""))
    return hits, is_ordered
