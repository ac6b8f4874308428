"""CEL's syntax and types, as far as our expressions go: says what is wrong with one before it is ever evaluated."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from nephoscope.model.errors import ContentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# "string", "int", "double", "bool", "timestamp", "duration", "null", "dyn", "list(string)", "map(string)", or fields
Type = str | Mapping[str, "Type"]

DEEPEST = 40
DEEPEST_MACRO = 2
TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*)
    |(?P<text>r?(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'))
    |(?P<number>0x[0-9a-fA-F]+|\d+\.\d+(?:[eE][+-]?\d+)?|\d+(?:[eE][+-]?\d+)?)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<sign>\|\||&&|[<>=!]=|[-+*/%<>!?:.,()\[\]{}])""",
    re.VERBOSE,
)
FUNCTIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "contains": (("string", "string"), "bool"),
    "startsWith": (("string", "string"), "bool"),
    "endsWith": (("string", "string"), "bool"),
    "matches": (("string", "string"), "bool"),
    "size": (("sized",), "int"),
    "int": (("dyn",), "int"),
    "double": (("dyn",), "double"),
    "string": (("dyn",), "string"),
    "timestamp": (("string",), "timestamp"),
    "duration": (("string",), "duration"),
    **{
        f"get{part}": (("timestamp",), "int")
        for part in ("FullYear", "Month", "Date", "DayOfMonth", "Hours", "Minutes", "Seconds")
    },
}
MACROS = ("exists", "all", "exists_one", "filter", "map")
SUMS = {
    ("timestamp", "-", "timestamp"): "duration",
    ("timestamp", "-", "duration"): "timestamp",
    ("timestamp", "+", "duration"): "timestamp",
    ("duration", "+", "timestamp"): "timestamp",
    ("duration", "+", "duration"): "duration",
    ("duration", "-", "duration"): "duration",
    ("string", "+", "string"): "string",
}
ORDERED = {"int", "double", "string", "timestamp", "duration", "bool"}


def shortened(text: str) -> str:
    """An expression as an error shows it."""
    return repr(text if len(text) <= 80 else f"{text[:77]}…")


def named(kind: Type) -> str:
    return kind if isinstance(kind, str) else "an object"


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int


