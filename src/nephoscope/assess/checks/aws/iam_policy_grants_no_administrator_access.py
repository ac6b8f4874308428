from nephoscope.assess import Fail, Pass, check
from nephoscope.assess.policy_document import identity_documents, is_administrator, statements

TYPES = ("ManagedPolicy", "Policy", "UserPolicy", "GroupPolicy", "RolePolicy", "User", "Group", "Role")


@check(*(f"AWS::IAM::{name}" for name in TYPES), severity="high")
def iam_policy_grants_no_administrator_access(item):
    """IAM policy does not allow every action on every resource.

    Why: whoever gets hold of one such identity holds the account.
    Fix: name the actions and resources that are needed; IAM Access Analyzer proposes them from what was used.
    Limits: for users, groups and roles their inline policies are read; attached ones are items of their own.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html

    >>> some = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    >>> iam_policy_grants_no_administrator_access({"PolicyDocument": {"Statement": [some]}})
    Pass()
    >>> every = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    >>> iam_policy_grants_no_administrator_access({"PolicyDocument": {"Statement": [every]}})
    Fail('it allows everything on everything')
    >>> inline = {"PolicyName": "all", "PolicyDocument": {"Statement": [some, every]}}
    >>> iam_policy_grants_no_administrator_access({"Policies": [inline]})
    Fail('all allows everything on everything')
    >>> iam_policy_grants_no_administrator_access({})
    Unknown('Policies was not collected')
    """
    for name, document in identity_documents(item):
        if any(is_administrator(statement) for statement in statements(document)):
            return Fail(f"{name} allows everything on everything")
    return Pass()
