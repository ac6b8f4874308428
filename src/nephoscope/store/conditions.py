"""A rule's condition as ClickHouse SQL over `events`: for hunts and backtests, and the oracle of the column matcher.

It is plain on purpose: each term stands by itself, JSON is walked key by key through lists, and everything from a
rule is a bound parameter. A key that is not there is no value, never ''.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import re2

from nephoscope.model.condition import FIELD_TESTS, TIME_TESTS, All, Condition, Not, Term, Test
from nephoscope.model.errors import StoreError
from nephoscope.model.event import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nephoscope.store.lake import LakeReader

JSON_COLUMNS = ("api.request.data", "api.response.data", "unmapped")
TYPES = {column.name: column.type for column in COLUMNS}
TEXTS = tuple(column.name for column in COLUMNS if "String" in column.type and not column.name.startswith("origin."))
COMPARED = {Test.LESS: "<", Test.AT_MOST: "<=", Test.MORE: ">", Test.AT_LEAST: ">="}
PARTS = {
    Test.MINUTE: "toMinute",
    Test.HOUR: "toHour",
    Test.DAY: "toDayOfMonth",
    Test.WEEK: "toISOWeek",
    Test.MONTH: "toMonth",
    Test.YEAR: "toYear",
}
ELEMENTS = "arrayFlatten(arrayMap(v -> if(JSONType(v) = 'Array', JSONExtractArrayRaw(v), [v]), {}))"
TEXT = "multiIf(JSONType(v) = 'String', JSONExtractString(v), JSONType(v) = 'Double', toString(JSONExtractFloat(v)), v)"


@dataclass
class Where:
    """A condition as an expression with its parameters, as they gather while it is written."""

    columns: Mapping[str, str]
    parameters: dict[str, Any] = field(default_factory=dict[str, Any])

    def bind(self, value: Any, kind: str) -> str:
        """A bound parameter."""
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return f"{{{name}:{kind}}}"

    def render(self, condition: Condition) -> str:
        """The expression; 0 or 1, never NULL."""
        if isinstance(condition, Not):
            return f"NOT ({self.render(condition.part)})"
        if isinstance(condition, Term):
            return self._term(condition)
        word = " AND " if isinstance(condition, All) else " OR "
        empty = "1" if isinstance(condition, All) else "0"
        return word.join(f"({self.render(part)})" for part in condition.parts) or empty

    def _term(self, term: Term) -> str:
        if not term.field:
            return self._keyword(term)
        if term.test in FIELD_TESTS:
            return self._reference(term)
        place = self._place(term.field)
        if term.test is Test.EXISTS:
            return place.exists if term.values[0] else f"NOT ({place.exists})"
        if term.test is Test.IS_NULL:
            return place.null
        return place.any_text(self._predicate(term, "x"))

    def _place(self, name: str) -> Place:
        """Where a field lies: in a column, or in a JSON column at a path."""
        column = self.columns.get(name, "")
        if column and column not in JSON_COLUMNS:
            return Place.in_column(column)
        for split in range(len(name), 0, -1):
            head, rest = name[:split], name[split + 1 :]
            column = self.columns.get(head, "")
            if column in JSON_COLUMNS and (not rest or name[split] == "."):
                return Place.in_json(self._walk(f"ifNull(`{column}`, '')", rest))
        return Place.in_json(self._walk("ifNull(unmapped, '')", name))

    def _walk(self, text: str, path: str) -> str:
        """The raw JSON values at a path of a JSON text, as an array; empty where there is none."""
        values = f"arrayFilter(v -> v != '', [{text}])"
        return self._deeper(values, path) if path else values

    def _deeper(self, values: str, path: str) -> str:
        whole = self.bind(path, "String")
        head, dot, rest = path.partition(".")
        found = f"[JSONExtractRaw(o, {whole})]"
        if dot:
            inner = self._deeper(f"arrayFilter(r -> r != '', [JSONExtractRaw(o, {self.bind(head, 'String')})])", rest)
            found = f"if(JSONHas(o, {whole}), {found}, {inner})"
        return f"arrayFilter(r -> r != '', arrayFlatten(arrayMap(o -> {found}, {ELEMENTS.format(values)})))"

    def _predicate(self, term: Term, text: str) -> str:
        """Whether a text expression passes a term."""
        folded = text if term.cased else f"lowerUTF8({text})"
        values = [_printed(value) if term.cased else _printed(value).lower() for value in term.values]
        match term.test:
            case Test.EQUALS:
                return f"has({self.bind(values, 'Array(String)')}, {folded})"
            case Test.CONTAINS | Test.STARTS | Test.ENDS:
                return self._either(_text_test(term.test, folded, self.bind(value, "String")) for value in values)
            case Test.WILDCARD:
                flags = "(?s)" if term.cased else "(?is)"
                patterns = [flags + _wildcard(value) for value in term.values]
                return self._either(f"match({text}, {self.bind(pattern, 'String')})" for pattern in patterns)
            case Test.REGEX:
                return self._regex(term, text)
            case _:
                return self._measured(term, text)

    def _regex(self, term: Term, text: str) -> str:
        flags = f"(?{term.flags})" if term.flags else ""
        flags += "" if "s" in term.flags else "(?-s)"
        return self._either(f"match({text}, {self.bind(f'{flags}{value}', 'String')})" for value in term.values)

    def _measured(self, term: Term, text: str) -> str:
        if term.test is Test.CIDR:
            is_address = f"(isIPv4String({text}) OR isIPv6String({text}))"
            safe = f"if({is_address}, {text}, '0.0.0.0')"
            within = (f"isIPAddressInRange({safe}, {self.bind(value, 'String')})" for value in term.values)
            return f"({is_address} AND {self._either(within)})"
        if term.test in TIME_TESTS:
            wanted = self.bind([int(str(value)) for value in term.values], "Array(Int32)")
            moment = f"parseDateTime64BestEffortOrNull({text}, 3, 'UTC')"
            return f"ifNull(has({wanted}, {PARTS[term.test]}({moment})), 0)"
        limits = [float(str(value)) for value in term.values]
        operator = COMPARED[term.test]
        return self._either(
            f"ifNull(toFloat64OrNull({text}) {operator} {self.bind(limit, 'Float64')}, 0)" for limit in limits
        )

    def _either(self, tests: Any) -> str:
        return f"({' OR '.join(tests) or '0'})"

    def _reference(self, term: Term) -> str:
        test = {Test.FIELD_STARTS: Test.STARTS, Test.FIELD_ENDS: Test.ENDS, Test.FIELD_CONTAINS: Test.CONTAINS}
        mine, theirs = ("a", "b") if term.cased else ("lowerUTF8(a)", "lowerUTF8(b)")
        kind = test.get(term.test)
        compared = _text_test(kind, mine, theirs) if kind else f"{mine} = {theirs}"
        texts = self._place(term.field).texts
        others = (self._place(str(value)).texts for value in term.values)
        return self._either(f"arrayExists(a -> arrayExists(b -> {compared}, {other}), {texts})" for other in others)

    def _keyword(self, term: Term) -> str:
        """Keywords are looked for in all texts that the lake holds of a record."""
        whole = f"concatWithSeparator('\\n', {', '.join(f'ifNull(toString(`{name}`), {_EMPTY})' for name in TEXTS)})"
        if term.test is Test.REGEX:
            return self._regex(term, whole)
        patterns = [
            Term(term.field, Test.REGEX, (_wildcard(value)[2:-2],), flags="s" if term.cased else "is")
            if isinstance(value, tuple)
            else Term(term.field, Test.CONTAINS, (value,), term.cased)
            for value in term.values
        ]
        return self._either(self._predicate(pattern, whole) for pattern in patterns)


_EMPTY = "''"


@dataclass(frozen=True)
class Place:
    """How to ask for a field: whether it is there, whether it is null, and its values as an array of texts."""

    exists: str
    null: str
    texts: str
    column: str = ""

    @classmethod
    def in_column(cls, name: str) -> Place:
        """A typed column, whose NULL is absent or null alike; so is '' where it cannot be NULL."""
        kind = TYPES[name]
        text = f"toString(`{name}`)"
        if "DateTime64" in kind:
            text = f"formatDateTime(`{name}`, '%Y-%m-%dT%H:%i:%SZ', 'UTC')"
        value = text if "Nullable" in kind else f"nullIf({text}, '')"
        exists = f"isNotNull({value})"
        return cls(exists, f"NOT ({exists})", f"if({exists}, [assumeNotNull({value})], [])", value)

    @classmethod
    def in_json(cls, values: str) -> Place:
        """An array of raw JSON values."""
        elements = ELEMENTS.format(ELEMENTS.format(values))
        texts = f"arrayMap(v -> {TEXT}, arrayFilter(v -> v != 'null', {elements}))"
        return cls(f"notEmpty({values})", f"(empty({values}) OR {values} = ['null'])", texts)

    def any_text(self, predicate: str) -> str:
        """Whether any of the values passes; the predicate names one `x`."""
        return f"arrayExists(x -> {predicate}, {self.texts})"


def _text_test(test: Test, text: str, part: str) -> str:
    if test is Test.CONTAINS:
        return f"position({text}, {part}) > 0"
    return f"{'startsWith' if test is Test.STARTS else 'endsWith'}({text}, {part})"


def _printed(value: Any) -> str:
    """As the values of events are printed."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _wildcard(parts: Any) -> str:
    pattern, single = "", False
    for place, part in enumerate(parts):
        pattern += "." if part is None else ("" if single or not place else ".*") + re2.escape(part)
        single = part is None
    return rf"\A{pattern}\z"


def where(condition: Condition, columns: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """An expression over `events` that is 1 where a condition holds, and its parameters.

    columns: the source's; the log's field → OCSF column. Raises StoreError for a column that events do not have.
    """
    unknown = sorted(set(columns.values()) - set(TYPES))
    if unknown:
        raise StoreError(f"Events have no columns {', '.join(unknown)}")
    found = Where(columns)
    return found.render(condition), found.parameters


def events_matching(
    lake: LakeReader, condition: Condition, columns: Mapping[str, str], source: str, limit: int = 10_000
) -> list[dict[str, Any]]:
    """The events of a source for which a condition holds, oldest first."""
    expression, parameters = where(condition, columns)
    return lake.rows(
        f"SELECT * FROM events WHERE `metadata.log_name` = {{source:String}} AND ({expression}) "
        "ORDER BY time, `metadata.uid` LIMIT {limit:UInt32}",
        {**parameters, "source": source, "limit": limit},
    )
