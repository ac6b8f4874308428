"""CVSS 4.0 vectors → base scores: the score of the vector's class, less how far the vector lies below its gravest.

Of a base score the threat is always "attacked" and every requirement high, so that 60 of the specification's 270
classes are left.

Source: https://www.first.org/cvss/v4-0/specification-document, section 8
"""

from __future__ import annotations

import math
from typing import NamedTuple

_LEVELS = {
    "AV": "NALP",
    "AC": "LH",
    "AT": "NP",
    "PR": "NLH",
    "UI": "NPA",
    "VC": "HLN",
    "VI": "HLN",
    "VA": "HLN",
    "SC": "HLN",
    "SI": "HLN",
    "SA": "HLN",
}  # the gravest first
_IMPACTS = ("00", "01", "10", "11", "21")  # EQ3 and EQ6, in the columns of the table
_SCORES = {  # by EQ1 and EQ2: five columns where EQ4 is 1, five where it is 2; EQ5 is 0
    (0, 0): (10, 9.6, 9.3, 9.2, 7.9, 9.3, 9, 8.8, 8, 6.9),
    (0, 1): (9.5, 9.1, 9.2, 8.2, 7.1, 9.2, 8.1, 8.4, 7, 6.3),
    (1, 0): (9.4, 8.9, 8.6, 7.6, 6.5, 8.7, 7.5, 7.2, 5.7, 5.3),
    (1, 1): (9, 7.7, 7.4, 5.9, 5.8, 7.7, 6.6, 6.1, 5.2, 2.3),
    (2, 0): (8.6, 7.4, 7.2, 5.7, 4.7, 7, 5.4, 5.3, 3.6, 2.4),
    (2, 1): (7.3, 5.5, 6.1, 5.1, 2.4, 5.4, 4.3, 4.6, 1.8, 1),
}
_GRAVEST: dict[str, tuple[list[tuple[int, ...]], ...]] = {  # of each class: levels of its metrics
    "EQ1": ([(0, 0, 0)], [(1, 0, 0), (0, 1, 0), (0, 0, 1)], [(3, 0, 0), (1, 1, 1)]),
    "EQ2": ([(0, 0)], [(1, 0), (0, 1)]),
    "EQ3": ([(0, 0, 0)], [(1, 0, 0), (0, 1, 0)], [(1, 1, 1)]),
    "EQ4": ([], [(0, 0, 0)], [(1, 1, 1)]),
}
_METRICS = {"EQ1": ("AV", "PR", "UI"), "EQ2": ("AC", "AT"), "EQ3": ("VC", "VI", "VA"), "EQ4": ("SC", "SI", "SA")}
_DEPTHS = {"EQ1": (1, 4, 5), "EQ2": (1, 2), "EQ3": (7, 8, 10), "EQ4": (6, 5, 4)}
_LOWER_IMPACTS = {"00": ("01", "10"), "10": ("11",), "21": ()}


class _Class(NamedTuple):
    """The specification's equivalence classes; eq3 and eq6 as one of `_IMPACTS`."""

    eq1: int
    eq2: int
    impact: str
    eq4: int

    @property
    def score(self) -> float | None:
        """None for a class that does not exist."""
        row = _SCORES.get((self.eq1, self.eq2))
        return row[_IMPACTS.index(self.impact) + 5 * (self.eq4 - 1)] if row and self.eq4 <= 2 else None


def base_score(vector: str) -> float | None:
    """The base score of `CVSS:4.0/…`, 0.0 to 10.0, whatever other metrics it has; None for what is no vector."""
    levels = _levels(vector)
    if levels is None:
        return None
    if all(levels[name] == 2 for name in (*_METRICS["EQ3"], *_METRICS["EQ4"])):
        return 0.0
    own = _class_of(levels)
    score = own.score or 0.0
    shares = [0.0]  # that of EQ5, whose vectors are all its gravest
    for name, level, lower in _neighbours(own):
        scores = [each.score for each in lower if each.score is not None]
        if scores:
            shares.append((score - max(scores)) * _distance(name, level, levels) / _DEPTHS[name][level])
    return math.floor(max(0.0, score - sum(shares) / len(shares)) * 10 + 0.5) / 10


def _levels(vector: str) -> dict[str, int] | None:
    """{metric: level, from the gravest} if every base metric is there once, and every value is known."""
    found: dict[str, int] = {}
    for part in vector.removeprefix("CVSS:4.0/").split("/"):
        name, _, value = part.partition(":")
        if name in _LEVELS:
            level = _LEVELS[name].find(value) if len(value) == 1 else -1
            if level < 0 or name in found:
                return None
            found[name] = level
    return found if len(found) == len(_LEVELS) else None


def _class_of(levels: dict[str, int]) -> _Class:
    is_gravest = [levels[name] == 0 for name in _METRICS["EQ1"]]
    eq1 = 0 if all(is_gravest) else 1 if any(is_gravest) and levels["AV"] < 3 else 2
    eq2 = 0 if levels["AC"] == levels["AT"] == 0 else 1
    is_high = [levels[name] == 0 for name in _METRICS["EQ3"]]
    impact = "00" if is_high[0] and is_high[1] else "10" if any(is_high) else "21"
    eq4 = 1 if any(levels[name] == 0 for name in _METRICS["EQ4"]) else 2
    return _Class(eq1, eq2, impact, eq4)


def _neighbours(own: _Class) -> list[tuple[str, int, list[_Class]]]:
    """[(name, own level, the classes that are one level lower in it)]"""
    return [
        ("EQ1", own.eq1, [own._replace(eq1=own.eq1 + 1)]),
        ("EQ2", own.eq2, [own._replace(eq2=own.eq2 + 1)]),
        ("EQ3", int(own.impact[0]), [own._replace(impact=impact) for impact in _LOWER_IMPACTS[own.impact]]),
        ("EQ4", own.eq4, [own._replace(eq4=own.eq4 + 1)]),
    ]


def _distance(name: str, level: int, levels: dict[str, int]) -> int:
    """Steps from the first of a class's gravest vectors that is as grave in every metric."""
    values = [levels[metric] for metric in _METRICS[name]]
    for gravest in _GRAVEST[name][level]:
        steps = [value - top for value, top in zip(values, gravest, strict=True)]
        if min(steps) >= 0:
            return sum(steps)
    return 0
