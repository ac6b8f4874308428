"""A rule's condition as a small tree: what `detect` evaluates on columns and `store` renders as SQL."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Test(StrEnum):
    """How a field's value is tested.

    Text compares without regard to case unless `cased`; a list matches if any element does.
    """

    EQUALS = "equals"
    CONTAINS = "contains"
    STARTS = "startswith"
    ENDS = "endswith"
    WILDCARD = "wildcard"  # value is a tuple of literal parts between `*`; `?` kept as None in between
    REGEX = "re"
    CIDR = "cidr"
    LESS = "lt"
    AT_MOST = "lte"
    MORE = "gt"
    AT_LEAST = "gte"
    EXISTS = "exists"  # value True or False: the key is there, null or not
    IS_NULL = "null"  # absent or null
    FIELD = "fieldref"  # equals another field's value
    KEYWORD = "keyword"  # anywhere in the record's text; field is empty


@dataclass(frozen=True)
class Term:
    """One field tested against any of `values`."""

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
