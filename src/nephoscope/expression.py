"""CEL: an expression over named values, its names and types checked when it is loaded.

The library that evaluates checks no types: there a wrong name is an error at run time, and a comparison of a number
with a text is merely false. So the text is parsed here once more, for what its names are and whether its types fit.
This is the only file that knows a CEL library.

Limits: no bytes, no triple-quoted text, no unsigned numbers, no optional fields; text of at most 4,000 characters,
nested at most 40 deep, macros at most 2 deep.
Source: CEL specification, "Syntax", https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nephoscope._cel import Checker, Type, shortened
from nephoscope.model.errors import ContentError, MissingExtra

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Expression", "Type", "compile_expression"]

LONGEST = 4_000
EVALUATION_ERRORS = (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True)
class Expression:
    """A loaded expression that answers yes or no."""

    text: str
    where: str
    _program: Any = field(repr=False, compare=False)

    def evaluate(self, values: Mapping[str, Any]) -> bool:
        """Whether it holds of these values (lists, dicts, texts, numbers, aware times; every name of the schema).

        Raises ContentError if it cannot be said; the caller reports that, and does not take it for a no.
        """
        try:
            answer = self._program.execute(dict(values))
        except EVALUATION_ERRORS as error:
            raise ContentError(self.where, f"{shortened(self.text)} cannot be evaluated: {error!s:.300}") from error
        if not isinstance(answer, bool):
            raise ContentError(self.where, f"{shortened(self.text)} answers {type(answer).__name__}, not yes or no")
        return answer


def compile_expression(text: str, schema: Mapping[str, Type], where: str = "expression") -> Expression:
    """Load a CEL expression.

    schema: type of each name that it may use. where: file and line, for errors.
    Raises ContentError for wrong syntax, an unknown name (with the nearest one) and types that do not fit.
    """
    try:
        import cel
    except ImportError:
        raise MissingExtra("An expression", "server") from None
    if len(text) > LONGEST:
        raise ContentError(where, f"the expression is longer than {LONGEST} characters")
    kind = Checker(text, schema, where, _pattern_error).check()
    if kind not in ("bool", "dyn"):
        raise ContentError(
            where, f"{shortened(text)} is {kind if isinstance(kind, str) else 'an object'}, not a condition"
        )
    try:
        return Expression(text, where, cel.compile(text))
    except EVALUATION_ERRORS as error:
        raise ContentError(where, f"{shortened(text)} is no CEL: {error!s:.300}") from error


def _pattern_error(literal: str) -> str:
    """What is wrong with a regular expression, written as a CEL text; empty if nothing is."""
    import cel

    try:
        cel.compile(f"''.matches({literal})").execute({})
    except EVALUATION_ERRORS as error:
        return f"{error!s:.200}"
    return ""
