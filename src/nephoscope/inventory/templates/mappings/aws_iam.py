"""IAM: users, roles, groups, and what is attached to them.

Source: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/iam_role
"""

from __future__ import annotations

from typing import Any

from nephoscope.inventory.templates.fold import POLICY, Fold
from nephoscope.inventory.templates.mapping import Json, Many, To

KINDS = {"user": "User", "role": "Role", "group": "Group"}
INLINE = Many("Policies", {"name": "PolicyName", "policy": Json("PolicyDocument")})


def _inline(kind: str) -> To:
    name = KINDS[kind]
    return To(
        f"AWS::IAM::{name}Policy",
        {"name": "PolicyName", "name_prefix": None, "policy": Json("PolicyDocument"), kind: f"{name}Name", "id": None},
        folds=(Fold(f"AWS::IAM::{name}", f"{name}Name", "Policies", several=True, keep=POLICY),),
    )


def _attachment(kind: str) -> To:
    fold = Fold(f"AWS::IAM::{KINDS[kind]}", kind, "ManagedPolicyArns", several=True, only="PolicyArn")
    return To(f"aws_iam_{kind}_policy_attachment", {kind: kind, "policy_arn": "PolicyArn"}, folds=(fold,))


def _of_several(names: dict[str, Any]) -> tuple[Fold, ...]:
    return tuple(
        Fold(f"AWS::IAM::{name}", f"{kind}s", "ManagedPolicyArns", several=True, only="PolicyArn")
        for kind, name in names.items()
    )


TYPES: dict[str, To] = {
    "aws_iam_user": To("AWS::IAM::User", {"name": "UserName", "permissions_boundary": "PermissionsBoundary"}),
    "aws_iam_group": To("AWS::IAM::Group", {"name": "GroupName"}),
    "aws_iam_role": To(
        "AWS::IAM::Role",
        {
            "name": "RoleName",
            "name_prefix": None,
            "assume_role_policy": Json("AssumeRolePolicyDocument"),
            "inline_policy": INLINE,
        },
    ),
    "aws_iam_policy": To(
        "AWS::IAM::ManagedPolicy",
        {"name": "ManagedPolicyName", "name_prefix": None, "policy": Json("PolicyDocument")},
    ),
    **{f"aws_iam_{kind}_policy": _inline(kind) for kind in KINDS},
    **{f"aws_iam_{kind}_policy_attachment": _attachment(kind) for kind in KINDS},
    "aws_iam_policy_attachment": To(
        "aws_iam_policy_attachment",
        {"users": "users", "roles": "roles", "groups": "groups", "policy_arn": "PolicyArn"},
        folds=_of_several(KINDS),
    ),
    "aws_iam_user_login_profile": To(
        "aws_iam_user_login_profile",
        {"user": "User", "pgp_key": None, "password": None, "encrypted_password": None},
        folds=(Fold("AWS::IAM::User", "User", "LoginProfile", keep=("PasswordResetRequired",)),),
    ),
    "aws_iam_user_group_membership": To(
        "aws_iam_user_group_membership",
        {"user": "User", "groups": "Groups"},
        folds=(Fold("AWS::IAM::User", "User", "Groups", several=True, only="Groups", extend=True),),
    ),
    "aws_iam_access_key": To("AWS::IAM::AccessKey", {"user": "UserName", "secret": None}),
    "aws_iam_account_password_policy": To(
        "AWS::IAM::AccountPasswordPolicy",
        {"max_password_age": "MaxPasswordAge"},
        {
            "Exists": True,
            "MinimumPasswordLength": 6,
            "RequireSymbols": False,
            "RequireNumbers": False,
            "RequireUppercaseCharacters": False,
            "RequireLowercaseCharacters": False,
            "PasswordReusePrevention": 0,
            "ExpirePasswords": False,
        },
        reshape=lambda values: {**values, "expire_passwords": bool(values.get("max_password_age"))},
    ),
}
