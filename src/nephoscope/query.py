"""The query grammar of every list: `severity:(high or critical) -status:resolved last_seen:>-24h "stopped"`.

A query is terms side by side, all of which must hold; `or`, `and`, `not` and parentheses join them. A term is
`field:value`, `field>=value` (also `:>=`), `-term`, `field:(a or b)`, `field:*` (has any value) or a free word. A value
with spaces stands in double quotes; `*` outside of them is a wildcard. Times are RFC 3339, days, or `-24h` (so long
ago; s, m, h, d, w).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING, NoReturn

from nephoscope.model.errors import NephoscopeError
from nephoscope.model.finding import Severity
from nephoscope.model.query import Ago, And, Compare, Field, Negated, Node, Op, Or, Type, Value, Word

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST = 4_000
MOST_TERMS = 200
DEEPEST = 20
SPAN = re.compile(r"([+-]?)(\d{1,6})([smhdw])")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<open>\()|(?P<close>\))
    |(?P<quoted>"(?:[^"\\]|\\.)*")
    |(?P<field>[A-Za-z_][A-Za-z0-9_.]*)(?P<op>:>=|:<=|:>|:<|!=|>=|<=|>|<|=|:)
    |(?P<minus>-)(?=\S)
    |(?P<word>[^\s()"]+)""",
    re.VERBOSE | re.DOTALL,
)
OPS = {":": Op.EQUALS, "=": Op.EQUALS, "!=": Op.EQUALS, ">": Op.MORE, "<": Op.LESS, ">=": Op.AT_LEAST, "<=": Op.AT_MOST}
ORDERED = (Type.NUMBER, Type.TIME, Type.SEVERITY)
BOOLS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
OPERATORS = (":", ":>", ":>=", ":<", ":<=", "!=", "-", "and", "or", "not", "(", ")", "*")


class QueryError(NephoscopeError):
    """A query cannot be read. position: from 0, in its text."""

    def __init__(self, detail: str, position: int, nearest: str = "") -> None:
        super().__init__(f"{detail}{f'; did you mean {nearest}?' if nearest else ''}")
        self.detail = detail
        self.position = position
        self.nearest = nearest


@dataclass(frozen=True)
class Token:
    """A piece of a query. kind: open, close, quoted, field, minus, word, end. op: of a field."""

    kind: str
    text: str
    position: int
    op: str = ""


def parse(text: str, fields: Mapping[str, Field]) -> Node:
    """A query over these fields, typed. Raises QueryError."""
    if len(text) > LONGEST:
        raise QueryError(f"a query has at most {LONGEST} characters", LONGEST)
    return Parser(list(_tokens(text)), fields).whole()


def _tokens(text: str) -> list[Token]:
    found: list[Token] = []
    place = 0
    while place < len(text):
        match = TOKEN.match(text, place)
        if match is None:
            raise QueryError("a quote is not closed", place)
        kind = match.lastgroup or ""
        if kind == "op":
            found.append(Token("field", match["field"], place, match["op"]))
        elif kind != "space":
            found.append(Token(kind, match[0], place))
        place = match.end()
    return [*found, Token("end", "", len(text))]


