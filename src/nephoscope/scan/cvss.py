"""CVSS vectors → base scores: versions 2, 3.0 and 3.1; 4.0 beside it."""

from __future__ import annotations

import math

from nephoscope.scan import cvss4

_V3 = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "PR": {"N": 0.85, "L": 0.62, "H": 0.27},
    "UI": {"N": 0.85, "R": 0.62},
    "S": {"U": 0.0, "C": 1.0},
    "C": {"H": 0.56, "L": 0.22, "N": 0.0},
    "I": {"H": 0.56, "L": 0.22, "N": 0.0},
    "A": {"H": 0.56, "L": 0.22, "N": 0.0},
}
_PRIVILEGES_ACROSS_SCOPES = {"N": 0.85, "L": 0.68, "H": 0.5}
_V2 = {
    "AV": {"L": 0.395, "A": 0.646, "N": 1.0},
    "AC": {"H": 0.35, "M": 0.61, "L": 0.71},
    "Au": {"M": 0.45, "S": 0.56, "N": 0.704},
    "C": {"N": 0.0, "P": 0.275, "C": 0.66},
    "I": {"N": 0.0, "P": 0.275, "C": 0.66},
    "A": {"N": 0.0, "P": 0.275, "C": 0.66},
}


def base_score(vector: str) -> float | None:
    """A vector's base score, 0.0 to 10.0; None for a version that is not known here, or a vector that is none."""
    if vector.startswith(("CVSS:3.0/", "CVSS:3.1/")):
        metrics = _metrics(vector[9:], _V3)
        return None if metrics is None else _v3(metrics)
    if vector.startswith(("AV:", "(AV:", "CVSS:2.0/")):
        metrics = _metrics(vector.strip("()").removeprefix("CVSS:2.0/"), _V2)
        return None if metrics is None else _v2(metrics)
    return cvss4.base_score(vector) if vector.startswith("CVSS:4.0/") else None


def _metrics(text: str, known: dict[str, dict[str, float]]) -> dict[str, str] | None:
    """{metric: value} of the base metrics, if all are there once and every value is known."""
    found: dict[str, str] = {}
    for part in text.split("/"):
        name, _, value = part.partition(":")
        if name in known and (name in found or value not in known[name]):
            return None
        if name in known:
            found[name] = value
    return found if len(found) == len(known) else None


def _v3(metrics: dict[str, str]) -> float:
    """Source: https://www.first.org/cvss/v3.1/specification-document, section 7.1."""
    value = {name: _V3[name][value] for name, value in metrics.items()}
    is_changed = metrics["S"] == "C"
    lost = 1 - (1 - value["C"]) * (1 - value["I"]) * (1 - value["A"])
    impact = 7.52 * (lost - 0.029) - 3.25 * (lost - 0.02) ** 15 if is_changed else 6.42 * lost
    if impact <= 0:
        return 0.0
    privileges = _PRIVILEGES_ACROSS_SCOPES[metrics["PR"]] if is_changed else value["PR"]
    exploitability = 8.22 * value["AV"] * value["AC"] * privileges * value["UI"]
    return _rounded_up(min(1.08 * (impact + exploitability) if is_changed else impact + exploitability, 10.0))


def _rounded_up(score: float) -> float:
    """To one decimal, upwards, without what binary fractions add.

    Source: https://www.first.org/cvss/v3.1/specification-document, appendix A
    """
    hundred_thousandths = round(score * 100_000)
    if hundred_thousandths % 10_000 == 0:
        return hundred_thousandths / 100_000
    return (math.floor(hundred_thousandths / 10_000) + 1) / 10


def _v2(metrics: dict[str, str]) -> float:
    """Source: https://www.first.org/cvss/v2/guide, section 3.2.1."""
    value = {name: _V2[name][value] for name, value in metrics.items()}
    impact = 10.41 * (1 - (1 - value["C"]) * (1 - value["I"]) * (1 - value["A"]))
    exploitability = 20 * value["AV"] * value["AC"] * value["Au"]
    return round((0.6 * impact + 0.4 * exploitability - 1.5) * (1.176 if impact else 0.0), 1)