class Checker:
    """Recursive descent over one expression; each method returns the type of what it has read."""

    def __init__(self, text: str, schema: Mapping[str, Type], where: str, check_pattern: Callable[[str], str]) -> None:
        self.where = where
        self.check_pattern = check_pattern
        self.text = text
        self.scopes: list[Mapping[str, Type]] = [schema]
        self.tokens = list(self._tokens())
        self.next = 0
        self.depth = 0
        self.macros = 0

    def check(self) -> Type:
        kind = self.expression()
        if self.peek():
            raise self.error(f"{self.peek()!r} does not belong there")
        return kind

    def expression(self) -> Type:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.error(f"nested more than {DEEPEST} deep")
        kind = self.either()
        if self.take("?"):
            self.need(kind, "bool", "the condition before ?")
            kind = self.either()
            self.expect(":")
            other = self.expression()
            kind = self.same(kind, other, "the two sides of :")
        self.depth -= 1
        return kind

    def either(self) -> Type:
        return self.logical("||", self.both)

    def both(self) -> Type:
        return self.logical("&&", self.relation)

    def logical(self, sign: str, part: Any) -> Type:
        kind = part()
        while self.take(sign):
            self.need(kind, "bool", f"the left of {sign}")
            self.need(part(), "bool", f"the right of {sign}")
            kind = "bool"
        return kind

    def relation(self) -> Type:
        kind = self.sum()
        while sign := self.take("==", "!=", "<", "<=", ">", ">=", "in"):
            right = self.sum()
            self.compare(kind, sign, right)
            kind = "bool"
        return kind

    def compare(self, left: Type, sign: str, right: Type) -> None:
        if sign == "in":
            self.same(left, self.element(right, "in"), "an element and its list")
            return
        together = self.same(left, right, f"the two sides of {sign}")
        if sign not in ("==", "!=") and together not in ORDERED | {"dyn"}:
            raise self.error(f"{named(together)} has no order for {sign}")

    def sum(self) -> Type:
        kind = self.product()
        while sign := self.take("+", "-"):
            kind = self.add(kind, sign, self.product())
        return kind

    def add(self, left: Type, sign: str, right: Type) -> Type:
        if "dyn" in (left, right):
            return "dyn"
        if isinstance(left, str) and left == right and (left in ("int", "double") or left.startswith("list")):
            return left
        kind = SUMS.get((named(left), sign, named(right)))
        if kind is None:
            raise self.error(f"{named(left)} {sign} {named(right)} means nothing")
        return kind

    def product(self) -> Type:
        kind = self.unary()
        while sign := self.take("*", "/", "%"):
            right = self.same(kind, self.unary(), f"the two sides of {sign}")
            if right not in ("int", "double", "dyn"):
                raise self.error(f"{named(right)} cannot be calculated with {sign}")
        return kind

    def unary(self) -> Type:
        sign = self.take("!", "-")
        if sign and self.peek() in ("!", "-"):
            raise self.error(f"{sign} is repeated")
        kind = self.member()
        if sign == "!":
            self.need(kind, "bool", "what ! negates")
        elif sign and kind not in ("int", "double", "dyn"):
            raise self.error(f"- before {named(kind)} means nothing")
        return kind

    def member(self) -> Type:
        kind = self.primary()
        while sign := self.take(".", "["):
            if sign == "[":
                kind = self.index(kind)
                continue
            name = self.identifier()
            kind = self.call(name, kind) if self.take("(") else self.select(kind, name)
        return kind

    def index(self, kind: Type) -> Type:
        inner = self.expression()
        self.expect("]")
        if isinstance(kind, str) and kind.startswith("list"):
            self.need(inner, "int", "the place in a list")
        elif kind != "dyn":
            self.need(inner, "string", "the key")
        return self.element(kind, "[]")

    def select(self, kind: Type, name: str) -> Type:
        if isinstance(kind, Mapping):
            return self.field(kind, name, "field")
        if kind == "dyn" or kind.startswith("map"):
            return self.element(kind, ".")
        raise self.error(f"{kind} has no field {name}")

    def primary(self) -> Type:
        token = self.token()
        if token.kind == "number":
            return "double" if re.search(r"[.eE]", token.text) and not token.text.startswith("0x") else "int"
        if token.kind == "text":
            return "string"
        if token.kind == "name":
            return self.term(token.text)
        if token.text == "(":
            kind = self.expression()
            self.expect(")")
            return kind
        if token.text == "[":
            return self.listing()
        raise self.error(f"{token.text!r} does not belong there")

    def listing(self) -> Type:
        kind: Type = "dyn"
        while not self.take("]"):
            each = self.expression()
            kind = each if kind == "dyn" else self.same(kind, each, "elements of one list")
            if not self.take(","):
                self.expect("]")
                break
        return f"list({named(kind)})" if isinstance(kind, str) else "list(dyn)"

    def term(self, name: str) -> Type:
        if name in ("true", "false"):
            return "bool"
        if name == "null":
            return "null"
        if not self.take("("):
            return self.field({known: kind for scope in self.scopes for known, kind in scope.items()}, name, "name")
        if name == "has":
            self.member()
            self.expect(")")
            return "bool"
        return self.call(name, None)

    def call(self, name: str, receiver: Type | None) -> Type:
        if receiver is not None and name in MACROS:
            return self.macro(name, receiver)
        if name not in FUNCTIONS:
            raise self.error(f"there is no function {name}{_nearest(name, [*FUNCTIONS, *MACROS, 'has'])}")
        wanted, result = FUNCTIONS[name]
        start = self.next
        given = ([] if receiver is None else [receiver]) + self.arguments()
        if len(given) != len(wanted):
            raise self.error(f"{name} takes {len(wanted)} values, not {len(given)}")
        for kind, need in zip(given, wanted, strict=True):
            self.need(kind, need, name)
        if name == "matches":
            self.pattern(self.tokens[start])
        return result

    def pattern(self, token: _Token) -> None:
        if token.kind != "text":
            raise self.error("the pattern of matches has to be written out")
        if wrong := self.check_pattern(token.text):
            raise self.error(f"the pattern of matches is wrong: {wrong}")

    def arguments(self) -> list[Type]:
        kinds: list[Type] = []
        while not self.take(")"):
            kinds.append(self.expression())
            if not self.take(","):
                self.expect(")")
                break
        return kinds

    def macro(self, name: str, receiver: Type) -> Type:
        self.macros += 1
        if self.macros > DEEPEST_MACRO:
            raise self.error(f"macros nested more than {DEEPEST_MACRO} deep")
        variable = self.identifier()
        self.expect(",")
        self.scopes.append({variable: self.element(receiver, name)})
        kind = self.expression()
        self.scopes.pop()
        self.expect(")")
        self.macros -= 1
        if name == "map":
            return f"list({named(kind)})" if isinstance(kind, str) else "list(dyn)"
        self.need(kind, "bool", name)
        return receiver if name == "filter" else "bool"

    def field(self, fields: Mapping[str, Type], name: str, what: str) -> Type:
        if name not in fields:
            raise self.error(f"there is no {what} {name}{_nearest(name, list(fields))}")
        return fields[name]

    def element(self, kind: Type, sign: str) -> Type:
        if kind == "dyn":
            return "dyn"
        if isinstance(kind, str) and (found := re.fullmatch(r"(?:list|map)\((.*)\)", kind)):
            return found[1]
        raise self.error(f"{named(kind)} is no list or map, as {sign} needs")

    def need(self, kind: Type, wanted: str, what: str) -> None:
        is_sized = wanted == "sized" and isinstance(kind, str) and kind.startswith(("string", "list", "map"))
        if kind != wanted and "dyn" not in (kind, wanted) and not is_sized:
            expected = "text, list or map" if wanted == "sized" else wanted
            raise self.error(f"{what} has to be {expected}, and is {named(kind)}")

    def same(self, left: Type, right: Type, what: str) -> Type:
        if left == right or right in ("dyn", "null"):
            return left
        if left in ("dyn", "null"):
            return right
        if {named(left), named(right)} <= {"list(dyn)", named(left), "list(string)"} and "list(dyn)" in (
            left,
            right,
        ):
            return left
        raise self.error(f"{what} are {named(left)} and {named(right)}")

    def identifier(self) -> str:
        token = self.token()
        if token.kind != "name":
            raise self.error(f"{token.text!r} is no name")
        return token.text

    def expect(self, sign: str) -> None:
        if not self.take(sign):
            raise self.error(f"{sign} is missing" + (f" before {self.peek()!r}" if self.peek() else " at the end"))

    def take(self, *signs: str) -> str:
        token = self.tokens[self.next] if self.next < len(self.tokens) else None
        if token and token.kind != "text" and token.text in signs:
            self.next += 1
            return token.text
        return ""

    def peek(self) -> str:
        return self.tokens[self.next].text if self.next < len(self.tokens) else ""

    def token(self) -> _Token:
        if self.next >= len(self.tokens):
            raise self.error("the expression ends too early")
        self.next += 1
        return self.tokens[self.next - 1]

    def error(self, reason: str) -> ContentError:
        place = self.tokens[self.next - 1].at if 0 < self.next <= len(self.tokens) else 0
        return ContentError(self.where, f"{shortened(self.text)}, character {place + 1}: {reason}")

    def _tokens(self) -> Iterator[_Token]:
        at = 0
        while at < len(self.text):
            found = TOKEN.match(self.text, at)
            if not found or found.lastgroup is None:
                raise ContentError(self.where, f"{shortened(self.text)}, character {at + 1}: is not understood")
            if found.lastgroup != "space":
                yield _Token(found.lastgroup, found[0], at)
            at = found.end()


def _nearest(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    return f"; the nearest is {near[0]}" if near else f"; there are {', '.join(sorted(known)[:30])}"
