"""What feeds and places say → the priority and the date of each vulnerability, as rows and findings show them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nephoscope.scan.due import due
from nephoscope.scan.exploitation_feed import Exploitation, of_names
from nephoscope.scan.priority import DUE_DAYS, Rating, Surroundings, priority, unseen
from nephoscope.scan.vex import Held, reason

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from typing import Protocol

    from nephoscope.model.package import Package

    class Told(Protocol):
        """What one advisory says of a package version."""

        @property
        def package(self) -> Package: ...
        @property
        def severity(self) -> str: ...
        @property
        def cvss(self) -> str: ...
        @property
        def feed(self) -> str: ...
        @property
        def fixed(self) -> str: ...
        @property
        def names(self) -> tuple[str, ...]: ...
        @property
        def found_at(self) -> datetime: ...


NOWHERE = unseen("nothing is known of where it is")


@dataclass(frozen=True)
class Judge:
    """What decides. exploited: by CVE; feeds: which feeds of exploitation there are; days: until due, by class.

    stated: what VEX documents say.
    """

    exploited: Mapping[str, Exploitation] = field(default_factory=dict[str, Exploitation])
    feeds: Collection[str] = ()
    days: Mapping[str, int] = field(default_factory=lambda: DUE_DAYS)
    stated: Held = field(default_factory=Held)

    def of(self, said: Sequence[Told], severity: str, at: Surroundings = NOWHERE) -> dict[str, Any]:
        """Of what advisories say of one vulnerability. severity: our word for it, by which it is due."""
        names = {name for each in said for name in each.names}
        known = of_names(names, self.exploited)
        ratings = sorted({Rating(each.severity, each.cvss, each.feed) for each in said})
        has_cve = any(name.startswith("CVE-") for name in names)
        found = priority(ratings, known, self.feeds, has_cve, any(each.fixed for each in said), at)
        until = due(severity, known.kev, at.exposure.value, min(each.found_at for each in said), self.days)
        stated = self.stated.of(names, said[0].package)
        return {
            "vex": stated[0].status if stated else "",
            "vex_why": reason(*stated) if stated else "",
            "priority": found.score,
            "priority_least": found.least,
            "priority_most": found.most,
            "factors": [each._asdict() for each in found.factors],
            "exposure": at.exposure.value or "unknown",
            "kev": known.kev is not None,
            "ransomware": known.kev is not None and known.kev.ransomware,
            "epss": known.epss.score if known.epss else None,
            "due": until.at if until else None,
            "due_why": until.why if until else "",
        }
