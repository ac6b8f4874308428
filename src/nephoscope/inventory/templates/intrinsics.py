"""CloudFormation's intrinsic functions, as far as a template alone decides them.

A reference to a resource of the same template, or a pseudo parameter, is symbolic text (`${Key.Arn}`): what it will
be is not known, but that it is set, and to what, is. All else that is not known is Unresolved.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nephoscope.inventory.templates.unresolved import (
    MAX_TEXT,
    TOO_LARGE,
    UNKNOWN,
    Elsewhere,
    Unresolved,
    bounded,
    partly,
    unresolved_in,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

REFERENCE = re.compile(r"\$\{(!?)([^}]*)\}")
NO_VALUE = "AWS::NoValue"


class _Nothing:
    """What AWS::NoValue leaves: the property is not there."""


NOTHING = _Nothing()


@dataclass
class Scope:
    """What the names of a template stand for. parameters: with their defaults, Unresolved without."""

    parameters: Mapping[str, Any]
    mappings: Mapping[str, Any]
    conditions: Mapping[str, Any]
    resources: frozenset[str]
    _deciding: set[str] = field(default_factory=set[str])

    def resolve(self, value: Any) -> Any:
        """A value with its functions carried out."""
        if isinstance(value, list):
            return [each for each in map(self.resolve, value) if each is not NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            [(name, argument)] = value.items()
            if name in FUNCTIONS:
                return FUNCTIONS[name](self, argument)
            if name.startswith("Fn::"):
                return Unresolved(f"{name} is not supported")
        resolved = {key: self.resolve(each) for key, each in value.items()}
        return {key: each for key, each in resolved.items() if each is not NOTHING}

    def reference(self, name: str) -> Any:
        """What Ref of a name gives."""
        if name == NO_VALUE:
            return NOTHING
        if name in self.parameters:
            return self.parameters[name]
        logical, _, _ = name.partition(".")
        if logical in self.resources or name.startswith("AWS::"):
            return f"${{{name}}}"
        return Elsewhere(f"nothing here is named {name[:100]}", f"${{{name}}}")

    def holds(self, name: str) -> bool | Unresolved:
        """Whether a condition is true, with the parameters' defaults."""
        if name not in self.conditions or name in self._deciding:
            return Unresolved(f"the condition {name[:100]} is not defined")
        self._deciding.add(name)
        try:
            return self.truth(self.conditions[name])
        finally:
            self._deciding.discard(name)

    def truth(self, value: Any) -> bool | Unresolved:
        """A condition's value."""
        if isinstance(value, dict) and len(value) == 1:
            [(name, argument)] = value.items()
            if name == "Condition":
                return self.holds(str(argument))
            if name in LOGIC and isinstance(argument, list):
                return LOGIC[name](self, argument)
        resolved = self.resolve(value)
        return resolved if isinstance(resolved, Unresolved) else str(resolved).lower() == "true"


def _ref(scope: Scope, name: Any) -> Any:
    return scope.reference(str(name))


def _get_att(scope: Scope, argument: Any) -> Any:
    parts = argument.split(".", 1) if isinstance(argument, str) else [scope.resolve(each) for each in argument]
    return unresolved_in(*parts) or scope.reference(".".join(map(str, parts)))


def _sub(scope: Scope, argument: Any) -> Any:
    text, names = (argument, {}) if isinstance(argument, str) else (argument[0], argument[1])
    known = {name: scope.resolve(value) for name, value in names.items()}
    holes: list[Unresolved] = []
    room = MAX_TEXT

    def replaced(match: re.Match[str]) -> str:
        if match[1]:
            return f"${{{match[2]}}}"
        name = match[2].strip()
        value = known[name] if name in known else scope.reference(name)
        if isinstance(value, Unresolved):
            holes.append(value)
        nonlocal room
        room -= len(value) if isinstance(value, str) else 0
        if room < 0:
            holes.append(TOO_LARGE)
        if isinstance(value, Unresolved):
            return f"${{{name}}}"
        return "" if value is NOTHING or room < 0 else str(value)

    result = REFERENCE.sub(replaced, str(text))
    return partly(holes[0], result, REFERENCE.sub("", str(text))) if holes else result


