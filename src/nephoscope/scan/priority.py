"""How urgent a vulnerability is where it is: one score from 0 to 100, with every factor that made it.

The score is the severity, as a share of one, times 100 and a multiplier for each factor, at most 100. What is not
known is a factor too: it says why, counts with the neutral multiplier of the table below, and widens the range beside
the score: the least and the most that the score would be, whatever the unknown turned out to be.

Source: the formula follows Grype's (threat × severity), extended by where the package is.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from nephoscope.scan.cvss import base_score
from nephoscope.scan.exploitation_feed import EPSS, KEV, Exploitation
from nephoscope.scan.severity import word_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

SEVERITIES = {"critical": 0.95, "high": 0.8, "medium": 0.55, "low": 0.25, "informational": 0.05}
LIKELIHOODS = ((0.5, 1.0), (0.1, 0.9), (0.01, 0.7), (0.0, 0.5))  # least EPSS, multiplier
CATALOGUED, RANSOMWARE = 1.1, 1.2
MULTIPLIERS: Mapping[str, Mapping[str, float]] = {
    "exploitation": {"kev, ransomware": RANSOMWARE, "kev": CATALOGUED, "likely": 1.0, "unlikely": 0.5},
    "fix": {"available": 1.0, "none": 0.9},
    "exposure": {"internet": 1.0, "balancer": 0.95, "internal": 0.7},
    "use": {"listening": 1.1, "running": 1.0, "installed": 0.8},
    "privilege": {"administrator": 1.15, "some": 1.0, "none": 0.95},
    "criticality": {"critical": 1.2, "high": 1.1, "medium": 1.0, "low": 0.8},
}
NEUTRAL: Mapping[str, float] = {
    "severity": SEVERITIES["medium"],
    "exploitation": 0.7,
    "exposure": 0.85,
    "use": 1.0,
    "privilege": 1.0,
    "criticality": 1.0,
}
DUE_DAYS: Mapping[str, int] = {"kev": 14, "urgent": 7, "critical": 15, "high": 30, "medium": 90, "low": 180}


class Said(NamedTuple):
    """What is known of a target. value: empty if it is not known; why: where it is known from, or why it is not."""

    value: str
    why: str


@dataclass(frozen=True)
class Surroundings:
    """Where a package is: what can reach it, whether it runs, what its role may do, how much it matters."""

    exposure: Said
    use: Said
    privilege: Said
    criticality: Said

    @property
    def multiplier(self) -> float:
        """What it makes of a score; what is not known counts as neutral."""
        return prod(factor.multiplier for factor in self.factors)

    @property
    def factors(self) -> tuple[Factor, ...]:
        """Each as a factor."""
        return _around(self)


class Factor(NamedTuple):
    """One part of a score. value: empty if it is not known, because of `source`; least, most: what it could be."""

    name: str
    value: str
    multiplier: float
    least: float
    most: float
    source: str


@dataclass(frozen=True)
class Priority:
    """A score with the range in which it would lie if everything were known, and what made it."""

    score: float
    least: float
    most: float
    factors: tuple[Factor, ...]


class Rating(NamedTuple):
    """How grave one advisory says it is. vectors: of CVSS, apart by spaces, the newest version first."""

    severity: str
    vectors: str
    feed: str


def unseen(why: str) -> Surroundings:
    """Of a target of which nothing is known."""
    return Surroundings(*(Said("", why) for _ in fields(Surroundings)))


def priority(
    ratings: Iterable[Rating],
    known: Exploitation,
    feeds: Collection[str],
    has_cve: bool,
    has_fix: bool,
    at: Surroundings,
) -> Priority:
    """The priority of a vulnerability at a place.

    known: what the feeds of exploitation say of it; feeds: which of them there are; has_cve: whether it has a name by
    which they could know it.
    """
    fix = Factor("fix", *_same("available" if has_fix else "none", "fix"), "the advisories")
    factors = (severity(tuple(ratings)), exploitation(known, tuple(sorted(feeds)), has_cve), fix, *at.factors)
    score, least, most = (
        round(min(100.0, 100 * prod(parts)), 1)
        for parts in zip(*((each.multiplier, each.least, each.most) for each in factors), strict=True)
    )
    return Priority(score, least, most, factors)


@lru_cache(maxsize=65_536)
def severity(ratings: tuple[Rating, ...]) -> Factor:
    """The base: a publisher's own word where it differs from its vector, else the newest CVSS, the highest of those."""
    words = [each for each in ratings if each.severity in SEVERITIES and not _is_of_vector(each)]
    if words:
        worst = max(words, key=lambda each: SEVERITIES[each.severity])
        number = SEVERITIES[worst.severity]
        return Factor("severity", worst.severity, number, number, number, f"the word of the feed {worst.feed}")
    scored = [(version, score, vector) for each in ratings for version, score, vector in _scores(each.vectors)]
    if scored:
        _, score, vector = max(scored)
        return Factor("severity", f"{score}", score / 10, score / 10, score / 10, vector)
    why = "no advisory gives a severity, or a CVSS vector that can be read"
    return Factor("severity", "", NEUTRAL["severity"], min(SEVERITIES.values()), 1.0, why)


