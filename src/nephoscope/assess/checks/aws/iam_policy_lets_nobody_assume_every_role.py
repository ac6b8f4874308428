from nephoscope.assess import Fail, Pass, check
from nephoscope.assess.policy_document import identity_documents, statements

TYPES = ("ManagedPolicy", "Policy", "UserPolicy", "GroupPolicy", "RolePolicy", "User", "Group", "Role")


@check(*(f"AWS::IAM::{name}" for name in TYPES), severity="medium")
def iam_policy_lets_nobody_assume_every_role(item):
    """IAM policy names the roles that may be assumed.

    Why: with a wildcard its holder becomes whoever trusts this account, in other accounts too.
    Fix: list the roles' ARNs.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_permissions-to-switch.html

    >>> named = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::111122223333:role/deploy"}
    >>> iam_policy_lets_nobody_assume_every_role({"PolicyDocument": {"Statement": [named]}})
    Pass()
    >>> every = {**named, "Resource": "arn:aws:iam::*:role/deploy"}
    >>> iam_policy_lets_nobody_assume_every_role({"PolicyDocument": {"Statement": [every]}})
    Fail('it allows sts:AssumeRole on arn:aws:iam::*:role/deploy')
    >>> iam_policy_lets_nobody_assume_every_role({})
    Unknown('Policies was not collected')
    """
    for name, document in identity_documents(item):
        for statement in statements(document):
            wide = too_wide(statement)
            if wide:
                return Fail(f"{name} allows sts:AssumeRole on {wide}")
    return Pass()


def too_wide(statement):
    """A resource that stands for every role, or for roles of every account."""
    if not statement.is_allow or not statement.covers_action("sts:AssumeRole"):
        return ""
    for resource in statement.texts("Resource"):
        account, _, role = resource.partition(":iam::")[2].partition(":")
        if resource == "*" or "*" in account or role in ("*", "role/*"):
            return resource
    return ""
