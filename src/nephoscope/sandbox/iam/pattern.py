"""IAM's patterns: `*`, `?` and policy variables, matched against names and ARNs.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import re2

if TYPE_CHECKING:
    from collections.abc import Mapping

Context = "Mapping[str, tuple[str, ...]]"

_VARIABLE = re.compile(r"\$\{([^},]+?)\s*(?:,\s*'([^']*)')?\}")
_ARN_PARTS = 6


class UnknownVariable(Exception):
    """A policy variable has no value in the request and no default: what holds it matches nothing."""


def matches(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    """Whether the whole text fits a pattern of `*` and `?`."""
    if pattern == "*":
        return True
    if "*" not in pattern and "?" not in pattern:
        return pattern.lower() == text.lower() if ignore_case else pattern == text
    return _compiled(pattern, ignore_case).fullmatch(text) is not None


def arn_matches(pattern: str, arn: str) -> bool:
    """Whether an ARN fits a pattern; each of the six parts by itself, as AWS compares them.

    A pattern of fewer parts fits only by a star at its end, which goes beyond the colons.
    """
    theirs, mine = arn.split(":", _ARN_PARTS - 1), pattern.split(":", _ARN_PARTS - 1)
    if len(mine) < _ARN_PARTS or len(theirs) < _ARN_PARTS:
        return (pattern.endswith("*") or pattern == arn) and matches(pattern, arn)
    return all(matches(part, other) for part, other in zip(mine, theirs, strict=True))


def substituted(text: str, context: Mapping[str, tuple[str, ...]]) -> str:
    """The pattern with its policy variables replaced; a value's own `*` and `?` stay literal.

    context: lower-case condition key → values; several values or none leave the variable unknown.
    Raises UnknownVariable; the statement or condition value then matches nothing.
    """
    if "${" not in text:
        return text
    return _VARIABLE.sub(lambda found: _value(found, context), text)


def _value(found: re.Match[str], context: Mapping[str, tuple[str, ...]]) -> str:
    name, default = found.group(1), found.group(2)
    if name in ("*", "?", "$"):
        return _literal(name)
    values = context.get(name.lower(), ())
    if len(values) == 1:
        return _literal(values[0])
    if default is None:
        raise UnknownVariable(name)
    return _literal(default)


# Two private-use characters stand for a literal `*` and `?` until the pattern is compiled.
_STAR, _MARK = "\ue02a", "\ue03f"


def _literal(value: str) -> str:
    return value.replace("*", _STAR).replace("?", _MARK)


def plain(text: str) -> str:
    """The substituted text as a plain string, for comparisons without wildcards."""
    return text.replace(_STAR, "*").replace(_MARK, "?")


@lru_cache(maxsize=8192)
def _compiled(pattern: str, ignore_case: bool) -> Any:
    pieces = (".*" if char == "*" else "." if char == "?" else re2.escape(plain(char)) for char in pattern)
    return re2.compile(f"(?{'i' if ignore_case else ''}s){''.join(pieces)}")
