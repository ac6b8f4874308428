"""One OSV record → the intervals of versions that it affects, as bytes to compare."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from nephoscope.model.advisory import Event
from nephoscope.model.errors import SourceError
from nephoscope.scan.condition import condition_of, state_of
from nephoscope.scan.ecosystem import place
from nephoscope.scan.ecosystems.semver import semver
from nephoscope.scan.severity import UNKNOWN, severity_of, vectors_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from nephoscope.model.advisory import Advisory, Affected, Range
    from nephoscope.scan.condition import Condition
    from nephoscope.scan.ecosystem import Place, VersionKey

    Wanted = Callable[[Place, str], bool]

FIRST = "0"  # introduced: before every version
NO_LIMIT = "*"
KINDS = ("introduced", "fixed", "last_affected", "limit")
COMPARED_RANGES = 100  # with which a listed version is compared; no record in use has so many for one package


class Interval(NamedTuple):
    """Affected versions from `low` on.

    is_semver: the keys are SemVer's, not the ecosystem's. high: the first key beyond, or, where `fixed` is None, the
    last one that is affected; None for no end. fixed: the version of `high` where it is a fix, else empty.
    """

    is_semver: bool
    low: bytes
    high: bytes | None
    fixed: str | None


class Entry(NamedTuple):
    """What an advisory says of one package.

    name: as the ecosystem's advisories write it. texts: affected versions that the ecosystem cannot order.
    unclear: why the advisory cannot be judged for this package; empty if it can. condition: what it asks besides.
    state: what the publisher will do about it where there is no fix. cvss: its vectors, apart by spaces.
    """

    place: Place
    name: str
    severity: str
    intervals: Sequence[Interval]
    texts: Sequence[str]
    unclear: str
    condition: Condition | None = None
    state: str = ""
    cvss: str = ""


def _anything(where: Place, name: str) -> bool:
    return True


def entries(advisory: Advisory, wanted: Wanted = _anything) -> Iterator[Entry]:
    """What an advisory says of each of its packages; nothing if it was withdrawn.

    wanted: answers whether somebody has a package of this place and name; if nobody has, the entry is left empty.
    """
    if advisory.withdrawn:
        return
    severity, cvss = severity_of(advisory), vectors_of(advisory)
    for affected, where in _placed_affected(advisory):
        name = where.package_name(_name(affected))
        if not wanted(where, name):
            yield Entry(where, name, "", (), (), "")
            continue
        found = _affected(affected, where)
        grave = severity_of(affected) or severity or UNKNOWN
        vectors = vectors_of(affected) or cvss
        yield Entry(where, name, grave, *found, condition_of(affected), state_of(affected), vectors)


def _placed_affected(advisory: Advisory) -> Iterator[tuple[Affected, Place]]:
    """What a record says of each package, and where; fixes for subscribers are said of those who are none as well.

    Who does not subscribe is affected like those who do, and has no other fix, unless the record names one.
    """
    said = [(each, place(each.package.ecosystem)) for each in advisory.affected or () if each.package]
    paid = [(each, general) for each, where in said if (general := where.without_subscription)]
    if not paid:
        yield from said
        return
    fixed = {(_name(each), where.release) for each, where in said if _has_fix(each)}
    open_to = {(_name(each), general.release) for each, general in paid}
    for affected, where in said:
        here = _name(affected), where.release
        if here not in open_to or here in fixed:
            yield affected, where
    for affected, general in paid:
        if (_name(affected), general.release) not in fixed:
            specific = {"state": "subscription"} if _has_fix(affected) else None
            yield replace(affected, ecosystem_specific=specific), general


def _name(affected: Affected) -> str:
    return affected.package.name if affected.package else ""


def _has_fix(affected: Affected) -> bool:
    return any(event.fixed for each in affected.ranges or () for event in each.events)


def _affected(affected: Affected, where: Place) -> tuple[list[Interval], Sequence[str], str]:
    """(intervals, versions that cannot be ordered, why it cannot be judged)"""
    intervals: list[Interval] = []
    causes: list[str] = []
    ranges = affected.ranges or ()
    for each in ranges:
        if each.type != "GIT":
            try:
                intervals += _intervals(each, where)
            except SourceError as error:
                causes.append(error.reason)
    texts = _add_versions(intervals, affected.versions, where) if affected.versions else ()
    if not affected.versions and all(each.type == "GIT" for each in ranges):
        causes.append("it names commits, not versions" if ranges else "it names no versions")
    return intervals, texts, "; ".join(causes)


def _add_versions(intervals: list[Interval], versions: list[str], where: Place) -> list[str]:
    """Add versions that are named one by one, if no range holds them; returns those that cannot be ordered."""
    keys = {version: where.key(version) for version in versions}
    ranges = [each for each in intervals if not each.is_semver][:COMPARED_RANGES]
    for key in sorted({key for key in keys.values() if key is not None}):
        if not any(holds(each, key) for each in ranges):
            intervals.append(Interval(False, key, key, None))
    return [version for version, key in keys.items() if key is None]


def holds(interval: Interval, key: bytes) -> bool:
    """Whether a version's key (of the interval's order) lies in it."""
    _, low, high, fixed = interval
    return low <= key and (high is None or key < high or (fixed is None and key == high))


def _intervals(range_: Range, where: Place) -> list[Interval]:
    """A range's affected intervals. Raises SourceError for an event that cannot be ordered.

    Source: https://ossf.github.io/osv-schema/#evaluation
    """
    is_semver = range_.type == "SEMVER" and not (where.ecosystem and where.ecosystem.is_semver)
    order: VersionKey = semver.key if is_semver else where.key
    if (simple := _simple(range_.events, order)) is not None:
        return [Interval(is_semver, *simple)]
    placed = [each for event in range_.events for each in _placed(event, order, where)]
    events = sorted(placed, key=lambda event: event[:2])
    limits = [key for key, _, kind, _ in events if kind == "limit"]
    limit = max(limits) if limits and not any(event.limit == NO_LIMIT for event in range_.events) else None
    found: list[Interval] = []
    low: bytes | None = None
    for key, _, kind, version in events:
        if kind == "introduced" and low is None:
            low = key
        elif kind in ("fixed", "last_affected") and low is not None:
            found += _limited(Interval(is_semver, low, key, version if kind == "fixed" else None), limit)
            low = None
    if low is not None:
        found += _limited(Interval(is_semver, low, None, ""), limit)
    return found


def _simple(events: list[Event], order: VersionKey) -> tuple[bytes, bytes, str] | None:
    """(low, high, fixed) of the usual range: introduced, then fixed; None for any other."""
    if len(events) != 2:
        return None
    first, last = events
    introduced, fixed = first.introduced, last.fixed
    if introduced is None or fixed is None or first != Event(introduced=introduced) or last != Event(fixed=fixed):
        return None
    low = b"" if introduced == FIRST else order(introduced)
    high = order(fixed)
    return None if low is None or high is None or high <= low else (low, high, fixed)


def _limited(interval: Interval, limit: bytes | None) -> list[Interval]:
    """An interval as far as the limit, if anything is left of it."""
    is_semver, low, high, fixed = interval
    if limit is None or (high is not None and high <= limit and (fixed is not None or high < limit)):
        return [interval]
    return [Interval(is_semver, low, limit, "")] if low < limit else []


def _placed(event: Event, order: VersionKey, where: Place) -> Iterator[tuple[bytes, bool, str, str]]:
    """(key, whether it acts after others of its version, kind, version) of what an event names."""
    named = [(kind, version) for kind in KINDS if (version := getattr(event, kind)) is not None]
    if not named:
        raise SourceError(where.name, "an event names no version")
    for kind, version in named:
        is_bound = (kind == "introduced" and version == FIRST) or version == NO_LIMIT
        key = b"" if is_bound else order(version)
        if key is None:
            said = f"cannot order {kind} {version[:100]!r}" if where.ecosystem else "is not known"
            raise SourceError(where.name, f"the ecosystem {where.name} {said}")
        yield key, kind == "last_affected", kind, version
