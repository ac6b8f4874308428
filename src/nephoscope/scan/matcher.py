"""Which advisories a package is affected by: ranges by package, compared as bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from msgspec import msgpack

from nephoscope.model.coverage import Gap
from nephoscope.scan.condition import BINARY, SOURCE, STREAM_UNKNOWN, is_outside, without_epoch
from nephoscope.scan.ecosystem import place
from nephoscope.scan.ecosystems.semver import semver
from nephoscope.scan.osv import entries

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from nephoscope.model.advisory import Advisory
    from nephoscope.model.package import Package
    from nephoscope.scan.condition import Condition
    from nephoscope.scan.ecosystem import Place
    from nephoscope.scan.osv import Entry

# id, aliases, related, severity, state, CVSS vectors; a plain tuple, so that no collection of garbage looks at it
_Known = tuple[str, tuple[str, ...], tuple[str, ...], str, str, str]
_Row = tuple[int, bool, bytes, bytes | None, str | None]  # the advisory's number, then an Interval
_encode_into = msgpack.Encoder().encode_into
_decode_rows = msgpack.Decoder(list[_Row]).decode
_NO_ROWS = b"\xdd\0\0\0\0"  # msgpack: an array, whose length stands in four bytes


def names_of(package: Package) -> set[tuple[str, str]]:
    """(ecosystem, name) under which advisories may speak of a package."""
    where = place(package.ecosystem)
    return {(where.name, name) for _, name, _ in questions(package, where)}


class Match(NamedTuple):
    """A package in a version that an advisory names.

    fixed: the version that ends it; empty if none is known. related: for errata without aliases, what they mend.
    state: what the publisher will do where there is no fix, or for whom there is one (`condition.STATES`).
    cvss: vectors, apart by spaces, the newest version first.
    """

    package: Package
    advisory: str
    aliases: tuple[str, ...]
    fixed: str
    severity: str
    related: tuple[str, ...] = ()
    state: str = ""
    cvss: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """By what else is known of it can be found, CVE ids above all."""
        return (self.advisory, *self.aliases, *self.related)


@dataclass
class _Said:
    """What all advisories say of one place's packages, by name.

    rows: packed, since few packages are ever asked for. texts: versions that cannot be ordered. unclear: why an
    advisory cannot be judged. Both with the advisory's number; most packages have neither. What is said under a
    condition has a key of its own, and asking says which conditions a name has.
    """

    rows: dict[str, bytearray] = field(default_factory=dict[str, bytearray])
    texts: dict[str, list[tuple[str, int]]] = field(default_factory=dict[str, list[tuple[str, int]]])
    unclear: dict[str, list[tuple[int, str]]] = field(default_factory=dict[str, list[tuple[int, str]]])
    asking: dict[str, list[Condition]] = field(default_factory=dict[str, "list[Condition]"])

    def add(self, entry: Entry, number: int) -> None:
        name = _key(entry.name, entry.condition)
        if entry.condition is not None:
            known = self.asking.setdefault(entry.name, [])
            known += [] if entry.condition in known else [entry.condition]
        if entry.intervals:
            rows = self.rows.get(name)
            if rows is None:
                rows = self.rows[name] = bytearray(_NO_ROWS)
            for interval in entry.intervals:
                _encode_into((number, *interval), rows, -1)
            count = int.from_bytes(rows[1:5]) + len(entry.intervals)
            rows[1:5] = count.to_bytes(4)
        if entry.texts:
            self.texts.setdefault(name, []).extend((text, number) for text in entry.texts)
        if entry.unclear:
            self.unclear.setdefault(name, []).append((number, entry.unclear))

    def about(self, package: Package, where: Place) -> Iterator[tuple[str, str, bool]]:
        """(key, version to compare, whether it holds for certain) of all that is said of a package."""
        names = {kind: (name, version) for kind, name, version in questions(package, where)}
        yield (*names[""], True)
        for kind, (name, version) in names.items():
            for condition in self.asking.get(name, ()):
                holds = condition.holds(package) if condition.names == kind else False
                if holds is not False:
                    own = without_epoch(version) if condition.no_epoch else version
                    yield _key(name, condition), own, holds is True


def _key(name: str, condition: Condition | None) -> str:
    return name if condition is None else "\0".join((name, *map(str, condition)))


def questions(package: Package, where: Place) -> tuple[tuple[str, str, str], ...]:
    """(kind of name, name, version) of all that a package is looked up by.

    First as its ecosystem's advisories name it: by the source package, where those do. Then by its own name and by its
    source package's, for what asks for one of them.
    """
    own = (where.package_name(package.name), package.version)
    source = (where.package_name(package.source or package.name), package.source_version or package.version)
    usual = source if where.ecosystem is not None and where.ecosystem.by_source else own
    return ("", *usual), (BINARY, *own), (SOURCE, *source)


class Index:
    """Advisories, added one by one; then asked for the matches of packages.

    only: the packages that will be asked for, where they are known; what is about others is counted and left.
    """

    def __init__(self, only: Iterable[Package] | None = None) -> None:
        self._only = None if only is None else set(chain.from_iterable(map(names_of, only)))
        self._known: list[_Known] = []
        self._places: dict[tuple[str, str], _Said] = {}
        self._seen: dict[str, tuple[str, tuple[int, ...]]] = {}  # id → when it was modified, the numbers it has
        self._replaced: set[int] = set()
        self._released: set[str] = set()  # ecosystems in which an advisory is about one release
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
        related = () if aliases else tuple(advisory.related or ())
        for entry in entries(advisory, self._is_wanted):
            known = (advisory.id, aliases, related, entry.severity, entry.state, entry.cvss)
            if len(self._known) == first or self._known[-1] != known:
                self._known.append(known)
            where = (entry.place.name, entry.place.release)
            said = self._places.get(where) or self._places.setdefault(where, _Said())
            said.add(entry, len(self._known) - 1)
            if entry.place.release and entry.place.ecosystem and entry.place.ecosystem.has_releases:
                self._released.add(entry.place.name)
            self.ranges += len(entry.intervals)
        self._seen[advisory.id] = (advisory.modified, (*numbers, *range(first, len(self._known))))

    def _is_wanted(self, where: Place, name: str) -> bool:
        return self._only is None or (where.name, name) in self._only

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
        releases = (where.release, "") if where.release else ("",)
        there = [said for release in releases if (said := self._places.get((where.name, release))) is not None]
        found: dict[str, Match] = {}
        causes: list[str] = []
        unclear: list[tuple[int, str]] = []
        for said in there:
            for key, version, is_certain in said.about(package, where):
                hits, could_order = self._hits(said, key, version, where, package)
                causes += [] if could_order else ["the version cannot be ordered in its ecosystem"]
                unclear += said.unclear.get(key, ())
                if is_certain:
                    self._tell(package, hits, found)
                else:
                    unclear += ((number, STREAM_UNKNOWN) for number, _ in hits)
        causes += self._unclear(unclear, found)
        about = f"{package.ecosystem} {package.name} {package.version}"
        gaps = [Gap("package", about, cause) for cause in dict.fromkeys(causes)]
        if cause := self._cause(where):
            gaps.append(Gap("package", package.ecosystem, cause))
        return [*(found[id] for id in sorted(found)), *gaps]

    def _hits(
        self, said: _Said, key: str, version: str, where: Place, package: Package
    ) -> tuple[list[tuple[int, str]], bool]:
        """([(advisory's number, fixed)], whether every row could be compared) of one name."""
        hits: list[tuple[int, str]] = []
        could_order = True
        if (rows := said.rows.get(key)) is not None:
            hits, could_order = _hits(_decode_rows(rows), where.key(version), semver.key(version))
        if package.source or package.module:
            hits = [hit for hit in hits if not is_outside(package, hit[1])]
        return hits + [(number, "") for text, number in said.texts.get(key, ()) if text == version], could_order

    def _tell(self, package: Package, hits: Iterable[tuple[int, str]], found: dict[str, Match]) -> None:
        """Add each advisory once; of several ranges that hold, one that is fixed."""
        for number, fixed in hits:
            id, aliases, related, severity, state, cvss = self._known[number]
            known = found.get(id)
            if number not in self._replaced and (known is None or (fixed and not known.fixed)):
                found[id] = Match(package, id, aliases, fixed, severity, related, state, cvss)

    def _unclear(self, said: Iterable[tuple[int, str]], found: Mapping[str, Match]) -> Iterator[str]:
        """Which advisories may be about a package, and why that cannot be judged."""
        for number, cause in said:
            id = self._known[number][0]
            if number not in self._replaced and id not in found:
                yield f"{id} cannot be judged: {cause}"

    def _cause(self, where: Place) -> str:
        """Why packages of this ecosystem cannot be judged, or not by all advisories; empty if they can."""
        if not where.release and where.name in self._released:
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
