from nephoscope.assess import Fail, Pass, check
from nephoscope.assess.policy_document import identity_documents, statements

TYPES = ("ManagedPolicy", "Policy", "UserPolicy", "GroupPolicy", "RolePolicy", "User", "Group", "Role")


@check(*(f"AWS::IAM::{name}" for name in TYPES), severity="medium")
def iam_policy_grants_not_all_of_cloudtrail(item):
    """IAM policy does not allow all of CloudTrail.

    Why: whoever can stop the trail acts unseen.
    Fix: allow the reading actions; leave stopping and deleting trails to a role of its own.
    Limits: policies that allow every action of every service are a check of their own.
    Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/security_iam_id-based-policy-examples.html

    >>> read = {"Effect": "Allow", "Action": "cloudtrail:LookupEvents", "Resource": "*"}
    >>> iam_policy_grants_not_all_of_cloudtrail({"PolicyDocument": {"Statement": [read]}})
    Pass()
    >>> every = {**read, "Action": "cloudtrail:*"}
    >>> iam_policy_grants_not_all_of_cloudtrail({"PolicyDocument": {"Statement": [every]}})
    Fail('it allows cloudtrail:*')
    >>> iam_policy_grants_not_all_of_cloudtrail({})
    Unknown('Policies was not collected')
    """
    for name, document in identity_documents(item):
        if any(grants_all(statement) for statement in statements(document)):
            return Fail(f"{name} allows cloudtrail:*")
    return Pass()


def grants_all(statement):
    """By name, or because nothing of CloudTrail is left out of what is excepted."""
    if not statement.is_allow or not statement.covers_every_resource:
        return False
    if "NotAction" in statement.raw:
        return statement.covers_action("cloudtrail:StopLogging")
    return any(action.lower() == "cloudtrail:*" for action in statement.texts("Action"))
