"""Which field tells, cheapest, that a rule cannot match: what the matcher looks at first."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nephoscope.detect.terms import as_text
from nephoscope.model.condition import FIELD_TESTS, All, Condition, Not, Term, Test

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

PATTERNS = frozenset((Test.CONTAINS, Test.STARTS, Test.ENDS, Test.WILDCARD, Test.REGEX, Test.CIDR))
TEXT = ""
BROAD, COSTLY_FIELD, WHOLE_TEXT = 2, 4, 8
Options = dict[tuple[str, ...], "tuple[Condition, ...]"]


@dataclass(frozen=True)
class Entry:
    """One way into a rule: no match without this term (or its negation) holding for the field."""

    field: str
    literals: tuple[str, ...] = ()  # lower case; empty: `test` decides
    test: Term | None = None
    is_negated: bool = False


def entries(conditions: Sequence[Condition], is_cheap: Container[str]) -> list[tuple[Entry, ...]]:
    """For each condition, entries of which at least one holds wherever it matches.

    conditions: as `positive` makes them. Prefers equality on columns, and fields whose values few rules share.
    """
    options = [_options(condition, is_cheap) for condition in conditions]
    worth = _worth(options)
    return [_best(found, worth, is_cheap) for found in options]


def _options(condition: Condition, is_cheap: Container[str]) -> Options:
    """{fields: terms}: in each option one of the terms must hold."""
    if isinstance(condition, Term):
        return {(_driving(condition),): (condition,)}
    if isinstance(condition, Not):
        return {(_driving(condition.part),): (condition,)} if isinstance(condition.part, Term) else {}
    parts = [_options(part, is_cheap) for part in condition.parts]
    if isinstance(condition, All):
        found: Options = {}
        for part in parts:
            for fields, terms in part.items():
                if fields not in found or _weight(terms, is_cheap) < _weight(found[fields], is_cheap):
                    found[fields] = terms
        return found
    return _of_alternatives(parts, is_cheap)


def _of_alternatives(parts: list[Options], is_cheap: Container[str]) -> Options:
    common = set.intersection(*(set(part) for part in parts)) if parts else set()
    found: Options = {fields: tuple(term for part in parts for term in part[fields]) for fields in common}
    if not found and all(parts):
        best = [min(part.items(), key=lambda option: _weight(option[1], is_cheap)) for part in parts]
        fields = tuple(sorted({name for option in best for name in option[0]}))
        found[fields] = tuple(term for option in best for term in option[1])
    return found


def _driving(condition: Condition) -> str:
    return condition.field if isinstance(condition, Term) else TEXT


def _weight(terms: Iterable[Condition], is_cheap: Container[str]) -> int:
    return max(_term_weight(term, is_cheap) for term in terms)


def _term_weight(condition: Condition, is_cheap: Container[str]) -> int:
    if not isinstance(condition, Term):
        field = _driving(condition.part) if isinstance(condition, Not) else TEXT
        kind = BROAD
    else:
        field = condition.field
        kind = 0 if condition.test is Test.EQUALS else 1 if condition.test in PATTERNS else BROAD
    return kind + (WHOLE_TEXT if field == TEXT else 0 if field in is_cheap else COSTLY_FIELD)


def _worth(options: list[Options]) -> Mapping[str, float]:
    """How well a field tells rules apart: rules it can serve, squared, over how often its values are shared."""
    shared = Counter[tuple[str, str]]()
    served = Counter[str]()
    for found in options:
        for fields, terms in found.items():
            if len(fields) == 1 and all(isinstance(term, Term) and term.test is Test.EQUALS for term in terms):
                served[fields[0]] += 1
                shared.update((fields[0], literal) for literal in _literals(terms))
    sharing = Counter[str]()
    for (field, _), count in shared.items():
        sharing[field] += count * count
    return {field: count * count / max(1, sharing[field]) for field, count in served.items()}


def _literals(terms: Iterable[Condition]) -> set[str]:
    return {as_text(value).lower() for term in terms if isinstance(term, Term) for value in term.values}


def _best(options: Options, worth: Mapping[str, float], is_cheap: Container[str]) -> tuple[Entry, ...]:
    _, terms = min(
        options.items(),
        key=lambda option: (
            _weight(option[1], is_cheap),
            len(option[0]),
            -sum(worth.get(field, 0.0) for field in option[0]),
        ),
    )
    return tuple(_entry(term) for term in terms)


def _entry(condition: Condition) -> Entry:
    term = condition.part if isinstance(condition, Not) else condition
    if not isinstance(term, Term):
        raise TypeError(f"{type(term).__name__} is no term")
    is_negated = isinstance(condition, Not)
    if term.test in FIELD_TESTS:
        exists = Term(term.field, Test.EXISTS, (True,))
        return Entry(term.field, test=None if is_negated else exists)
    if term.test is Test.EQUALS and not is_negated:
        return Entry(term.field, literals=tuple(sorted(_literals((term,)))))
    return Entry(term.field, test=term, is_negated=is_negated)
