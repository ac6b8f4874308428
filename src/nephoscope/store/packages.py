"""Packages as the ledger keeps them: each version once, sets of them by digest, and the latest look at each target.

A vulnerability is kept per package version and advisory; which targets have it follows from their sets. So a thousand
instances of one image cost one set, and a new advisory touches the package versions that it names and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
from array import array
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  a dataclass's field
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select, update

from nephoscope.model.package import Package
from nephoscope.store.ledger import insert_new, upsert
from nephoscope.store.package_tables import LOOKS, PACKAGES, SETS, VULNERABILITIES
from nephoscope.store.tables import key_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

AT_ONCE = 500  # parameters of one statement


@dataclass(frozen=True)
class Target:
    """Something that holds packages: an instance, an image, a host. type: CloudFormation's, or `host`."""

    type: str
    id: str
    account: str = ""
    region: str = ""
    name: str = ""

    @property
    def key(self) -> str:
        """Short, of whatever length its parts are."""
        return key_of(self.account, self.region, self.type, self.id)


@dataclass(frozen=True)
class Look:
    """The latest look at a target. digest: of its set; told: of the set whose findings were told.

    cause: why the look saw not all; what it saw before then stands.
    """

    target: Target
    by: str
    digest: str
    at: datetime
    cause: str = ""
    told: str = ""


@dataclass(frozen=True)
class Vulnerability:
    """A package version that an advisory names. severity: a word, or `unknown`; fixed: empty if no version is known.

    state: what the publisher will do where there is no fix, or for whom there is one; empty if it does not say.
    related: for errata, what they mend. cvss: vectors, apart by spaces, the newest version first.
    """

    package: Package
    advisory: str
    feed: str
    aliases: tuple[str, ...]
    fixed: str
    severity: str
    found_at: datetime
    related: tuple[str, ...] = ()
    cvss: str = ""
    state: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """By what else is known of it can be found, CVE ids above all."""
        return (self.advisory, *self.aliases, *self.related)


