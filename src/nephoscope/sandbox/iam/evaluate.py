"""Policies and a request → allowed, or the reason why not, as AWS decides it.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from nephoscope.sandbox.iam.pattern import UnknownVariable, arn_matches, matches, substituted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nephoscope.sandbox.iam.policy import Names, Policy, Statement


@dataclass(frozen=True)
class Caller:
    """Who asks, as principals are named in policies.

    kind: Root, IAMUser, AssumedRole, FederatedUser, Federated (by a token of a provider), AWSService or Anonymous.
    issuer_arn: a session's role or user. service: an AWS service's name, `cloudtrail.amazonaws.com`, or the provider.
    """

    kind: str
    account: str = ""
    arn: str = ""
    issuer_arn: str = ""
    service: str = ""

    @property
    def is_session(self) -> bool:
        return bool(self.issuer_arn)


@dataclass(frozen=True)
class Request:
    """One action on one resource. context: lower-case condition key → values."""

    caller: Caller
    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Policies:
    """All that bears on one request.

    identity: the caller's own and attached policies. boundary, session: None where none is set.
    resource: the resource's policies. resource_account: whose resource it is; "" if it has no owner of its own.
    must_resource_allow: the resource's policy has to allow or delegate even in one account (KMS keys, trust).
    control: service control policies, one group per level from the root to the account.
    """

    identity: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    session: tuple[Policy, ...] | None = None
    resource: tuple[Policy, ...] = ()
    resource_account: str = ""
    must_resource_allow: bool = False
    control: tuple[tuple[Policy, ...], ...] = ()


class Grant(IntEnum):
    """How far a resource's policy goes for a caller."""

    NONE = 0
    ACCOUNT = 1  # the caller's account is named: its own policies decide
    ROLE = 2  # the role or everybody is named: boundary and session policy still limit
    DIRECT = 3  # the user or the session itself is named: nothing but a Deny limits


def why_denied(request: Request, policies: Policies) -> str | None:
    """Say why the request is refused, in AWS's words after the resource; None if it is allowed."""
    for kind, group in _groups(policies):
        if any(
            _applies(statement, request) for policy in group for statement in policy.statements if statement.is_deny
        ):
            return f"with an explicit deny in a{'n' if kind[0] in 'aeiou' else ''} {kind}"
    for level in policies.control:
        if not _allows(level, request):
            return _because("service control policy", request)
    return _unless_granted(request, policies, _granted(policies.resource, request))


_UNSIGNED = ("Anonymous", "AWSService", "Federated")


def _unless_granted(request: Request, policies: Policies, grant: Grant) -> str | None:
    caller = request.caller
    if caller.kind in _UNSIGNED:
        return None if grant else _because("resource-based policy", request)
    if policies.resource_account and caller.account != policies.resource_account:
        return _because("resource-based policy", request) if not grant else _unless_own(request, policies)
    if grant is Grant.DIRECT:
        return None
    if grant is Grant.NONE and policies.must_resource_allow:
        return _because("resource-based policy", request)
    return _unless_own(request, policies, has_identity=grant is Grant.ROLE)


def _unless_own(request: Request, policies: Policies, *, has_identity: bool = False) -> str | None:
    """What the caller's own policies say; has_identity: the resource's policy already stands in for them."""
    if policies.boundary is not None and not _allows((policies.boundary,), request):
        return _because("permissions boundary", request)
    if policies.session is not None and not _allows(policies.session, request):
        return _because("session policy", request)
    if has_identity or request.caller.kind == "Root" or _allows(policies.identity, request):
        return None
    return _because("identity-based policy", request)


def _because(kind: str, request: Request) -> str:
    return f"because no {kind} allows the {request.action} action"


def _groups(policies: Policies) -> Iterable[tuple[str, Iterable[Policy]]]:
    yield "service control policy", [policy for level in policies.control for policy in level]
    yield "resource-based policy", policies.resource
    yield "identity-based policy", policies.identity
    yield "permissions boundary", [policies.boundary] if policies.boundary else []
    yield "session policy", policies.session or ()


def _allows(group: Iterable[Policy], request: Request) -> bool:
    return any(
        not statement.is_deny and _applies(statement, request) for policy in group for statement in policy.statements
    )


def _granted(group: Iterable[Policy], request: Request) -> Grant:
    grants = (
        _grant(statement.principals, request.caller)
        for policy in group
        for statement in policy.statements
        if not statement.is_deny and statement.principals and _covers(statement, request)
    )
    return max(grants, default=Grant.NONE)


def _applies(statement: Statement, request: Request) -> bool:
    principals = statement.principals
    if principals and _grant(principals, request.caller) is Grant.NONE:
        return False
    return _covers(statement, request)


def _covers(statement: Statement, request: Request) -> bool:
    return (
        _names_action(statement.actions, request.action)
        and _names_resource(statement, request)
        and all(
            condition.holds(request.context, has_variables=statement.has_variables)
            for condition in statement.conditions
        )
    )


def _names_action(names: Names, action: str) -> bool:
    return any(matches(pattern, action, ignore_case=True) for pattern in names.patterns) is not names.is_negated


def _names_resource(statement: Statement, request: Request) -> bool:
    names = statement.resources
    if names is None:  # a trust policy's statement is about its role
        return True
    context = request.context if statement.has_variables else None
    try:
        named = any(_is_resource(pattern, request.resource, context) for pattern in names.patterns)
    except UnknownVariable:
        return names.is_negated and statement.is_deny
    return named is not names.is_negated


def _is_resource(pattern: str, resource: str, context: Mapping[str, tuple[str, ...]] | None) -> bool:
    known = pattern if context is None else substituted(pattern, context)
    return known == "*" or arn_matches(known, resource)


def _grant(names: Names, caller: Caller) -> Grant:
    if names.is_negated:
        return Grant.NONE if _is_exempt(names, caller) else Grant.ROLE
    return max((_one_grant(pattern, caller) for pattern in names.patterns), default=Grant.NONE)


def _one_grant(pattern: str, caller: Caller) -> Grant:
    if pattern in ("*", "AWS:*"):
        return Grant.ROLE
    kind, _, value = pattern.partition(":")
    if kind == "Service":
        return Grant.DIRECT if caller.kind == "AWSService" and value == caller.service else Grant.NONE
    if kind == "Federated":
        return Grant.DIRECT if caller.kind == "Federated" and _is_provider(value, caller.service) else Grant.NONE
    if kind != "AWS" or caller.kind in _UNSIGNED:
        return Grant.NONE
    if value == caller.arn:
        return Grant.DIRECT
    if value == caller.issuer_arn:
        return Grant.ROLE
    return Grant.ACCOUNT if value in _account_names(caller) else Grant.NONE


def _is_provider(named: str, provider: str) -> bool:
    """Whether a trust policy names this provider: by its ARN, or an OpenID provider by its host and path."""
    return bool(provider) and (named == provider or named.partition("oidc-provider/")[2] == provider)


def _is_exempt(names: Names, caller: Caller) -> bool:
    """Whether NotPrincipal leaves the caller out: all of its names must be listed, its account's too.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
    """
    listed = {pattern.partition(":")[2] for pattern in names.patterns}
    if caller.kind == "AWSService":
        return caller.service in listed
    if caller.kind == "Anonymous":
        return False
    is_account_listed = bool(listed & set(_account_names(caller)))
    return is_account_listed and caller.arn in listed and (not caller.is_session or caller.issuer_arn in listed)


def _account_names(caller: Caller) -> tuple[str, str]:
    return caller.account, f"arn:aws:iam::{caller.account}:root"
