"""A rule's condition as a small tree: what `detect` evaluates on columns and `store` renders as SQL."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Test(StrEnum):
    """How a field's value is tested.

    Text compares without regard to case unless `cased`; a list matches if any element does. A number is compared as
    the text it prints as, a boolean as `true` or `false`, an object as its JSON text.
    """

    __test__ = False  # not a test case, whatever its name suggests to pytest

    EQUALS = "equals"
    CONTAINS = "contains"
    STARTS = "startswith"
    ENDS = "endswith"
    WILDCARD = "wildcard"  # a value is a tuple: texts, with `*` between neighbours, or `?` where None stands between
    REGEX = "re"
    CIDR = "cidr"
    LESS = "lt"
    AT_MOST = "lte"
    MORE = "gt"
    AT_LEAST = "gte"
    EXISTS = "exists"  # value True or False: the key is there, null or not
    IS_NULL = "null"  # absent or null
    FIELD = "fieldref"  # equals another field's value
    FIELD_CONTAINS = "fieldref contains"
    FIELD_STARTS = "fieldref startswith"
    FIELD_ENDS = "fieldref endswith"
    KEYWORD = "keyword"  # anywhere in the record's text; field is empty
    MINUTE = "minute"  # of a time, in UTC, as all these
    HOUR = "hour"
    DAY = "day"  # of the month
    WEEK = "week"  # of ISO's year
    MONTH = "month"
    YEAR = "year"


FIELD_TESTS = frozenset((Test.FIELD, Test.FIELD_CONTAINS, Test.FIELD_STARTS, Test.FIELD_ENDS))
TIME_TESTS = frozenset((Test.MINUTE, Test.HOUR, Test.DAY, Test.WEEK, Test.MONTH, Test.YEAR))


@dataclass(frozen=True)
class Term:
    """One field tested against any of `values`; no field means the record's text."""

    field: str
    test: Test
    values: tuple[str | int | float | bool | tuple[str | None, ...] | None, ...]
    cased: bool = False
    flags: str = ""  # of a regular expression: i, m, s


@dataclass(frozen=True)
class All:
    """Every part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Any_:
    """At least one part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Not:
    """The part does not hold."""

    part: Condition


Condition = Term | All | Any_ | Not


def terms(condition: Condition) -> Iterator[Term]:
    """Every term of a condition, in order."""
    if isinstance(condition, Term):
        yield condition
    elif isinstance(condition, Not):
        yield from terms(condition.part)
    else:
        for part in condition.parts:
            yield from terms(part)


def positive(condition: Condition, negated: bool = False) -> Condition:
    """The same condition with `Not` on terms only."""
    if isinstance(condition, Not):
        return positive(condition.part, not negated)
    if isinstance(condition, Term):
        return Not(condition) if negated else condition
    parts = tuple(positive(part, negated) for part in condition.parts)
    return Any_(parts) if isinstance(condition, All) == negated else All(parts)