def id_of(package: Package) -> int:
    """A package version's number: of what decides which advisories it has, so that everybody gives it the same."""
    parts = (package.ecosystem, package.name, package.version, package.source, package.source_version, package.module)
    digest = hashlib.sha256("\x1f".join(parts).encode(errors="surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def put_look(
    connection: Connection, target: Target, packages: Iterable[Package], by: str, at: datetime, cause: str = ""
) -> Look:
    """Keep what a look at a target found; the same set again only moves the time. An older look changes nothing.

    cause: why it saw not all; its packages are then added to those seen before, since what is missing is not gone.
    """
    before = get_look(connection, target)
    if before is not None and before.at > at:
        return before
    found = {id_of(package): package for package in packages}
    ids = set(found)
    if cause and before is not None:
        ids |= set(ids_of(connection, before.digest))
    digest = _put_set(connection, sorted(ids), at)
    _intern(connection, found)
    look = Look(target, by, digest, at, cause, before.told if before else "")
    upsert(LOOKS, [_row(look)], connection)
    return look


def _row(look: Look) -> dict[str, object]:
    target = look.target
    return {
        **{name: getattr(target, name) for name in ("key", "type", "id", "account", "region", "name")},
        **{"looked_by": look.by, "digest": look.digest, "looked_at": look.at, "cause": look.cause, "told": look.told},
    }


def _put_set(connection: Connection, ids: Sequence[int], at: datetime) -> str:
    packed = array("q", ids).tobytes()
    digest = hashlib.sha256(packed).hexdigest()
    row = {"digest": digest, "ids": base64.b64encode(packed).decode(), "count": len(ids), "made_at": at}
    insert_new(SETS, [row], connection)
    return digest


def _intern(connection: Connection, found: Mapping[int, Package]) -> None:
    names = ("ecosystem", "name", "version", "source", "source_version", "module")
    rows = [
        {"id": number, "is_judged": 0} | {name: getattr(package, name) for name in names}
        for number, package in found.items()
    ]
    insert_new(PACKAGES, rows, connection)


def get_look(connection: Connection, target: Target) -> Look | None:
    """The latest look at a target."""
    return next(_looks(connection.execute(select(LOOKS).where(LOOKS.c.key == target.key))), None)


def list_looks(connection: Connection, *, untold: bool = False) -> list[Look]:
    """The latest look at every target. untold: only those whose findings are not as their set has them."""
    query = select(LOOKS).order_by(LOOKS.c.key)
    return list(_looks(connection.execute(query.where(LOOKS.c.told != LOOKS.c.digest) if untold else query)))


def _looks(rows: Iterable[object]) -> Iterator[Look]:
    for row in rows:
        target = Target(*(getattr(row, name) for name in ("type", "id", "account", "region", "name")))
        yield Look(target, *(getattr(row, name) for name in ("looked_by", "digest", "looked_at", "cause", "told")))


def drop_look(connection: Connection, target: Target) -> None:
    """Forget a target that is gone."""
    connection.execute(delete(LOOKS).where(LOOKS.c.key == target.key))


def ids_of(connection: Connection, digest: str) -> array[int]:
    """A set's package versions, in order."""
    packed = connection.execute(select(SETS.c.ids).where(SETS.c.digest == digest)).scalar()
    found = array("q")
    found.frombytes(base64.b64decode(packed or ""))
    return found


def packages_of(connection: Connection, ids: Iterable[int]) -> dict[int, Package]:
    """Package versions by their numbers."""
    wanted, found = list(ids), dict[int, Package]()
    for start in range(0, len(wanted), AT_ONCE):
        part = wanted[start : start + AT_ONCE]
        found |= _packages(connection.execute(select(PACKAGES).where(PACKAGES.c.id.in_(part))))
    return found


def unjudged_packages(connection: Connection, most: int) -> dict[int, Package]:
    """Package versions that were not matched with the advisories yet."""
    return _packages(connection.execute(select(PACKAGES).where(PACKAGES.c.is_judged == 0).limit(most)))


def all_packages(connection: Connection) -> dict[int, Package]:
    """Every package version."""
    return _packages(connection.execute(select(PACKAGES)))


def _packages(rows: Iterable[object]) -> dict[int, Package]:
    names = ("ecosystem", "name", "version", "source", "source_version")
    return {
        getattr(row, "id"): Package(*(getattr(row, name) for name in names), module=getattr(row, "module"))  # noqa: B009
        for row in rows
    }


def put_vulnerabilities(connection: Connection, found: Iterable[tuple[int, Vulnerability]]) -> None:
    """Keep what matches, by package; known ones keep when they were found."""
    rows = [
        {
            "package": number,
            "advisory": each.advisory,
            "feed": each.feed,
            "aliases": list(each.aliases),
            "fixed": each.fixed,
            "severity": each.severity,
            "found_at": each.found_at,
            "state": each.state,
            "related": list(each.related),
            "cvss": each.cvss,
        }
        for number, each in found
    ]
    for start in range(0, len(rows), AT_ONCE):
        upsert(VULNERABILITIES, rows[start : start + AT_ONCE], connection, keep=("found_at",))


def mark_judged(connection: Connection, ids: Iterable[int]) -> None:
    """Note that packages were matched with every advisory there is."""
    wanted = list(ids)
    for start in range(0, len(wanted), AT_ONCE):
        part = wanted[start : start + AT_ONCE]
        connection.execute(update(PACKAGES).where(PACKAGES.c.id.in_(part)).values(is_judged=1))


def drop_vulnerabilities(connection: Connection, feed: str, kept: Iterable[tuple[int, str]]) -> set[int]:
    """Take back what a feed says no more; answers whose it was. kept: (package, advisory) that it still says."""
    known = connection.execute(
        select(VULNERABILITIES.c.package, VULNERABILITIES.c.advisory).where(VULNERABILITIES.c.feed == feed)
    )
    gone = {(row.package, row.advisory) for row in known} - set(kept)
    for package, advisory in gone:
        at = (VULNERABILITIES.c.package == package) & (VULNERABILITIES.c.advisory == advisory)
        connection.execute(delete(VULNERABILITIES).where(at & (VULNERABILITIES.c.feed == feed)))
    return {package for package, _ in gone}


def replace_reported(
    connection: Connection, feed: str, ids: Iterable[int], found: Iterable[tuple[int, Vulnerability]]
) -> None:
    """Keep what a scanner says of some package versions, in place of what it said of them before."""
    wanted, said = list(ids), list(found)
    kept = {(number, each.advisory) for number, each in said}
    for start in range(0, len(wanted), AT_ONCE):
        of_feed = VULNERABILITIES.c.package.in_(wanted[start : start + AT_ONCE]) & (VULNERABILITIES.c.feed == feed)
        rows = connection.execute(select(VULNERABILITIES.c.package, VULNERABILITIES.c.advisory).where(of_feed)).all()
        for package, advisory in {(row.package, row.advisory) for row in rows} - kept:
            gone = (VULNERABILITIES.c.package == package) & (VULNERABILITIES.c.advisory == advisory)
            connection.execute(delete(VULNERABILITIES).where(gone & (VULNERABILITIES.c.feed == feed)))
    put_vulnerabilities(connection, said)


def vulnerabilities_of(connection: Connection, ids: Iterable[int]) -> list[tuple[int, Vulnerability]]:
    """What is wrong with package versions, by their numbers."""
    wanted, found = list(ids), list[tuple[int, Vulnerability]]()
    joined = VULNERABILITIES.join(PACKAGES, VULNERABILITIES.c.package == PACKAGES.c.id)
    columns = [column for column in PACKAGES.c if column.name != "id"]
    for start in range(0, len(wanted), AT_ONCE):
        part = wanted[start : start + AT_ONCE]
        query = select(VULNERABILITIES, *columns).select_from(joined).where(VULNERABILITIES.c.package.in_(part))
        found += [(row.package, _vulnerability(row)) for row in connection.execute(query)]
    return sorted(found, key=lambda one: (one[1].package.name, one[1].advisory, one[1].feed, one[0]))


def _vulnerability(row: object) -> Vulnerability:
    names = ("ecosystem", "name", "version", "source", "source_version")
    package = Package(*(getattr(row, name) for name in names), module=getattr(row, "module"))  # noqa: B009
    said = {name: getattr(row, name) for name in ("advisory", "feed", "fixed", "severity", "found_at", "state", "cvss")}
    names = {name: tuple(getattr(row, name)) for name in ("aliases", "related")}
    return Vulnerability(package=package, **names, **said)


def held_by(connection: Connection, looks: Iterable[Look]) -> dict[int, list[Target]]:
    """Which of the targets looked at hold each package version."""
    by_set: dict[str, list[Target]] = {}
    for look in looks:
        by_set.setdefault(look.digest, []).append(look.target)
    found: dict[int, list[Target]] = {}
    for digest, targets in by_set.items():
        for number in ids_of(connection, digest):
            found.setdefault(number, []).extend(targets)
    return found


def held_ids(connection: Connection, looks: Iterable[Look]) -> set[int]:
    """The package versions that any of the targets holds."""
    return {number for digest in {look.digest for look in looks} for number in ids_of(connection, digest)}


def first_held_by(connection: Connection, looks: Iterable[Look], wanted: Iterable[int]) -> dict[int, Target]:
    """The first of the targets, in the order given, that holds each of some package versions."""
    found: dict[int, Target] = {}
    left, done = set(wanted), set[str]()
    for look in looks:
        if not left:
            break
        if look.digest not in done:
            done.add(look.digest)
            here = left.intersection(ids_of(connection, look.digest))
            found |= dict.fromkeys(here, look.target)
            left -= here
    return found


def targets_with(connection: Connection, ids: Iterable[int]) -> dict[int, list[Target]]:
    """Which targets hold each of some package versions."""
    wanted = set(ids)
    by_set: dict[str, list[Target]] = {}
    for look in list_looks(connection):
        by_set.setdefault(look.digest, []).append(look.target)
    found: dict[int, list[Target]] = {number: [] for number in wanted}
    for digest, targets in by_set.items():
        for number in wanted.intersection(ids_of(connection, digest)):
            found[number] += targets
    return found


def untell(connection: Connection, digests: Iterable[str]) -> None:
    """Have the findings of everything with these sets judged anew."""
    wanted = list(digests)
    for start in range(0, len(wanted), AT_ONCE):
        connection.execute(update(LOOKS).where(LOOKS.c.digest.in_(wanted[start : start + AT_ONCE])).values(told=""))


def untell_targets(connection: Connection, keys: Iterable[str]) -> None:
    """Have the findings of targets judged anew."""
    wanted = list(keys)
    for start in range(0, len(wanted), AT_ONCE):
        connection.execute(update(LOOKS).where(LOOKS.c.key.in_(wanted[start : start + AT_ONCE])).values(told=""))


def sets_with(connection: Connection, ids: Iterable[int]) -> list[str]:
    """The sets, held by any target, in which any of some package versions is."""
    wanted = set(ids)
    digests = connection.execute(select(LOOKS.c.digest).distinct()).scalars().all()
    return [digest for digest in digests if not wanted.isdisjoint(ids_of(connection, digest))]


def mark_told(connection: Connection, look: Look) -> None:
    """Note that a target's findings are as its set has them, unless it was looked at meanwhile."""
    same = (LOOKS.c.key == look.target.key) & (LOOKS.c.digest == look.digest)
    connection.execute(update(LOOKS).where(same).values(told=look.digest))


def count_packages(connection: Connection) -> dict[str, int]:
    """How many targets, sets, package versions and vulnerabilities there are, and how many wait to be matched."""
    counted = {"targets": LOOKS, "sets": SETS, "packages": PACKAGES, "vulnerabilities": VULNERABILITIES}
    found = {
        name: connection.execute(select(func.count()).select_from(table)).scalar() or 0
        for name, table in counted.items()
    }
    waiting = select(func.count()).select_from(PACKAGES).where(PACKAGES.c.is_judged == 0)
    return found | {"unjudged": connection.execute(waiting).scalar() or 0}
