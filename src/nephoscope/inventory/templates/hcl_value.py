"""HCL expressions, as far as the files alone decide them; all else is Unresolved.

Source: https://developer.hashicorp.com/terraform/language/expressions
"""

from __future__ import annotations

import operator
import re
import textwrap
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from nephoscope.inventory.templates.hcl_functions import FUNCTIONS
from nephoscope.inventory.templates.unresolved import (
    MAX_TEXT,
    TOO_LARGE,
    UNKNOWN,
    Unresolved,
    bounded,
    partly,
    unresolved_in,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_ELEMENTS = 100_000
BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
}
LITERALS = {"true": True, "false": False, "null": None}
ESCAPE = re.compile(r'\\(n|r|t|"|\\|u[0-9a-fA-F]{4})')
ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}
HEREDOC = re.compile(r"<<(-?)([\w.-]+)\n(.*?)\n?[ \t]*\2\n?\Z", re.DOTALL)


@dataclass(frozen=True)
class Scope:
    """What names stand for. names: roots such as `var`, `local`, `each`. references: addresses of declared resources
    (`aws_kms_key.key`), whose attributes are symbolic text. parse: evaluates a heredoc. prefix: the module's address.
    read: a file's text by its path, with a table of names if it is a template.
    Values may be Unresolved.
    """

    names: Mapping[str, Any]
    references: frozenset[str] = frozenset()
    parse: Callable[[str], Any] = field(default=lambda text: text, repr=False)
    prefix: str = ""
    read: Callable[..., Any] = field(default=lambda *_: Unresolved("files are not read here"), repr=False)

    def with_names(self, **names: Any) -> Scope:
        """The same scope with more names, for a `for` or `each`."""
        return replace(self, names={**self.names, **names})


def evaluate(tree: Any, scope: Scope) -> Any:
    """The value of an expression's syntax tree, or Unresolved with the cause."""
    try:
        return _value(tree, scope)
    except RecursionError:
        return TOO_LARGE
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, ArithmeticError, re.error) as error:
        return Unresolved(f"an expression could not be evaluated: {type(error).__name__}: {error}"[:200])


def _value(tree: Any, scope: Scope) -> Any:
    handler = HANDLERS.get(str(tree.data))
    return handler(tree, scope) if handler else Unresolved(f"{tree.data} expressions are not supported")


def _parts(tree: Any) -> list[Any]:
    """A tree's children that are trees and carry meaning."""
    return [each for each in tree.children if hasattr(each, "data") and each.data != "new_line_or_comment"]


def _expr_term(tree: Any, scope: Scope) -> Any:
    return _value(_parts(tree)[0], scope)


def _string(tree: Any, scope: Scope) -> Any:
    parts = [_string_part(part, scope) for part in _parts(tree)]
    if hole := next((part for part in parts if isinstance(part, Unresolved)), None):
        known = "".join(as_text(part) for part in parts if not isinstance(part, Unresolved))
        text = "".join(UNKNOWN if isinstance(part, Unresolved) else as_text(part) for part in parts)
        return partly(hole, text, known) if len(text) <= MAX_TEXT else TOO_LARGE
    if len(parts) == 1 and not isinstance(parts[0], str):
        return parts[0]
    texts = [as_text(part) for part in parts]
    return "".join(texts) if sum(map(len, texts)) <= MAX_TEXT else TOO_LARGE


def _string_part(part: Any, scope: Scope) -> Any:
    child = part.children[0]
    if not hasattr(child, "data"):
        text = str(child)
        return text[1:] if text.startswith(("$${", "%%{")) else ESCAPE.sub(_unescaped, text)
    if child.data == "interpolation":
        return evaluate(_parts(child)[0], scope)
    return Unresolved("template directives are not supported")


def _unescaped(match: re.Match[str]) -> str:
    code = match[1]
    return chr(int(code[1:], 16)) if code.startswith("u") else ESCAPED.get(code, code)


