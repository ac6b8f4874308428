"""Rules compiled once, then run on batches by column: dispatch first, each further test once per distinct value."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from nephoscope.detect.columns import Columns, cheap_fields
from nephoscope.detect.dispatch import TEXT, Entry, entries
from nephoscope.detect.terms import as_text, check_of, text_test
from nephoscope.model.condition import FIELD_TESTS, All, Condition, Not, Term, Test, positive, terms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from nephoscope.detect.rule import Rule
    from nephoscope.model.event import EventBatch

KEPT_RESULTS = 50_000  # remembered per test, then forgotten at once
LONGEST_REMEMBERED = 1_000  # characters


class Compiler:
    """Conditions → functions from rows to those rows that match; equal terms share one memory of results."""

    def __init__(self) -> None:
        self._terms: dict[Any, Callable[[Columns, Sequence[int]], Sequence[int]]] = {}

    def node(self, condition: Condition) -> Callable[[Columns, Sequence[int]], Sequence[int]]:
        """Raises re2.error for an expression that RE2 cannot run."""
        if isinstance(condition, Term):
            key = _key(condition)
            if key not in self._terms:
                is_reference = condition.test in FIELD_TESTS
                self._terms[key] = _reference(condition) if is_reference else _remembered(condition)
            return self._terms[key]
        if isinstance(condition, Not):
            return _not(self.node(condition.part))
        parts = [self.node(part) for part in sorted(condition.parts, key=_depth)]
        return _all(parts) if isinstance(condition, All) else _any(parts)


def _key(condition: Condition) -> Any:
    """Equal for equal conditions only: to Python, 1 equals True."""
    return condition, tuple(type(value) for term in terms(condition) for value in term.values)


def _depth(condition: Condition) -> tuple[int, int]:
    """Orders parts: tests on columns before tests on what lies deeper, equality first."""
    term = condition.part if isinstance(condition, Not) else condition
    if not isinstance(term, Term):
        return 50, 0
    return (100 if term.field == TEXT else term.field.count(".")), 0 if term.test is Test.EQUALS else 1


def _remembered(term: Term) -> Callable[[Columns, Sequence[int]], Sequence[int]]:
    check = check_of(term)
    field = term.field
    memory: dict[Any, bool] = {}

    def holds(value: Any) -> bool:
        if value.__class__ is str and len(value) > LONGEST_REMEMBERED:
            return check(value)
        if len(memory) > KEPT_RESULTS:
            memory.clear()
        memory[value] = found = check(value)
        return found

    def node(columns: Columns, rows: Sequence[int]) -> Sequence[int]:
        found: list[int] = []
        recall = memory.get
        for row, value in zip(rows, columns.some(field, rows), strict=True):
            result = recall(value)
            if result or (result is None and holds(value)):
                found.append(row)
        return found

    return node


def _reference(term: Term) -> Callable[[Columns, Sequence[int]], Sequence[int]]:
    compare = str.__eq__ if term.test is Test.FIELD else text_test(term.test)
    others = tuple(str(value) for value in term.values)

    def texts(value: Any) -> list[str]:
        values = value if isinstance(value, tuple) else (value,)
        plain = (as_text(one) for one in values if one is not None and one is not UNSET)
        return list(plain) if term.cased else [one.lower() for one in plain]

    def node(columns: Columns, rows: Sequence[int]) -> Sequence[int]:
        found = columns.some(term.field, rows)
        wanted = [columns.some(other, rows) for other in others]
        return [
            row
            for place, row in enumerate(rows)
            if any(
                compare(mine, theirs)
                for mine in texts(found[place])
                for values in wanted
                for theirs in texts(values[place])
            )
        ]

    return node


def _all(parts: list[Any]) -> Callable[[Columns, Sequence[int]], Sequence[int]]:
    def node(columns: Columns, rows: Sequence[int]) -> Sequence[int]:
        for part in parts:
            rows = part(columns, rows)
            if not rows:
                break
        return rows

    return node


def _any(parts: list[Any]) -> Callable[[Columns, Sequence[int]], Sequence[int]]:
    def node(columns: Columns, rows: Sequence[int]) -> Sequence[int]:
        found: set[int] = set()
        for part in parts:
            left = [row for row in rows if row not in found] if found else rows
            if not left:
                break
            found.update(part(columns, left))
        return sorted(found)

    return node


def _not(part: Any) -> Callable[[Columns, Sequence[int]], Sequence[int]]:
    def node(columns: Columns, rows: Sequence[int]) -> Sequence[int]:
        found = set(part(columns, rows))
        return [row for row in rows if row not in found]

    return node


class Doors:
    """The entries of one field: which conditions a value of it lets in."""

    def __init__(self, field: str) -> None:
        self.field = field
        self._literals: dict[str, list[int]] = defaultdict(list)
        self._tests: list[tuple[Callable[[Any], bool], bool, int]] = []
        self._memory: dict[Any, tuple[int, ...]] = {}

    def add(self, entry: Entry, condition: int) -> None:
        """Let a condition in by an entry of this field."""
        for literal in entry.literals:
            self._literals[literal].append(condition)
        if not entry.literals:
            check = check_of(entry.test) if entry.test else lambda _: True
            self._tests.append((check, entry.is_negated, condition))

    def opened(self, value: Any) -> tuple[int, ...]:
        """The conditions that may hold where the field has this value."""
        found = self._memory.get(value)
        return self._open(value) if found is None else found

    def _open(self, value: Any) -> tuple[int, ...]:
        found: set[int] = set()
        for one in value if isinstance(value, tuple) else (value,):
            if one is not None and one is not UNSET:
                found.update(self._literals.get(as_text(one).lower(), ()))
        found.update(condition for check, is_negated, condition in self._tests if check(value) is not is_negated)
        if self.field != TEXT and not (value.__class__ is str and len(value) > LONGEST_REMEMBERED):
            if len(self._memory) > KEPT_RESULTS:
                self._memory.clear()
            self._memory[value] = tuple(sorted(found))
        return tuple(sorted(found))


class Matcher:
    """Rules for one kind of events."""

    def __init__(self, rules: Iterable[Rule], columns: dict[str, str] | None = None) -> None:
        """Compile.

        columns: the log's fields that lie in columns → OCSF column; none means that all fields cost the same.
        Raises re2.error for an expression that RE2 cannot run.
        """
        by_condition: dict[Any, list[Rule]] = defaultdict(list)
        for rule in rules:
            by_condition[_key(rule.condition)].append(rule)
        self.rules = list(by_condition.values())
        conditions = [positive(alike[0].condition) for alike in self.rules]
        self.cheap = cheap_fields(columns or {})
        compiler = Compiler()
        self._nodes = [compiler.node(condition) for condition in conditions]
        doors: dict[str, Doors] = {}
        for place, found in enumerate(entries(conditions, self.cheap)):
            for entry in found:
                doors.setdefault(entry.field, Doors(entry.field)).add(entry, place)
        self._doors = tuple(doors.values())

    @property
    def dispatching(self) -> list[str]:
        """The fields that are looked at in every record."""
        return [doors.field for doors in self._doors if doors.field != TEXT]

    def columns(self, batch: EventBatch) -> Columns:
        """A batch as this matcher reads it."""
        return Columns(batch, self.cheap)

    def matches(self, batch: EventBatch | Columns) -> list[tuple[int, Rule]]:
        """Every row and rule that match, in order of rows."""
        columns = batch if isinstance(batch, Columns) else self.columns(batch)
        found: list[tuple[int, Rule]] = []
        for condition, candidates in self._candidates(columns).items():
            rows = self._nodes[condition](columns, sorted(candidates))
            found += [(row, rule) for row in rows for rule in self.rules[condition]]
        found.sort(key=lambda match: match[0])
        return found

    def _candidates(self, columns: Columns) -> dict[int, set[int]]:
        """{condition: rows that one of its entries lets in}."""
        candidates: dict[int, set[int]] = defaultdict(set)
        for doors in self._doors:
            column = columns.whole(doors.field)
            open_to = {value: opened for value in set(column) if (opened := doors.opened(value))}
            if not open_to:
                continue
            rows_of: dict[Any, list[int]] = defaultdict(list)
            for row, value in enumerate(column):
                if value in open_to:
                    rows_of[value].append(row)
            for value, rows in rows_of.items():
                for condition in open_to[value]:
                    candidates[condition].update(rows)
        return candidates
