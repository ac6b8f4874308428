"""The policies that moto keeps for a caller: own, attached, groups', boundary, session's, organisation's."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nephoscope.sandbox.iam.evaluate import Caller
from nephoscope.sandbox.iam.policy import MalformedPolicy, Policy, parse_policy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nephoscope.sandbox.call import Principal
    from nephoscope.sandbox.caller import Backends

PARTITION = "aws"


def caller_of(principal: Principal) -> Caller:
    """The principal, as policies name it."""
    issuer = principal.session.issuer_arn if principal.session else ""
    kind = "AWSService" if principal.type == "AWSService" else principal.type
    return Caller(kind, principal.account, principal.arn, issuer, principal.invoked_by)


def identity_policies(principal: Principal, backends: Backends) -> tuple[Policy, ...]:
    """The policies of the user with its groups, or of the session's role or user. Raises MalformedPolicy."""
    owner = _owner(principal, backends)
    if owner is None:
        return ()
    found = list(_policies_of(owner))
    if principal.user_name or _is_user_session(principal):
        backend = backends.iam[principal.account][PARTITION]
        for group in backend.get_groups_for_user(owner.name):
            found += _policies_of(group)
    return tuple(found)


def boundary(principal: Principal, backends: Backends) -> Policy | None:
    """The permissions boundary of the user or role. Raises MalformedPolicy if the policy it names is gone."""
    owner = _owner(principal, backends)
    arn = _boundary_arn(owner, backends.iam[principal.account][PARTITION]) if owner is not None else ""
    return _managed(arn, principal.account, backends) if arn else None


def session_policies(principal: Principal, backends: Backends) -> tuple[Policy, ...] | None:
    """What the session was limited to when it was made; None without such a limit."""
    session = principal.session
    if session is None or not (session.policy or session.policy_arns):
        return None
    inline = [parsed(session.policy, "the session policy")] if session.policy else []
    return (*inline, *(_managed(arn, principal.account, backends) for arn in session.policy_arns))


def control_policies(account: str, backends: Backends) -> tuple[tuple[Policy, ...], ...]:
    """The service control policies over an account, a group per level from root to account.

    The management account is under none.
    Source: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
    """
    masters = backends.of("organizations").master_accounts
    if account not in masters or masters[account][0] == account:
        return ()
    organisation = backends.of("organizations")[masters[account][0]][PARTITION]
    levels = [_control(level) for level in _levels(organisation, account)]
    return tuple(level for level in levels if level)


def organisation_of(account: str, backends: Backends) -> Any:
    """Moto's organisation that the account is in, or None."""
    masters = backends.of("organizations").master_accounts
    master = masters[account][0] if account in masters else account
    held = backends.of("organizations")
    return held[master][PARTITION].org if master in held else None


def tags_of_principal(principal: Principal, backends: Backends) -> dict[str, str]:
    """Tags of the user or role, and those of the session, which win."""
    owner = _owner(principal, backends)
    listed = (owner.tags or []) if owner is not None else []
    tags = listed.items() if isinstance(listed, dict) else ((each["Key"], each["Value"]) for each in listed)
    return {**dict(tags), **dict(principal.session.tags if principal.session else {})}


@lru_cache(maxsize=4096)
def parsed(document: str, name: str) -> Policy:
    """A policy document, parsed once. Raises MalformedPolicy."""
    return parse_policy(document, name)


def _owner(principal: Principal, backends: Backends) -> Any:
    """Moto's user or role behind a principal; None for root, services, anonymous and what has been deleted."""
    backend = backends.iam[principal.account][PARTITION] if principal.account else None
    if backend is None:
        return None
    session = principal.session
    if session and session.issuer_type == "Role":
        return next((role for role in backend.roles.values() if role.arn == session.issuer_arn), None)
    name = principal.user_name or (session.issuer_name if session and session.issuer_type == "IAMUser" else "")
    return backend.users.get(name)


def _is_user_session(principal: Principal) -> bool:
    return principal.session is not None and principal.session.issuer_type == "IAMUser"


def _policies_of(owner: Any) -> Iterator[Policy]:
    for name, document in owner.policies.items():
        yield parsed(document, f"the policy {name} of {owner.name}")
    for policy in owner.managed_policies.values():
        yield parsed(_default_document(policy), policy.arn)


def _default_document(policy: Any) -> str:
    for version in policy.versions:
        if version.version_id == policy.default_version_id:
            return version.document
    raise MalformedPolicy(f"{policy.arn} has no default version")


def _managed(arn: str, account: str, backends: Backends) -> Policy:
    policy = backends.iam[account][PARTITION].managed_policies.get(arn)
    if policy is None:
        raise MalformedPolicy(f"{arn} does not exist")
    return parsed(_default_document(policy), arn)


def _boundary_arn(owner: Any, backend: Any) -> str:
    return getattr(owner, "permissions_boundary_arn", None) or ""


def _levels(organisation: Any, account: str) -> list[Any]:
    """The account, its organisational units and the root; root first."""
    member = next((each for each in organisation.accounts if each.id == account), None)
    found: list[Any] = []
    units = {unit.id: unit for unit in organisation.ou}
    while member is not None:
        found.insert(0, member)
        member = units.get(getattr(member, "parent_id", None))
    return found


def _control(level: Any) -> tuple[Policy, ...]:
    kept: Iterable[Any] = (each for each in level.attached_policies if each.type == "SERVICE_CONTROL_POLICY")
    return tuple(parsed(policy.content, policy.name) for policy in kept)