def as_text(value: Any) -> str:
    """A value as an interpolation writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _heredoc(tree: Any, scope: Scope) -> Any:
    match = HEREDOC.match(str(tree.children[0]))
    if not match:
        return Unresolved("a heredoc could not be read")
    text = textwrap.dedent(match[3]) if match[1] else match[3]
    if "${" not in text and "%{" not in text:
        return text + "\n"
    return scope.parse(text + "\n") if "%{" not in text else Unresolved("template directives are not supported")


def _tuple(tree: Any, scope: Scope) -> list[Any]:
    return [evaluate(each, scope) for each in _parts(tree)]


def _object(tree: Any, scope: Scope) -> Any:
    found: dict[str, Any] = {}
    for element in _parts(tree):
        key_tree, value_tree = _parts(element)
        key = _key(key_tree, scope)
        if isinstance(key, Unresolved):
            return key
        found[as_text(key)] = evaluate(value_tree, scope)
    return found


def _key(tree: Any, scope: Scope) -> Any:
    """An object's key: a bare name is itself, not a reference."""
    inner = _parts(tree)[0] if _parts(tree) else tree
    while inner.data == "expr_term" and len(_parts(inner)) == 1 and len(inner.children) == 1:
        inner = _parts(inner)[0]
    if inner.data in ("identifier", "keyword"):
        return str(inner.children[0])
    return evaluate(inner, scope)


def _identifier(tree: Any, scope: Scope) -> Any:
    name = str(tree.children[0])
    return scope.names[name] if name in scope.names else Unresolved(f"nothing here is named {name[:100]}")


def _traversal(tree: Any, scope: Scope) -> Any:
    """`a.b[0].c`: a known name's part, or a declared resource's attribute as symbolic text."""
    steps: list[Any] = []
    while True:
        if tree.data == "expr_term" and len(_parts(tree)) == 1:
            tree = _parts(tree)[0]
        elif tree.data in ("get_attr_expr_term", "index_expr_term"):
            tree, step = _parts(tree)
            steps.append(_step(step, scope))
        else:
            break
    steps.reverse()
    if hole := unresolved_in(*steps):
        return hole
    if tree.data == "identifier" and str(tree.children[0]) not in scope.names:
        return _symbol(str(tree.children[0]), steps, scope)
    return walk(evaluate(tree, scope), steps)


def _step(tree: Any, scope: Scope) -> Any:
    if tree.data == "get_attr":
        return str(_parts(tree)[0].children[0])
    if tree.data == "short_index":
        return int(tree.children[-1])
    return evaluate(_parts(tree)[0], scope)


def _symbol(root: str, steps: list[Any], scope: Scope) -> Any:
    path = root
    for place, step in enumerate(steps):
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
        if path in scope.references and place < len(steps):
            rest = "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in steps[place + 1 :])
            return f"${{{scope.prefix}{path}{rest}}}"
    return Unresolved(f"{path[:100]} is known only when deployed")


def walk(value: Any, steps: list[Any]) -> Any:
    """A part of a value; Unresolved where it is not there."""
    for step in steps:
        if isinstance(value, Unresolved):
            return value
        if isinstance(value, dict) and as_text(step) in value:
            value = value[as_text(step)]
        elif isinstance(value, list) and not isinstance(step, str) and -1 < int(step) < len(value):
            value = value[int(step)]
        else:
            return Unresolved(f"{as_text(step)[:100]} is not there")
    return value


def _splat(tree: Any, scope: Scope) -> Any:
    source, splat = _parts(tree)
    value = evaluate(source, scope)
    if isinstance(value, Unresolved):
        return value
    several = value if isinstance(value, list) else [] if value is None else [value]
    steps = [_step(each, scope) for each in _parts(splat)]
    return [walk(each, steps) for each in several]


def _binary(tree: Any, scope: Scope) -> Any:
    left_tree, term = _parts(tree)[:2]
    sign_tree, right_tree = _parts(term)
    sign = str(sign_tree.children[0])
    left, right = evaluate(left_tree, scope), evaluate(right_tree, scope)
    if sign in ("&&", "||"):
        decisive = sign == "||"
        if left is decisive or right is decisive:
            return decisive
        return unresolved_in(left, right) or not decisive
    if hole := unresolved_in(left, right):
        return hole
    if any(isinstance(each, str) and "${" in each for each in (left, right)):
        return Unresolved("an expression compares what is known only when deployed")
    return BINARY[sign](left, right)


