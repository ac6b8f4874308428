"""A list's query as an expression of the lake: the columns are ours, every value is a bound parameter."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import re2

from nephoscope.model.query import And, Compare, Field, Negated, Node, Op, Or, Type, Word, at

if TYPE_CHECKING:
    from collections.abc import Mapping

ZONED = "DateTime64(3, 'UTC')"
ORDERS = {Op.EQUALS: "=", Op.LESS: "<", Op.AT_MOST: "<=", Op.MORE: ">", Op.AT_LEAST: ">="}


@dataclass
class Expression:
    """An expression and its parameters, as they gather while it is written.

    columns: field → expression over the table. words: expression of the text that free words are looked for in.
    """

    fields: Mapping[str, Field]
    columns: Mapping[str, str]
    words: str
    now: datetime
    parameters: dict[str, Any] = field(default_factory=dict[str, Any])

    def bind(self, value: Any, kind: str) -> str:
        """A bound parameter."""
        name = f"q{len(self.parameters)}"
        self.parameters[name] = value
        return f"{{{name}:{kind}}}"

    def render(self, node: Node) -> str:
        """The expression; 0 or 1, never NULL."""
        if isinstance(node, Negated):
            return f"NOT ({self.render(node.part)})"
        if isinstance(node, Word):
            return self._contains(self.words, node.text)
        if isinstance(node, And | Or):
            word, empty = (" AND ", "1") if isinstance(node, And) else (" OR ", "0")
            return word.join(f"({self.render(part)})" for part in node.parts) or empty
        known = self.fields[node.field]
        column = self.columns[node.field]
        if known.is_many:
            if node.op is Op.SET:
                return f"notEmpty({column})"
            return f"arrayExists(x -> {self._one(node, known, 'x')}, {column})"
        return self._one(node, known, column)

    def _one(self, node: Compare, known: Field, column: str) -> str:
        if node.op is Op.SET:
            return f"ifNull(toString({column}), '') != ''"
        if node.op is Op.CONTAINS:
            return self._contains(f"ifNull(toString({column}), '')", str(node.value))
        if node.op is Op.LIKE and isinstance(node.value, tuple):
            pattern = r"(?is)\A" + ".*".join(re2.escape(_sendable(part)) for part in node.value) + r"\z"
            return f"match(ifNull(toString({column}), ''), {self.bind(pattern, 'String')})"
        return f"ifNull({column} {ORDERS[node.op]} {self._value(known, at(node.value, self.now))}, 0)"

    def _contains(self, text: str, part: str) -> str:
        return f"position(lower({text}), lower({self.bind(_sendable(part), 'String')})) > 0"

    def _value(self, known: Field, value: Any) -> str:
        if known.type is Type.BOOL:
            return "true" if value else "false"
        if isinstance(value, datetime):
            return self.bind(value, ZONED)
        if known.type is Type.NUMBER:
            return self.bind(float(value), "Float64")
        return self.bind(_sendable(str(value)), "String")


def _sendable(text: str) -> str:
    """Text that goes over to the engine: no half of a surrogate pair."""
    return text.encode(errors="replace").decode()
