"""The Condition element: operators, quantifiers, and what a missing key means.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nephoscope.sandbox.iam.pattern import UnknownVariable, arn_matches, matches, plain, substituted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class ConditionError(Exception):
    """A condition that IAM's grammar does not allow."""


@dataclass(frozen=True)
class Condition:
    """One operator on one key.

    operator: without quantifier and suffix, negation taken off; quantifier: "", ForAllValues or ForAnyValue.
    """

    operator: str
    key: str
    values: tuple[str, ...]
    quantifier: str = ""
    is_negated: bool = False
    is_if_exists: bool = False

    def holds(self, context: Mapping[str, tuple[str, ...]], *, has_variables: bool = True) -> bool:
        """Whether the request's context satisfies the condition.

        context: lower-case key → values; an absent key is not in it.
        """
        found = context.get(self.key.lower(), ())
        if self.operator == "Null":
            return any((not found) is (value.lower() == "true") for value in self.values)
        if not found:
            return self._holds_without_key()
        wanted = self._wanted(context) if has_variables else self.values
        quantify = all if self.quantifier == "ForAllValues" else any
        if self.is_negated and not self.quantifier:
            quantify = all
        return quantify(self._fits(wanted, value) is not self.is_negated for value in found)

    def _holds_without_key(self) -> bool:
        if self.is_if_exists or self.quantifier == "ForAllValues":
            return True
        return self.is_negated and not self.quantifier

    def _wanted(self, context: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
        if not self.operator.startswith(("String", "Arn")):
            return self.values
        return tuple(known for value in self.values for known in _known(value, context))

    def _fits(self, wanted: tuple[str, ...], value: str) -> bool:
        compare = _COMPARE[self.operator]
        return any(_compared(compare, one, value) for one in wanted)


def _known(value: str, context: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    try:
        return (substituted(value, context),)
    except UnknownVariable:
        return ()


def _compared(compare: Callable[[str, str], bool], wanted: str, found: str) -> bool:
    """A value of the request that the operator cannot read does not fit."""
    try:
        return compare(wanted, found)
    except ValueError:
        return False


def parse_conditions(raw: Any) -> tuple[Condition, ...]:
    """Read a Condition element; None is no condition. Raises ConditionError."""
    if raw is None:
        return ()
    if not isinstance(raw, dict):
        raise ConditionError("is not an object")
    found: list[Condition] = []
    for operator, tests in raw.items():
        if not isinstance(tests, dict):
            raise ConditionError(f"{operator} holds no keys")
        found += [_condition(operator, key, values) for key, values in tests.items()]
    return tuple(found)


def _condition(written: str, key: str, raw: Any) -> Condition:
    quantifier, colon, rest = written.rpartition(":")
    if colon and quantifier not in ("ForAllValues", "ForAnyValue"):
        raise ConditionError(f"{quantifier!r} is no quantifier")
    is_if_exists = rest.endswith("IfExists")
    operator = rest.removesuffix("IfExists")
    is_negated = operator in _NEGATED
    operator = _NEGATED.get(operator, operator)
    if operator not in _COMPARE and operator != "Null":
        raise ConditionError(f"{written!r} is no operator")
    values = tuple(_text(value, written, key) for value in (raw if isinstance(raw, list) else [raw]))
    _check_values(operator, key, values)
    return Condition(operator, key, values, quantifier, is_negated, is_if_exists)


def _text(value: Any, operator: str, key: str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (str, int, float)):
        return str(value)
    raise ConditionError(f"{operator} {key}: {value!r} is no value")


def _check_values(operator: str, key: str, values: tuple[str, ...]) -> None:
    reader = _READERS.get(operator[:4], str)
    for value in values:
        try:
            reader(value)
        except (ValueError, binascii.Error) as error:
            raise ConditionError(f"{operator} {key}: {value!r} cannot be read: {error}") from error


def _instant(text: str) -> datetime:
    """ISO 8601 or seconds since 1970, as aware UTC."""
    try:
        return datetime.fromtimestamp(float(text), UTC)
    except OverflowError as error:
        raise ValueError(str(error)) from error
    except ValueError:
        found = datetime.fromisoformat(text)
        return found if found.tzinfo else found.replace(tzinfo=UTC)


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(text, strict=False)


def _in_network(wanted: str, found: str) -> bool:
    return ipaddress.ip_address(found) in _network(wanted)


def _arn_like(wanted: str, found: str) -> bool:
    return arn_matches(wanted, found)


_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": lambda wanted, found: found == wanted,
    "LessThan": lambda wanted, found: found < wanted,
    "LessThanEquals": lambda wanted, found: found <= wanted,
    "GreaterThan": lambda wanted, found: found > wanted,
    "GreaterThanEquals": lambda wanted, found: found >= wanted,
}


def _ordered(name: str, read: Callable[[str], Any]) -> dict[str, Callable[[str, str], bool]]:
    return {f"{name}{order}": _reading(read, compare) for order, compare in _ORDER.items()}


def _reading(read: Callable[[str], Any], compare: Callable[[Any, Any], bool]) -> Callable[[str, str], bool]:
    return lambda wanted, found: compare(read(wanted), read(found))


_READERS: dict[str, Callable[[str], Any]] = {"Nume": float, "Date": _instant, "IpAd": _network}

_COMPARE: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda wanted, found: plain(wanted) == found,
    "StringEqualsIgnoreCase": lambda wanted, found: plain(wanted).lower() == found.lower(),
    "StringLike": matches,
    "Bool": lambda wanted, found: wanted.lower() == found.lower(),
    "BinaryEquals": lambda wanted, found: base64.b64decode(wanted) == base64.b64decode(found),
    "IpAddress": _in_network,
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    **_ordered("Numeric", float),
    **_ordered("Date", _instant),
}

_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}