def _unary(tree: Any, scope: Scope) -> Any:
    value = evaluate(_parts(tree)[0], scope)
    if isinstance(value, Unresolved):
        return value
    return not value if str(tree.children[0]) == "!" else -value


def _conditional(tree: Any, scope: Scope) -> Any:
    condition, then, other = _parts(tree)
    holds = evaluate(condition, scope)
    return holds if isinstance(holds, Unresolved) else evaluate(then if _true(holds) else other, scope)


def _true(value: Any) -> bool:
    return value is True or value == "true"


def _call(tree: Any, scope: Scope) -> Any:
    name = "::".join(str(each.children[0]) for each in _parts(tree) if each.data == "identifier")
    trees = [each for part in _parts(tree) if part.data == "arguments" for each in _parts(part)]
    arguments = [evaluate(each, scope) for each in trees]
    if name in ("try", "coalesce"):
        return next((each for each in arguments if not isinstance(each, Unresolved) and each is not None), _none(name))
    if name == "can":
        return unresolved_in(*arguments) or True
    if any("ELLIPSIS" in str(getattr(each, "type", "")) for part in _parts(tree) for each in part.children):
        arguments = [*arguments[:-1], *arguments[-1]]
    if name in ("file", "templatefile") and arguments:
        return unresolved_in(*arguments[:1]) or scope.read(*arguments)
    if name not in FUNCTIONS:
        return Unresolved(f"the function {name[:50]} is not supported")
    hole = next((each for each in arguments if isinstance(each, Unresolved)), None)
    return hole or bounded(FUNCTIONS[name](*arguments))


def _none(name: str) -> Unresolved:
    return Unresolved(f"{name}: none of its arguments is known")


def _for(tree: Any, scope: Scope) -> Any:
    """`[for v in x : e if c]` and `{for k, v in x : a => b if c}`."""
    intro, *rest = _parts(tree)
    *names, source = _parts(intro)
    value = evaluate(source, scope)
    if isinstance(value, Unresolved):
        return value
    pairs = list(value.items()) if isinstance(value, dict) else list(enumerate(value or []))
    if len(pairs) > MAX_ELEMENTS:
        return Unresolved("a for expression goes over too many elements")
    bound = [str(name.children[0]) for name in names][::-1]
    rows = [_row(rest, scope.with_names(**dict(zip(bound, (each, key), strict=False)))) for key, each in pairs]
    if hole := unresolved_in(*rows):
        return hole
    kept = [row for row in rows if isinstance(row, list)]
    if tree.data == "for_tuple_expr":
        return [row[0] for row in kept]
    return _gathered(kept, grouped="..." in [str(each) for each in tree.children])


def _row(parts: list[Any], scope: Scope) -> list[Any] | Unresolved | None:
    """What one element gives; None if its condition leaves it out."""
    wanted = [evaluate(_parts(part)[0], scope) for part in parts if part.data == "for_cond"]
    if hole := unresolved_in(*wanted):
        return hole
    if not all(map(_true, wanted)):
        return None
    return [evaluate(part, scope) for part in parts if part.data != "for_cond"]


def _gathered(rows: list[list[Any]], *, grouped: bool) -> Any:
    found: dict[str, Any] = {}
    for key, value in rows:
        if isinstance(key, Unresolved):
            return key
        if grouped:
            found.setdefault(as_text(key), []).append(value)
        else:
            found[as_text(key)] = value
    return found


HANDLERS: dict[str, Callable[[Any, Scope], Any]] = {
    "expr_term": _expr_term,
    "string": _string,
    "heredoc_template": _heredoc,
    "heredoc_template_trim": _heredoc,
    "int_lit": lambda tree, _: int(str(tree.children[0])),
    "float_lit": lambda tree, _: float(str(tree.children[0])),
    "literal_value": lambda tree, _: LITERALS[str(tree.children[0])],
    "identifier": _identifier,
    "tuple": _tuple,
    "object": _object,
    "get_attr_expr_term": _traversal,
    "index_expr_term": _traversal,
    "attr_splat_expr_term": _splat,
    "full_splat_expr_term": _splat,
    "binary_op": _binary,
    "unary_op": _unary,
    "conditional": _conditional,
    "function_call": _call,
    "for_tuple_expr": _for,
    "for_object_expr": _for,
}
