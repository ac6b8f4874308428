"""What the ledger knows of exploitation and of places ─► what judges vulnerabilities, for findings and lists alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nephoscope.scan.exploitation import Epss, Kev
from nephoscope.scan.exploitation_feed import NAMES, Exploitation
from nephoscope.scan.judge import NOWHERE, Judge
from nephoscope.scan.priority import DUE_DAYS, Said, Surroundings
from nephoscope.scan.vex import Held, Statement, held
from nephoscope.store.advisory_feeds import list_feeds
from nephoscope.store.exploitation import exploitation
from nephoscope.store.packages import first_held_by, held_by, vulnerabilities_of
from nephoscope.store.surroundings import list_surroundings
from nephoscope.store.vex import list_documents, statements_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from nephoscope.store.packages import Look, Target, Vulnerability
    from nephoscope.store.vex import VexDocument


@dataclass(frozen=True)
class Judging:
    """What judges, and where each target is, by its key."""

    judge: Judge
    places: Mapping[str, Surroundings]

    def place(self, target: Target) -> Surroundings:
        """Where a target is."""
        return self.places.get(target.key, NOWHERE)


def days_of(said: Mapping[str, int]) -> dict[str, int]:
    """Days until due by class: the configured ones over the usual ones."""
    return {**DUE_DAYS, **said}


def judging(connection: Connection, days: Mapping[str, int]) -> Judging:
    """As the ledger has it now. days: until a vulnerability is due, by class."""
    exploited = {
        cve: Exploitation(Kev(*_three(kev)) if kev else None, Epss(*_two(epss)) if epss else None)
        for cve, (kev, epss) in exploitation(connection).items()
    }
    feeds = tuple(feed.name for feed in list_feeds(connection) if feed.name in NAMES)
    places = {
        key: Surroundings(**{name: Said(*said) for name, said in body.items()})
        for key, body in list_surroundings(connection).items()
    }
    return Judging(Judge(exploited, feeds, days, stated(connection)), places)


def stated(connection: Connection) -> Held:
    """The VEX statements that hold, each with the document that makes it and who brought that."""
    documents = {each.digest: each for each in list_documents(connection)}
    return held((Statement(*row), called(documents[digest])) for digest, row in statements_of(connection))


def called(document: VexDocument) -> str:
    """A VEX document in words."""
    name = document.id or f"sha256:{document.digest[:16]}"
    author = f" of {document.author}" if document.author else ""
    return f"the VEX document {name}{author}, imported by {document.imported_by}"


def _three(kev: Sequence[object]) -> tuple[str, str, bool]:
    added, until, ransomware = kev
    return str(added), str(until), bool(ransomware)


def _two(epss: Sequence[object]) -> tuple[float, float]:
    score, percentile = epss
    return float(str(score)), float(str(percentile))


def worst_places(
    connection: Connection, looks: Sequence[Look], known: Judging, ids: Iterable[int]
) -> dict[int, Surroundings]:
    """For each package version asked for the place, of those that hold it, that makes it most urgent."""
    placed = sorted(((known.place(look.target), look) for look in looks), key=lambda each: -each[0].multiplier)
    at = {look.target: place for place, look in placed}
    first = first_held_by(connection, [look for _, look in placed], ids)
    return {number: at[target] for number, target in first.items()}


@dataclass(frozen=True)
class Known:
    """What is known of some targets. worst: the place that makes a package version most urgent.

    dated: {feed: of when its newest advisory is}.
    """

    looks: list[Look]
    held: dict[int, list[Target]]
    said: list[tuple[int, Vulnerability]]
    dated: dict[str, str]
    judge: Judge
    worst: dict[int, Surroundings]


def known_of(connection: Connection, looks: list[Look], due_days: Mapping[str, int]) -> Known:
    """As the ledger has it now, of the targets of these looks. due_days: as configured, by class."""
    held_by_them = held_by(connection, looks)
    judges = judging(connection, days_of(due_days))
    said = vulnerabilities_of(connection, held_by_them)
    worst = worst_places(connection, looks, judges, (number for number, _ in said))
    dated = {feed.name: feed.newest_at for feed in list_feeds(connection)}
    return Known(looks, held_by_them, said, dated, judges.judge, worst)
