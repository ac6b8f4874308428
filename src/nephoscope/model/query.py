"""A list's query as a small tree: what `query.py` reads, and the stores and memory evaluate alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from nephoscope.model.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator


class Type(StrEnum):
    """What a field holds, and so how it is compared.

    WORD equals exactly. TEXT contains, without regard to case. SEVERITY and NUMBER and TIME have an order.
    """

    TEXT = "text"
    WORD = "word"
    NUMBER = "number"
    TIME = "time"
    BOOL = "bool"
    SEVERITY = "severity"


@dataclass(frozen=True)
class Field:
    """A field of a list. values: all that it can have, where they are few. is_many: it holds a list; any may match."""

    name: str
    type: Type = Type.WORD
    about: str = ""
    values: tuple[str, ...] = ()
    is_facet: bool = False
    is_sortable: bool = False
    is_many: bool = False


class Op(StrEnum):
    """How a value is compared. LIKE: with wildcards, whole, without regard to case. SET: there is a value at all."""

    EQUALS = "="
    CONTAINS = "contains"
    LIKE = "like"
    SET = "set"
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="


@dataclass(frozen=True)
class Ago:
    """A moment so long before now; negative for one to come."""

    span: timedelta


Value = str | float | int | bool | datetime | Ago | tuple[str, ...]


@dataclass(frozen=True)
class Compare:
    """A field against a value; of LIKE, the texts between its wildcards."""

    field: str
    op: Op
    value: Value = ""


@dataclass(frozen=True)
class Word:
    """A text that stands anywhere in what a list searches, without regard to case."""

    text: str


@dataclass(frozen=True)
class And:
    """Every part holds; without parts it does."""

    parts: tuple[Node, ...] = ()


@dataclass(frozen=True)
class Or:
    """At least one part holds."""

    parts: tuple[Node, ...] = ()


@dataclass(frozen=True)
class Negated:
    """The part does not hold."""

    part: Node


Node = Compare | Word | And | Or | Negated
EVERYTHING = And()


def conjuncts(node: Node) -> tuple[Node, ...]:
    """The parts that must all hold."""
    if isinstance(node, And):
        return tuple(part for each in node.parts for part in conjuncts(each))
    return (node,)


def fields_of(node: Node) -> frozenset[str]:
    """Names of the fields that a query asks about; '' for free words."""
    if isinstance(node, Compare):
        return frozenset((node.field,))
    if isinstance(node, Word):
        return frozenset(("",))
    if isinstance(node, Negated):
        return fields_of(node.part)
    return frozenset[str]().union(*(fields_of(part) for part in node.parts))


def compares(node: Node) -> Iterator[Compare]:
    """Every comparison of a query, in order."""
    if isinstance(node, Compare):
        yield node
    elif isinstance(node, Negated):
        yield from compares(node.part)
    elif isinstance(node, And | Or):
        for part in node.parts:
            yield from compares(part)


def at(value: Value, now: datetime) -> Value:
    """A value with its moment resolved."""
    return now - value.span if isinstance(value, Ago) else value


def rank(value: Value) -> int:
    """The place of a severity among the others."""
    return Severity(str(value)).rank
