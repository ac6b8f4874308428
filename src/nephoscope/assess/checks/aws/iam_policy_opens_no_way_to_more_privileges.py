from nephoscope.assess import Fail, Pass, check
from nephoscope.assess.policy_document import identity_documents
from nephoscope.assess.privileges import escalation

TYPES = ("ManagedPolicy", "Policy", "UserPolicy", "GroupPolicy", "RolePolicy", "User", "Group", "Role")


@check(*(f"AWS::IAM::{name}" for name in TYPES), severity="high")
def iam_policy_opens_no_way_to_more_privileges(item):
    """IAM policy opens no way to more privileges.

    Why: some harmless-looking actions let their holder become an administrator.
    Fix: name the users, roles or policies that may be changed or passed, instead of all of them.
    Limits: one policy is judged at a time; conditions on an Allow are not counted against it.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html

    >>> run = {"Effect": "Allow", "Action": "ec2:RunInstances", "Resource": "*"}
    >>> pass_web = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::111122223333:role/web"}
    >>> iam_policy_opens_no_way_to_more_privileges({"PolicyDocument": {"Statement": [run, pass_web]}})
    Pass()
    >>> pass_any = {**pass_web, "Resource": "*"}
    >>> iam_policy_opens_no_way_to_more_privileges({"PolicyDocument": {"Statement": [run, pass_any]}})
    Fail('it allows iam:PassRole and ec2:RunInstances')
    >>> iam_policy_opens_no_way_to_more_privileges({})
    Unknown('Policies was not collected')
    """
    for name, document in identity_documents(item):
        way = escalation(document)
        if way:
            return Fail(f"{name} allows {way}")
    return Pass()
