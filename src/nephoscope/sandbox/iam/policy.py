"""A policy document, read and checked as IAM's grammar asks.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from nephoscope.sandbox.iam.condition import Condition, ConditionError, parse_conditions

_MAX_BYTES = 131_072
_KEYS = {
    "Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition",
}  # fmt: skip
_VERSIONS = ("2012-10-17", "2008-10-17")


class MalformedPolicy(Exception):
    """A policy document that AWS would not have accepted; the text says where it is wrong."""


@dataclass(frozen=True)
class Names:
    """One of the pairs Action/NotAction, Resource/NotResource, Principal/NotPrincipal."""

    patterns: tuple[str, ...]
    is_negated: bool = False


@dataclass(frozen=True)
class Statement:
    """One statement; principals are `type:value`, as `AWS:arn:aws:iam::1:root` or `Service:s3.amazonaws.com`."""

    effect: str
    actions: Names
    resources: Names | None = None
    principals: Names | None = None
    conditions: tuple[Condition, ...] = ()
    sid: str = ""
    has_variables: bool = True

    @property
    def is_deny(self) -> bool:
        return self.effect == "Deny"


@dataclass(frozen=True)
class Policy:
    """A parsed policy and the name by which an error calls it."""

    name: str
    statements: tuple[Statement, ...]


def parse_policy(document: str | dict[str, Any], name: str = "policy") -> Policy:
    """Read a policy document.

    document: JSON text, or the decoded object.
    Raises MalformedPolicy with the statement's place and the reason.
    """
    decoded = _decoded(document)
    if not isinstance(decoded, dict):
        raise MalformedPolicy(f"{name}: the document is not a JSON object")
    if decoded.get("Version", "2008-10-17") not in _VERSIONS:
        raise MalformedPolicy(f"{name}: Version {decoded.get('Version')!r} is not known")
    statements = decoded.get("Statement")
    if not isinstance(statements, (list, dict)):
        raise MalformedPolicy(f"{name}: Statement is missing")
    listed = [statements] if isinstance(statements, dict) else statements
    has_variables = decoded.get("Version") == "2012-10-17"
    parsed = (_statement(each, f"{name}: Statement[{index}]", has_variables) for index, each in enumerate(listed))
    return Policy(name, tuple(parsed))


def _decoded(document: str | dict[str, Any]) -> Any:
    if not isinstance(document, str):
        return document
    if len(document) > _MAX_BYTES:
        raise MalformedPolicy(f"the document is longer than {_MAX_BYTES} characters")
    try:
        return json.loads(document)
    except (ValueError, RecursionError) as error:
        raise MalformedPolicy(f"the document is not JSON: {error}") from error


def _statement(raw: Any, where: str, has_variables: bool) -> Statement:
    if not isinstance(raw, dict):
        raise MalformedPolicy(f"{where} is not an object")
    if unknown := set(raw) - _KEYS:
        raise MalformedPolicy(f"{where} holds the unknown element {sorted(unknown)[0]!r}")
    if raw.get("Effect") not in ("Allow", "Deny"):
        raise MalformedPolicy(f"{where}: Effect is {raw.get('Effect')!r}, not Allow or Deny")
    actions = _pair(raw, "Action", where)
    if actions is None:
        raise MalformedPolicy(f"{where} has neither Action nor NotAction")
    return Statement(
        effect=raw["Effect"],
        actions=_checked_actions(actions, where),
        resources=_pair(raw, "Resource", where),
        principals=_principals(raw, where),
        conditions=_conditions(raw.get("Condition"), where),
        sid=str(raw.get("Sid", "")),
        has_variables=has_variables,
    )


def _pair(raw: dict[str, Any], name: str, where: str) -> Names | None:
    _refuse_both(raw, name, where)
    for key, is_negated in ((name, False), (f"Not{name}", True)):
        if key in raw:
            return Names(strings(raw[key], f"{where}: {key}"), is_negated)
    return None


def _refuse_both(raw: dict[str, Any], name: str, where: str) -> None:
    if name in raw and f"Not{name}" in raw:
        raise MalformedPolicy(f"{where} has both {name} and Not{name}")


def _checked_actions(actions: Names, where: str) -> Names:
    for action in actions.patterns:
        if action != "*" and ":" not in action:
            raise MalformedPolicy(f"{where}: the action {action!r} names no service")
    return actions


def _principals(raw: dict[str, Any], where: str) -> Names | None:
    _refuse_both(raw, "Principal", where)
    for key, is_negated in (("Principal", False), ("NotPrincipal", True)):
        if key in raw:
            return Names(tuple(_principal_values(raw[key], f"{where}: {key}")), is_negated)
    return None


def _principal_values(raw: Any, where: str) -> list[str]:
    if raw == "*":
        return ["*"]
    if not isinstance(raw, dict):
        raise MalformedPolicy(f"{where} is neither '*' nor an object")
    found: list[str] = []
    for kind, values in raw.items():
        if kind not in ("AWS", "Service", "Federated", "CanonicalUser"):
            raise MalformedPolicy(f"{where}: {kind!r} is no type of principal")
        found += [f"{kind}:{value}" for value in strings(values, f"{where}.{kind}")]
    return found


def _conditions(raw: Any, where: str) -> tuple[Condition, ...]:
    try:
        return parse_conditions(raw)
    except ConditionError as error:
        raise MalformedPolicy(f"{where}: Condition: {error}") from error


def strings(raw: Any, where: str) -> tuple[str, ...]:
    """One string or a list of them. Raises MalformedPolicy for anything else."""
    listed = [raw] if isinstance(raw, str) else raw
    if not isinstance(listed, list) or not all(isinstance(value, str) for value in listed):
        raise MalformedPolicy(f"{where} is neither a string nor a list of strings")
    return tuple(listed)
