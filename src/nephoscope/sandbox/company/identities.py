"""Users, groups, policies and roles, with keys too old, rights too wide and trust too open among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nephoscope.sandbox.company.policies import ADMINISTRATOR, READ_ONLY, allow, document, trust

if TYPE_CHECKING:
    from nephoscope.sandbox.company.organisation import Organisation
    from nephoscope.sandbox.company.reach import Keys, Reach

from nephoscope.sandbox.company.reach import Keys as MadeKeys

# Who works in which account by long-lived keys: (user, group, number of keys, with a password, with MFA).
USERS = {
    "security": (
        ("auditor", "readers", 0, True, True),
        ("break-glass", "administrators", 0, True, False),
        ("engineering-login", "brokers", 1, False, False),
    ),
    "production": (
        ("release-manager", "deployers", 1, True, True),
        ("ci-deploy", "deployers", 2, False, False),
        ("backup-operator", "operators", 1, False, False),
        ("database-operator", "operators", 1, True, True),
        ("billing-export", "readers", 1, False, False),
        ("legacy-ftp", "", 2, True, False),
    ),
    "development": (
        ("ci-build", "deployers", 1, False, False),
        ("data-science", "operators", 1, True, False),
        ("web-developer", "deployers", 1, True, True),
        ("load-test", "", 1, False, False),
    ),
}
POLICIES = {
    "deploy": document(
        allow(["lambda:*", "ecr:*", "ecs:*", "cloudformation:*", "s3:*", "logs:*"]),
        allow("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}),
    ),
    "operate": document(allow(["ec2:*", "rds:*", "dynamodb:*", "kms:*", "elasticloadbalancing:*", "autoscaling:*"])),
    "operate-without-bounds": document({"Effect": "Allow", "NotAction": ["organizations:*"], "Resource": "*"}),
    "assume-roles": document(allow("sts:AssumeRole", "arn:aws:iam::*:role/*")),
    "manage-own-keys": document(
        allow(["iam:*AccessKey*", "iam:GetUser", "iam:ChangePassword"], "arn:aws:iam::*:user/${aws:username}")
    ),
}
GROUPS = {
    "administrators": ADMINISTRATOR,
    "readers": READ_ONLY,
    "deployers": "deploy",
    "operators": "operate",
    "brokers": "assume-roles",
}
# (role, who may assume it, what it may: a policy of AWS's, or the name of one of ours)
ROLES = {
    "security": (("IncidentResponder", "root", ADMINISTRATOR),),
    "production": (
        ("PlatformEngineer", "security", ADMINISTRATOR),
        ("DatabaseOperator", "security", "operate"),
        ("ReleasePipeline", "security", "deploy"),
        ("web-server", "ec2.amazonaws.com", "web-server"),
        ("batch-worker", "ec2.amazonaws.com", "operate"),
        ("order-function", "lambda.amazonaws.com", "order-function"),
        ("report-function", "lambda.amazonaws.com", ADMINISTRATOR),
        ("cluster", "eks.amazonaws.com", "operate"),
        ("vendor-monitoring", "999988887777", READ_ONLY),
        ("flow-logs", "vpc-flow-logs.amazonaws.com", "order-function"),
    ),
    "development": (
        ("Developer", "security", "operate-without-bounds"),
        ("build-server", "ec2.amazonaws.com", "operate-without-bounds"),
        ("preview-function", "lambda.amazonaws.com", "deploy"),
        ("open-to-all", "*", READ_ONLY),
    ),
}


def hire(organisation: Organisation) -> dict[str, Keys]:
    """Make all identities; returns the keys that programs of the company use, by `account/user`."""
    keys: dict[str, Keys] = {}
    for account in organisation.accounts:
        reach = organisation.reach(account)
        policies = _policies(reach, account.name)
        _groups(reach, account.id, policies)
        for user in USERS[account.name]:
            keys |= {f"{account.name}/{user[0]}": made for made in _user(reach, *user)}
        for name, whom, rights in ROLES[account.name]:
            _role(reach, name, _trusted(whom, organisation.security.id), policies.get(rights) or rights)
    _password_policies(organisation)
    return keys


def _policies(reach: Reach, account: str) -> dict[str, str]:
    documents = dict(POLICIES)
    if account == "production":
        documents["web-server"] = document(
            allow(["s3:GetObject", "s3:ListBucket", "s3:ListAllMyBuckets"]),
            allow(["secretsmanager:GetSecretValue", "secretsmanager:ListSecrets", "ec2:Describe*"]),
        )
        documents["order-function"] = document(allow(["dynamodb:*Item", "sqs:SendMessage", "logs:*"]))
    made: dict[str, str] = {}
    for name, text in documents.items():
        answer = reach.client("iam").create_policy(PolicyName=name, PolicyDocument=text)
        made[name] = reach.made_one("AWS::IAM::ManagedPolicy", answer["Policy"]["Arn"])
    return made


def _groups(reach: Reach, account: str, policies: dict[str, str]) -> None:
    iam = reach.client("iam")
    for name, policy in GROUPS.items():
        iam.create_group(GroupName=name)
        iam.attach_group_policy(GroupName=name, PolicyArn=policies.get(policy, policy))
        reach.made_one("AWS::IAM::Group", name)


def _user(reach: Reach, name: str, group: str, keys: int, has_password: bool, has_mfa: bool) -> list[Keys]:
    iam = reach.client("iam")
    iam.create_user(UserName=name, Tags=[{"Key": "team", "Value": group or "unknown"}])
    reach.made_one("AWS::IAM::User", name)
    if group:
        iam.add_user_to_group(UserName=name, GroupName=group)
    else:
        iam.attach_user_policy(UserName=name, PolicyArn=ADMINISTRATOR)
    if has_password:
        iam.create_login_profile(UserName=name, Password="Sandbox-only-1!")  # noqa: S106 - worth nothing anywhere
    if has_mfa:
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]["SerialNumber"]
        iam.enable_mfa_device(
            UserName=name, SerialNumber=device, AuthenticationCode1="123456", AuthenticationCode2="654321"
        )
    return [_key(reach, name) for _ in range(keys)]


def _key(reach: Reach, user: str) -> Keys:
    made = reach.client("iam").create_access_key(UserName=user)["AccessKey"]
    reach.made_one("AWS::IAM::AccessKey", made["AccessKeyId"])
    return MadeKeys(made["AccessKeyId"], made["SecretAccessKey"])


def _trusted(whom: str, security: str) -> str:
    if whom.endswith(".amazonaws.com"):
        return trust(Service=whom)
    return trust(AWS={"security": f"arn:aws:iam::{security}:root", "root": security}.get(whom, whom))


def _role(reach: Reach, name: str, trusted: str, policy: str) -> None:
    iam = reach.client("iam")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted, Tags=[{"Key": "managed-by", "Value": "platform"}])
    iam.attach_role_policy(RoleName=name, PolicyArn=policy)
    reach.made_one("AWS::IAM::Role", name)
    if "ec2.amazonaws.com" in trusted:
        iam.create_instance_profile(InstanceProfileName=name)
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
        reach.made_one("AWS::IAM::InstanceProfile", name)


def _password_policies(organisation: Organisation) -> None:
    """A strong one in the security account, a weak one in production, none in development."""
    strong, weak = (organisation.reach(account).client("iam") for account in organisation.accounts[:2])
    strong.update_account_password_policy(
        MinimumPasswordLength=16,
        RequireSymbols=True,
        RequireNumbers=True,
        RequireUppercaseCharacters=True,
        RequireLowercaseCharacters=True,
        MaxPasswordAge=90,
        PasswordReusePrevention=24,
    )
    weak.update_account_password_policy(MinimumPasswordLength=8)