class Parser:
    """Recursive descent over tokens; it stops at the first fault."""

    def __init__(self, tokens: list[Token], fields: Mapping[str, Field]) -> None:
        self._tokens = tokens
        self._fields = fields
        self._place = 0
        self._terms = 0
        self._depth = 0

    def whole(self) -> Node:
        """The query, to its end."""
        if self._next.kind == "end":
            return And()
        found = self._either()
        if self._next.kind != "end":
            raise QueryError("there is no parenthesis to close", self._next.position)
        return found

    @property
    def _next(self) -> Token:
        return self._tokens[self._place]

    def _take(self) -> Token:
        token = self._next
        self._place += 1
        return token

    def _is_keyword(self, word: str) -> bool:
        return self._next.kind == "word" and self._next.text.lower() == word

    def _either(self) -> Node:
        self._depth += 1
        if self._depth > DEEPEST:
            raise QueryError(f"a query nests at most {DEEPEST} deep", self._next.position)
        parts = [self._all()]
        while self._is_keyword("or"):
            self._take()
            parts.append(self._all())
        self._depth -= 1
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _all(self) -> Node:
        parts = [self._one()]
        while self._next.kind not in ("end", "close") and not self._is_keyword("or"):
            if self._is_keyword("and"):
                self._take()
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _one(self) -> Node:
        negations = 0
        while self._next.kind == "minus" or self._is_keyword("not"):
            negations += 1
            self._take()
        found = self._term()
        return Negated(found) if negations % 2 else found

    def _term(self) -> Node:
        token = self._take()
        self._terms += 1
        if self._terms > MOST_TERMS:
            raise QueryError(f"a query has at most {MOST_TERMS} terms", token.position)
        if token.kind == "open":
            found = self._either()
            self._close(token)
            return found
        if token.kind == "field":
            return self._compared(token)
        if token.kind == "quoted":
            return Word(unquoted(token.text))
        if token.kind == "word" and token.text.lower() not in ("and", "or"):
            return Word(token.text)
        raise QueryError("a term is missing here", token.position)

    def _close(self, opened: Token) -> None:
        if self._next.kind != "close":
            raise QueryError("this parenthesis is not closed", opened.position)
        self._take()

    def _compared(self, token: Token) -> Node:
        field = self._field(token)
        if self._next.kind == "open":
            opened = self._take()
            found: Node = Or(tuple(self._listed(field, token)))
            self._close(opened)
        else:
            found = self._value(field, token)
        return Negated(found) if token.op == "!=" else found

    def _field(self, token: Token) -> Field:
        name = token.text
        field = self._fields.get(name) or self._fields.get(f"{name}_at")
        if field is None:
            near = get_close_matches(name, self._fields, 1, 0.5)
            known = "" if near else f"; there are {', '.join(sorted(self._fields))}"
            raise QueryError(f"there is no field {name}{known}", token.position, near[0] if near else "")
        return field

    def _listed(self, field: Field, token: Token) -> list[Node]:
        parts: list[Node] = []
        while self._next.kind != "close":
            if self._is_keyword("or"):
                self._take()
                continue
            self._terms += 1
            if self._terms > MOST_TERMS:
                raise QueryError(f"a query has at most {MOST_TERMS} terms", self._next.position)
            parts.append(self._value(field, token))
        if not parts:
            raise QueryError("a value is missing here", self._next.position)
        return parts

    def _value(self, field: Field, token: Token) -> Node:
        found = self._take()
        text, start = found.text, found.position
        if found.kind == "minus":  # of a number, or of a time ago
            found = self._take()
            text = f"-{found.text}"
        if found.kind == "field":  # a value with a colon in it: AWS::S3::Bucket, arn:aws:…
            text += found.op + self._rest(found.position + len(found.text) + len(found.op))
        elif found.kind == "quoted":
            return typed(field, OPS[token.op.removeprefix(":") or ":"], unquoted(text), start, is_quoted=True)
        elif found.kind != "word":
            raise QueryError(f"a value of {field.name} is missing here", start)
        return typed(field, OPS[token.op.removeprefix(":") or ":"], text, start)

    def _rest(self, end: int) -> str:
        """What follows a value without a space."""
        text = ""
        while self._next.kind in ("word", "field", "minus") and self._next.position == end:
            token = self._take()
            text += token.text + token.op
            end = token.position + len(token.text) + len(token.op)
        return text


def unquoted(text: str) -> str:
    """The text within quotes."""
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)


def quoted(text: str) -> str:
    """A value as it stands in a query: in quotes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def typed(field: Field, op: Op, text: str, position: int, *, is_quoted: bool = False) -> Node:
    """A comparison whose value is of the field's type. Raises QueryError."""
    if op is not Op.EQUALS and field.type not in ORDERED:
        raise QueryError(f"{field.name} has no order", position)
    if text == "*" and not is_quoted:
        return Compare(field.name, Op.SET)
    if field.type is Type.TIME:
        return _moment(field, op, text, position)
    if field.type in (Type.TEXT, Type.WORD):
        if "*" in text and not is_quoted:
            return Compare(field.name, Op.LIKE, tuple(text.split("*")))
        if field.values and text not in field.values:
            _not_among(field, text, position)
        return Compare(field.name, Op.CONTAINS if field.type is Type.TEXT else Op.EQUALS, text)
    return Compare(field.name, op, _plain(field, text, position))


def _plain(field: Field, text: str, position: int) -> Value:
    if field.type is Type.BOOL:
        if text.lower() not in BOOLS:
            raise QueryError(f"{field.name} is true or false", position)
        return BOOLS[text.lower()]
    if field.type is Type.SEVERITY:
        if text.lower() not in set(Severity):
            _not_among(field, text, position)
        return text.lower()
    try:
        number = float(text)
    except ValueError:
        raise QueryError(f"{field.name} is a number, and {text} is none", position) from None
    if not abs(number) < 1e15:
        raise QueryError(f"{text} is too large a number", position)
    return int(number) if number.is_integer() else number


def _not_among(field: Field, text: str, position: int) -> NoReturn:
    known = field.values or tuple(Severity)
    near = get_close_matches(text.lower(), [str(each) for each in known], 1, 0.5)
    raise QueryError(f"{text} is none of {', '.join(known)}", position, near[0] if near else "")


def _moment(field: Field, op: Op, text: str, position: int) -> Node:
    if span := SPAN.fullmatch(text):
        length = timedelta(seconds=int(span[2]) * SECONDS[span[3]])
        if length > timedelta(days=36_500):
            raise QueryError(f"{text} is too long ago", position)
        ago = Ago(-length if span[1] == "+" else length)
        return Compare(field.name, Op.AT_LEAST if op is Op.EQUALS else op, ago)
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        until = moment + timedelta(days=1)
    except (ValueError, OverflowError):
        raise QueryError(f"{text} is neither a time, a day nor a span like -24h", position) from None
    if op is Op.EQUALS and DAY.fullmatch(text):
        return And((Compare(field.name, Op.AT_LEAST, moment), Compare(field.name, Op.LESS, until)))
    return Compare(field.name, op, moment)
