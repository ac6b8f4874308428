from nephoscope.assess import Fail, Pass, check
from nephoscope.assess.policy_document import public_statement


@check("AWS::IAM::Role", severity="critical")
def iam_role_trusts_not_everyone(role):
    """IAM role does not let everyone assume it.

    Why: anyone with an AWS account takes the role and what it may do.
    Fix: name the accounts, roles or services that the role is for.
    Limits: an external id is no secret, and does not count as naming somebody.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-user_externalid.html

    >>> trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    >>> iam_role_trusts_not_everyone({"AssumeRolePolicyDocument": {"Statement": [trust]}})
    Pass()
    >>> trust["Principal"] = {"AWS": "*"}
    >>> iam_role_trusts_not_everyone({"AssumeRolePolicyDocument": {"Statement": [trust]}})
    Fail('everyone may sts:AssumeRole')
    >>> iam_role_trusts_not_everyone({})
    Unknown('AssumeRolePolicyDocument was not collected')
    """
    public = public_statement(role["AssumeRolePolicyDocument"])
    return Fail(f"everyone may {public}") if public else Pass()