def _is_of_vector(rating: Rating) -> bool:
    """Whether a rating's word is only what its CVSS score is called."""
    scores = _scores(rating.vectors)
    return bool(scores) and word_of(scores[0][1]) == rating.severity


@lru_cache(maxsize=65_536)
def _scores(vectors: str) -> tuple[tuple[str, float, str], ...]:
    """(version, base score, vector) of each vector that can be read, the newest version first."""
    found = ((vector, base_score(vector)) for vector in vectors.split())
    return tuple((_version(vector), score, vector) for vector, score in found if score is not None)


def cvss_of(vectors: Iterable[str]) -> tuple[str, float | None, str]:
    """(version, base score, vector) of the newest that can be read, the highest of those; None for no score."""
    found = [each for one in vectors for each in _scores(one)]
    return max(found) if found else ("", None, "")


def _version(vector: str) -> str:
    return vector[5:8] if vector.startswith("CVSS:") else "2.0"


def exploitation(known: Exploitation, feeds: tuple[str, ...], has_cve: bool) -> Factor:
    """Whether it is being exploited, else how likely that is."""
    table = MULTIPLIERS["exploitation"]
    if known.kev:
        word = "kev, ransomware" if known.kev.ransomware else "kev"
        return Factor("exploitation", *_same(word, "exploitation"), f"in CISA's catalogue since {known.kev.added}")
    is_looked_up = KEV in feeds and has_cve  # then it would have been found there
    if known.epss:
        number = next(number for least, number in LIKELIHOODS if known.epss.score >= least)
        beside = "" if KEV in feeds else "; whether it is exploited is not known: there is no feed kev"
        said = f"FIRST's EPSS, percentile {known.epss.percentile:.2f}{beside}"
        return Factor(
            "exploitation", f"EPSS {known.epss.score:.3f}", number, number, number if is_looked_up else RANSOMWARE, said
        )
    if not has_cve:
        why = "it has no CVE, by which it could be looked up"
    elif EPSS not in feeds:
        why = "there is no feed epss" + (", and it is not in CISA's catalogue" if KEV in feeds else ", and no feed kev")
    else:
        why = "FIRST's table does not have it" + ("" if KEV in feeds else ", and there is no feed kev")
    return Factor(
        "exploitation", "", NEUTRAL["exploitation"], table["unlikely"], 1.0 if is_looked_up else RANSOMWARE, why
    )


@lru_cache(maxsize=65_536)
def _around(at: Surroundings) -> tuple[Factor, ...]:
    return tuple(_factor(each.name, getattr(at, each.name)) for each in fields(at))


def _factor(name: str, said: Said) -> Factor:
    table = MULTIPLIERS[name]
    if said.value in table:
        return Factor(name, *_same(said.value, name), said.why)
    return Factor(name, "", NEUTRAL[name], min(table.values()), max(table.values()), said.why)


def _same(value: str, name: str) -> tuple[str, float, float, float]:
    number = MULTIPLIERS[name][value]
    return value, number, number, number
