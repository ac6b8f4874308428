"""Ordinary changes of who may what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nephoscope.sandbox.company.policies import READ_ONLY, allow, document, trust

if TYPE_CHECKING:
    from nephoscope.sandbox.changes.script import Actor, Script


def change(script: Script) -> None:
    """Somebody joins, a role is made for a service, policies are sharpened, somebody leaves."""
    engineer = script.role(script.company.production, "PlatformEngineer", "access-review")
    users(script, engineer)
    groups(script, engineer)
    roles(script, engineer)
    policies(script, engineer)
    responder = script.role(script.company.security, "IncidentResponder", "access-review")
    passwords(script, responder, engineer)


def users(script: Script, actor: Actor) -> None:
    """A user comes with a key, and goes; an old key is switched off."""
    kind, name = "IAM::User", "metrics-export"
    script.do(actor, "iam.create_user", kind, name, UserName=name)
    script.do(actor, "iam.attach_user_policy", kind, name, UserName=name, PolicyArn=READ_ONLY)
    made = script.do(actor, "iam.create_access_key", "IAM::AccessKey", ".AccessKey.AccessKeyId", UserName=name)
    key = {"UserName": name, "AccessKeyId": made["AccessKey"]["AccessKeyId"]}
    script.do(actor, "iam.update_access_key", "IAM::AccessKey", key["AccessKeyId"], **key, Status="Inactive")
    script.do(actor, "iam.delete_access_key", "IAM::AccessKey", key["AccessKeyId"], **key)
    own = document(allow("cloudwatch:GetMetricData"))
    script.do(actor, "iam.put_user_policy", kind, name, UserName=name, PolicyName="metrics", PolicyDocument=own)
    script.do(actor, "iam.delete_user_policy", kind, name, UserName=name, PolicyName="metrics")
    script.do(actor, "iam.detach_user_policy", kind, name, UserName=name, PolicyArn=READ_ONLY)
    script.do(actor, "iam.delete_user", kind, name, UserName=name)
    script.do(actor, "iam.delete_login_profile", kind, "legacy-ftp", UserName="legacy-ftp")


def groups(script: Script, actor: Actor) -> None:
    """A group gets a policy and a member, and loses both."""
    kind, name = "IAM::Group", "analysts"
    script.do(actor, "iam.create_group", kind, name, GroupName=name)
    script.do(actor, "iam.attach_group_policy", kind, name, GroupName=name, PolicyArn=READ_ONLY)
    own = document(allow("athena:*"))
    script.do(actor, "iam.put_group_policy", kind, name, GroupName=name, PolicyName="query", PolicyDocument=own)
    script.do(actor, "iam.delete_group_policy", kind, name, GroupName=name, PolicyName="query")
    script.do(actor, "iam.detach_group_policy", kind, name, GroupName=name, PolicyArn=READ_ONLY)
    script.do(actor, "iam.delete_group", kind, name, GroupName=name)


def roles(script: Script, actor: Actor) -> None:
    """A role for a function: its trust and its rights change."""
    kind, name = "IAM::Role", "vouchers-function"
    trusted = trust(Service="lambda.amazonaws.com")
    script.do(actor, "iam.create_role", kind, name, RoleName=name, AssumeRolePolicyDocument=trusted)
    script.do(actor, "iam.attach_role_policy", kind, name, RoleName=name, PolicyArn=READ_ONLY)
    own = document(allow("dynamodb:GetItem"))
    script.do(actor, "iam.put_role_policy", kind, name, RoleName=name, PolicyName="read", PolicyDocument=own)
    wider = trust(Service=["lambda.amazonaws.com", "states.amazonaws.com"])
    script.do(actor, "iam.update_assume_role_policy", kind, name, RoleName=name, PolicyDocument=wider)
    script.do(actor, "iam.delete_role_policy", kind, name, RoleName=name, PolicyName="read")
    script.do(actor, "iam.detach_role_policy", kind, name, RoleName=name, PolicyArn=READ_ONLY)
    script.do(actor, "iam.delete_role", kind, name, RoleName=name)
    vendor = "vendor-monitoring"
    script.do(actor, "iam.detach_role_policy", kind, vendor, RoleName=vendor, PolicyArn=READ_ONLY)


def policies(script: Script, actor: Actor) -> None:
    """A policy is made, sharpened by a new version, and deleted."""
    kind = "IAM::ManagedPolicy"
    wide, sharp = document(allow("s3:*")), document(allow("s3:GetObject"))
    made = script.do(actor, "iam.create_policy", kind, ".Policy.Arn", PolicyName="vouchers", PolicyDocument=wide)
    arn = made["Policy"]["Arn"]
    version = {"PolicyArn": arn, "PolicyDocument": sharp, "SetAsDefault": True}
    script.do(actor, "iam.create_policy_version", kind, arn, **version)
    script.do(actor, "iam.delete_policy_version", kind, arn, PolicyArn=arn, VersionId="v1")
    script.do(actor, "iam.delete_policy", kind, arn, PolicyArn=arn)


def passwords(script: Script, responder: Actor, engineer: Actor) -> None:
    """Passwords become longer in production, and more lasting in security."""
    kind, call = "IAM::AccountPasswordPolicy", "iam.update_account_password_policy"
    for actor, length in ((engineer, 14), (responder, 20)):
        strong = {"MinimumPasswordLength": length, "RequireSymbols": True, "RequireNumbers": True}
        script.do(actor, call, kind, actor.account.id, **strong)
