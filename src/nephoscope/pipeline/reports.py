"""Reports of other scanners ─► packages of targets, and what the scanners say of them as a feed of its own."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nephoscope.model.coverage import Gap
from nephoscope.model.errors import SourceError
from nephoscope.scan.ecosystem import place as ecosystem_of
from nephoscope.scan.scanner_report import Held, Place, Reported, format_named
from nephoscope.store.packages import (
    Target,
    Vulnerability,
    id_of,
    mark_judged,
    put_look,
    replace_reported,
    sets_with,
    untell,
)

if TYPE_CHECKING:
    from nephoscope.model.package import Package
    from nephoscope.store.ledger import Ledger

FEED = "import:"  # no feed of advisories can be called so
GAPS = 1_000  # kept; all are counted


@dataclass
class Imported:
    """What came of a report. left: why parts of it were not taken, counted; gaps: where, the first of them."""

    scanner: str
    packages: dict[Target, dict[int, Package]] = field(default_factory=dict[Target, "dict[int, Package]"])
    found: dict[tuple[int, str], Vulnerability] = field(default_factory=dict[tuple[int, str], Vulnerability])
    gaps: list[Gap] = field(default_factory=list[Gap])
    left: Counter[str] = field(default_factory=Counter[str])
    is_partial: bool = False

    def leave(self, gap: Gap) -> None:
        """Note what was not taken."""
        self.left[gap.cause] += 1
        self.is_partial = self.is_partial or gap.area == "look"
        if len(self.gaps) < GAPS:
            self.gaps.append(gap)


def import_report(ledger: Ledger, content: bytes, origin: str, name: str = "", at: Place | None = None) -> Imported:
    """Keep what a report says. name: its format, else told by what it holds; at: whose packages they are, in its place.

    Raises SourceError for content that is no report, or says nothing of any target; then nothing is kept.
    """
    format_ = format_named(content, origin, name)
    made = Imported(format_.name)
    now = datetime.now(UTC)
    try:
        for each in format_.read(content, origin):
            if isinstance(each, Gap):
                made.leave(each)
            else:
                _take(made, each.place if at is None else at, each, now)
    except SourceError as error:
        if not made.packages:
            raise
        made.is_partial = True
        made.leave(Gap("record", origin, error.reason))
    if not made.packages:
        why = made.gaps[0].cause if made.gaps else "it names no package of any target"
        raise SourceError(origin, f"says nothing that can be kept: {why}")
    _keep(ledger, made, now, is_whole=format_.is_whole and not made.is_partial)
    return made


def _take(made: Imported, at: Place, each: Held | Reported, now: datetime) -> None:
    package = each.package
    if not at.id or not package.name or not package.version:
        made.leave(Gap("record", made.scanner, "names no target, or no package with a version"))
        return
    number = id_of(package)
    made.packages.setdefault(Target(*at), {})[number] = package
    if isinstance(each, Reported):
        said = Vulnerability(
            package, each.vulnerability, FEED + made.scanner, each.aliases, each.fixed, each.severity, now
        )
        made.found[number, each.vulnerability] = replace(said, cvss=each.cvss)


def _keep(ledger: Ledger, made: Imported, now: datetime, *, is_whole: bool) -> None:
    cause = "" if is_whole else f"{made.scanner} does not tell every package"
    with ledger.write() as connection:
        for target, packages in made.packages.items():
            put_look(connection, target, packages.values(), FEED + made.scanner, now, cause)
        ids = {number for packages in made.packages.values() for number in packages}
        found = [(number, each) for (number, _), each in made.found.items()]
        replace_reported(connection, FEED + made.scanner, ids, found)
        own = {number for each in made.packages.values() for number, one in each.items() if _is_own(one)}
        mark_judged(connection, own)
        untell(connection, sets_with(connection, ids))


def _is_own(package: Package) -> bool:
    """Whether a package is a scanner's own, which no advisory can be about."""
    return ecosystem_of(package.ecosystem).ecosystem is None
