"""What IAM says of a role or a user, kept as evidence: itself, its policies, its groups, its keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nephoscope.respond.aws_capture import Captured

ROLE = (
    "iam:GetPolicyVersion",
    "iam:GetPolicy",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:ListRolePolicies",
)
USER = (
    "iam:GetAccessKeyLastUsed",
    "iam:GetGroupPolicy",
    "iam:GetPolicy",
    "iam:GetPolicyVersion",
    "iam:GetUser",
    "iam:GetUserPolicy",
    "iam:ListAccessKeys",
    "iam:ListAttachedGroupPolicies",
    "iam:ListAttachedUserPolicies",
    "iam:ListGroupPolicies",
    "iam:ListGroupsForUser",
    "iam:ListMFADevices",
    "iam:ListUserPolicies",
)


def keep_role(captured: Captured, name: str) -> dict[str, Any]:
    """A role and its policies; returns the role as IAM describes it, empty where it could not be read."""
    role = captured.ask(f"role/{name}", "iam", "GetRole", RoleName=name)
    _policies(captured, "Role", name)
    return dict(role.get("Role") or {})


def keep_user(captured: Captured, name: str) -> dict[str, Any]:
    """A user with policies, groups and their policies, keys and when they were last used, and second factors."""
    user = captured.ask(f"user/{name}", "iam", "GetUser", UserName=name)
    _policies(captured, "User", name)
    for group in captured.every(f"user/{name}-groups", "iam", "ListGroupsForUser", "Groups", UserName=name):
        _policies(captured, "Group", group["GroupName"])
    for key in captured.every(f"user/{name}-keys", "iam", "ListAccessKeys", "AccessKeyMetadata", UserName=name):
        keep_last_use(captured, key["AccessKeyId"])
    captured.every(f"user/{name}-mfa", "iam", "ListMFADevices", "MFADevices", UserName=name)
    return dict(user.get("User") or {})


def keep_last_use(captured: Captured, access_key_id: str) -> str:
    """When and for what a key was last used; returns whose it is, empty where that could not be read."""
    used = captured.ask(f"key/{access_key_id}", "iam", "GetAccessKeyLastUsed", AccessKeyId=access_key_id)
    return str(used.get("UserName") or "")


def _policies(captured: Captured, kind: str, name: str) -> None:
    """The inline and attached policies of a Role, User or Group."""
    who, folder = {f"{kind}Name": name}, kind.lower()
    listed = captured.every(f"{folder}/{name}-inline", "iam", f"List{kind}Policies", "PolicyNames", **who)
    for policy in listed:
        captured.ask(f"{folder}/{name}-inline-{policy}", "iam", f"Get{kind}Policy", PolicyName=policy, **who)
    attached = captured.every(
        f"{folder}/{name}-attached", "iam", f"ListAttached{kind}Policies", "AttachedPolicies", **who
    )
    for policy in attached:
        _document(captured, policy["PolicyArn"])


def _document(captured: Captured, arn: str) -> None:
    name = arn.rpartition("/")[2]
    policy = captured.ask(f"policy/{name}", "iam", "GetPolicy", PolicyArn=arn).get("Policy") or {}
    if version := policy.get("DefaultVersionId"):
        captured.ask(f"policy/{name}-{version}", "iam", "GetPolicyVersion", PolicyArn=arn, VersionId=version)
