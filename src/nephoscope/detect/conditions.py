"""pySigma's condition tree → ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.exceptions import SigmaConditionError, SigmaPlaceholderError
from sigma.types import (
    CompareOperators,
    Placeholder,
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SigmaTimestampPart,
    SigmaType,
    SpecialChars,
)

from nephoscope.model.condition import All, Any_, Condition, Not, Term, Test

Placeholders = Mapping[str, Sequence[str]]

COMPARISONS = {
    CompareOperators.LT: Test.LESS,
    CompareOperators.LTE: Test.AT_MOST,
    CompareOperators.GT: Test.MORE,
    CompareOperators.GTE: Test.AT_LEAST,
}
REFERENCES = {
    (False, False): Test.FIELD,
    (True, False): Test.FIELD_STARTS,
    (False, True): Test.FIELD_ENDS,
    (True, True): Test.FIELD_CONTAINS,
}


def condition_of(node: Any, placeholders: Placeholders) -> Condition:
    """The same condition in our terms.

    placeholders: {name: values} for the modifier `expand`. Raises SigmaError for what cannot be said.
    """
    if isinstance(node, ConditionNOT):
        return Not(condition_of(node.args[0], placeholders))
    if isinstance(node, ConditionAND):
        return All(tuple(condition_of(part, placeholders) for part in node.args))
    if isinstance(node, ConditionOR):
        return _any(condition_of(part, placeholders) for part in node.args)
    if isinstance(node, ConditionFieldEqualsValueExpression):
        return _value(node.field, node.value, placeholders)
    if isinstance(node, ConditionValueExpression):
        return _value("", node.value, placeholders)
    raise SigmaConditionError("the condition is empty")


def _any(parts: Iterator[Condition]) -> Condition:
    """Any of the parts; terms that differ by their values only become one."""
    merged: dict[Any, Condition] = {}
    for place, part in enumerate(parts):
        if not isinstance(part, Term):
            merged[place] = part
            continue
        key = (part.field, part.test, part.cased, part.flags)
        before = merged.get(key)
        values = (*before.values, *part.values) if isinstance(before, Term) else part.values
        merged[key] = Term(part.field, part.test, values, part.cased, part.flags)
    found = tuple(merged.values())
    return found[0] if len(found) == 1 else Any_(found)


def _value(field: str, value: SigmaType, placeholders: Placeholders) -> Condition:
    if isinstance(value, SigmaExpansion):
        return _any(_value(field, one, placeholders) for one in value.values)
    if isinstance(value, SigmaString):
        return _any(_text(field, one) for one in _expanded(value, placeholders))
    if isinstance(value, SigmaRegularExpression):
        flags = "".join(sorted(value.sigma_to_re_flag[flag] for flag in value.flags))
        filled = _expanded(value.regexp, placeholders)
        return _any(Term(field, Test.REGEX, (one.to_plain(regex=True),), flags=flags) for one in filled)
    return _plain(field, value)


def _plain(field: str, value: SigmaType) -> Condition:
    equals = Test.EQUALS if field else Test.KEYWORD
    match value:
        case SigmaTimestampPart():
            return Term(field, Test(value.timestamp_part.name.lower()), (value.number,))
        case SigmaNumber():
            return Term(field, equals, (value.number,))
        case SigmaBool():
            return Term(field, equals, (value.boolean,))
        case SigmaCompareExpression():
            return _comparison(field, value)
        case SigmaFieldReference():
            return Term(field, REFERENCES[value.starts_with, value.ends_with], (value.field,))
        case _:
            return _of_field(field, value)


def _of_field(field: str, value: SigmaType) -> Condition:
    match value:
        case SigmaNull():
            return Term(field, Test.IS_NULL, (None,))
        case SigmaExists():
            return Term(field, Test.EXISTS, (value.exists,))
        case SigmaCIDRExpression():
            return Term(field, Test.CIDR, (str(value.network),))
        case _:
            raise SigmaConditionError(f"values of type {type(value).__name__} are not supported")


def _comparison(field: str, value: SigmaCompareExpression) -> Condition:
    if value.op is CompareOperators.NEQ:
        return Not(Term(field, Test.EQUALS, (value.number.number,)))
    return Term(field, COMPARISONS[value.op], (value.number.number,))


def _expanded(text: SigmaString, placeholders: Placeholders) -> list[SigmaString]:
    def values(placeholder: Placeholder) -> Iterator[SigmaString]:
        if placeholder.name not in placeholders:
            raise SigmaPlaceholderError(
                f"the placeholder %{placeholder.name}% has no values; "
                f"list them in a file placeholders.yml beside the rules"
            )
        for value in placeholders[placeholder.name]:
            yield SigmaString(str(value))

    return text.replace_placeholders(values) if text.contains_placeholder() else [text]


def _text(field: str, text: SigmaString) -> Term:
    cased = isinstance(text, SigmaCasedString)
    parts = [part for part in text.s if part != ""]
    stars = [part is SpecialChars.WILDCARD_MULTI for part in parts]
    plain = [part for part in parts if isinstance(part, str)]
    if not field:
        return Term("", Test.KEYWORD, (_keyword(parts),), cased)
    if len(plain) == len(parts):
        return Term(field, Test.EQUALS, ("".join(plain),), cased)
    if len(plain) == 1 and len(plain) + sum(stars) == len(parts):
        starts, ends = not stars[0], not stars[-1]
        test = Test.STARTS if starts else Test.ENDS if ends else Test.CONTAINS
        return Term(field, test, (plain[0],), cased)
    return Term(field, Test.WILDCARD, (_wildcard(parts),), cased)


def _keyword(parts: Sequence[Any]) -> str | tuple[str | None, ...]:
    """A keyword is looked for anywhere: `*` at its ends says nothing."""
    inner = list(parts)
    while inner and inner[0] is SpecialChars.WILDCARD_MULTI:
        del inner[0]
    while inner and inner[-1] is SpecialChars.WILDCARD_MULTI:
        del inner[-1]
    return "".join(inner) if all(isinstance(part, str) for part in inner) else _wildcard(inner)


def _wildcard(parts: Sequence[Any]) -> tuple[str | None, ...]:
    """Texts, with `*` between neighbours and `?` where None stands between; begins and ends with a text."""
    found: list[str | None] = [""]
    for part in parts:
        if part is SpecialChars.WILDCARD_MULTI:
            found.append("")
        elif part is SpecialChars.WILDCARD_SINGLE:
            found += [None, ""]
        else:
            found[-1] = f"{found[-1]}{part}"
    return tuple(found)