def _join(scope: Scope, argument: Any) -> Any:
    separator, parts = argument[0], scope.resolve(argument[1])
    if isinstance(parts, str | Unresolved):
        return parts
    if len(parts) * len(str(separator)) > MAX_TEXT:
        return TOO_LARGE
    hole = unresolved_in(parts)
    if hole and isinstance(parts, list):
        texts = [UNKNOWN if isinstance(each, Unresolved) else str(each) for each in parts]
        return partly(hole, str(separator).join(texts), "".join(text for text in texts if text != UNKNOWN))
    return hole or str(separator).join(map(str, parts))


def _split(scope: Scope, argument: Any) -> Any:
    text = scope.resolve(argument[1])
    return unresolved_in(text) or str(text).split(str(argument[0]))


def _select(scope: Scope, argument: Any) -> Any:
    place, choices = scope.resolve(argument[0]), scope.resolve(argument[1])
    if hole := unresolved_in(place) or (choices if isinstance(choices, Unresolved) else None):
        return hole
    if not isinstance(choices, list) or int(place) >= len(choices):
        return Unresolved("Fn::Select picks from a list that is not known")
    return choices[int(place)]


def _find_in_map(scope: Scope, argument: Any) -> Any:
    keys = [scope.resolve(each) for each in argument[:3]]
    if hole := unresolved_in(*keys):
        return hole
    found: Any = scope.mappings
    for key in keys:
        if not isinstance(found, dict) or str(key) not in found:
            return Unresolved(f"Fn::FindInMap: no entry for {str(key)[:100]}")
        found = found[str(key)]
    return found


def _if(scope: Scope, argument: Any) -> Any:
    name, then, other = argument
    holds = scope.holds(str(name))
    return holds if isinstance(holds, Unresolved) else scope.resolve(then if holds else other)


def _base64(scope: Scope, argument: Any) -> Any:
    text = scope.resolve(argument)
    if isinstance(text, Elsewhere):
        return Elsewhere(text.cause, base64.b64encode(text.text.encode()).decode())
    return unresolved_in(text) or base64.b64encode(str(text).encode()).decode()


def _import_value(scope: Scope, argument: Any) -> Any:
    name = scope.resolve(argument)
    return Elsewhere("Fn::ImportValue is known only when deployed", f"${{ImportValue:{name}}}")


def _unknown(name: str) -> Callable[[Scope, Any], Any]:
    return lambda _, __: Unresolved(f"{name} is known only when deployed")


def _guarded(name: str, function: Callable[[Scope, Any], Any]) -> Callable[[Scope, Any], Any]:
    """The function, for which an argument of a wrong shape is not known rather than an error."""

    def guarded(scope: Scope, argument: Any) -> Any:
        try:
            return bounded(function(scope, argument))
        except (TypeError, ValueError, IndexError, KeyError, AttributeError):
            return Unresolved(f"{name} has arguments of a wrong shape")

    return guarded


FUNCTIONS: dict[str, Callable[[Scope, Any], Any]] = {
    name: _guarded(name, function)
    for name, function in {
        "Ref": _ref,
        "Fn::GetAtt": _get_att,
        "Fn::Sub": _sub,
        "Fn::Join": _join,
        "Fn::Split": _split,
        "Fn::Select": _select,
        "Fn::FindInMap": _find_in_map,
        "Fn::If": _if,
        "Fn::Base64": _base64,
        "Fn::ImportValue": _import_value,
        **{f"Fn::{name}": _unknown(f"Fn::{name}") for name in ("GetAZs", "Cidr", "Transform", "Length")},
    }.items()
}


def _equals(scope: Scope, arguments: list[Any]) -> bool | Unresolved:
    left, right = (scope.resolve(each) for each in arguments)
    hole = unresolved_in(left, right)
    if hole:
        return hole
    if any(isinstance(each, str) and "${" in each for each in (left, right)):
        return Unresolved("the condition compares what is known only when deployed")
    return str(left) == str(right)


def _and(scope: Scope, arguments: list[Any]) -> bool | Unresolved:
    found = [scope.truth(each) for each in arguments]
    return False if False in found else unresolved_in(found) or True


def _or(scope: Scope, arguments: list[Any]) -> bool | Unresolved:
    found = [scope.truth(each) for each in arguments]
    return True if True in found else unresolved_in(found) or False


def _not(scope: Scope, arguments: list[Any]) -> bool | Unresolved:
    found = scope.truth(arguments[0])
    return found if isinstance(found, Unresolved) else not found


LOGIC: dict[str, Callable[[Scope, list[Any]], bool | Unresolved]] = {
    "Fn::Equals": _equals,
    "Fn::And": _and,
    "Fn::Or": _or,
    "Fn::Not": _not,
}
