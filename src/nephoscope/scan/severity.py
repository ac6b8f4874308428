"""How grave an advisory says it is, in one word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from nephoscope.scan.cvss import base_score

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nephoscope.model.advisory import Advisory, Affected, Score

UNKNOWN = "unknown"
WORDS = {
    "negligible": "low",
    "unimportant": "low",
    "low": "low",
    "minor": "low",
    "medium": "medium",
    "moderate": "medium",
    "important": "high",
    "high": "high",
    "critical": "critical",
    "none": "informational",
}
_LEAST = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.1, "low"), (0.0, "informational"))
_PREFERRED = ("CVSS_V4", "CVSS_V3", "CVSS_V2")


def severity_of(record: Advisory | Affected) -> str:
    """Our word for what a record, or one of its packages, says; empty if it does not.

    A publisher's own word comes first, then the newest CVSS vector that can be read, then the word beside the record,
    then the one that begins a distribution's summary (`Important: …`).
    """
    if record.severity and (found := _of_scores(record.severity)):
        return found
    for specific in (getattr(record, "ecosystem_specific", None), record.database_specific):
        said: Any = cast("dict[str, Any]", specific).get("severity") if isinstance(specific, dict) else None
        if found := _word(said):
            return found
    start, colon, _ = (getattr(record, "summary", None) or "").partition(":")
    return _word(start) if colon else ""


def vectors_of(record: Advisory | Affected) -> str:
    """The CVSS vectors of a record, the newest version first, apart by spaces; empty if it has none."""
    by_type = {score.type: score.score.strip("()") for score in reversed(record.severity or ())}
    return " ".join(by_type[kind].split(" ")[0] for kind in _PREFERRED if by_type.get(kind))


def _of_scores(scores: Iterable[Score]) -> str:
    vectors: dict[str, str] = {}
    for score in scores:
        if score.type in _PREFERRED:
            vectors.setdefault(score.type, score.score)
        elif found := _word(score.score):
            return found
    for kind in _PREFERRED:
        if kind in vectors and (number := base_score(vectors[kind])) is not None:
            return word_of(number)
    return ""


def _word(text: Any) -> str:
    return WORDS.get(text.strip().lower(), "") if isinstance(text, str) else ""


def word_of(score: float) -> str:
    """The word for a CVSS score.

    Source: https://www.first.org/cvss/v3.1/specification-document, section 5
    """
    return next(word for least, word in _LEAST if score >= least)
