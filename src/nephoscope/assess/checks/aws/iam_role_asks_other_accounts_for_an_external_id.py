from nephoscope.assess import Fail, NotApplicable, Pass, check
from nephoscope.assess.policy_document import statements

OWN = "${AWS::AccountId}"
NARROWING = ("sts:externalid", "aws:principalorgid", "aws:principalorgpaths", "aws:principalarn")


@check("AWS::IAM::Role", severity="low")
def iam_role_asks_other_accounts_for_an_external_id(role):
    """IAM role that trusts a whole other account asks it for an external id, or for its organisation.

    Why: a service provider that works for many could be tricked into using the role for somebody else.
    Fix: add a condition on sts:ExternalId, on aws:PrincipalOrgID, or name the role that may assume it.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html

    >>> trust = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"}, "Action": "sts:AssumeRole"}
    >>> def role(**condition):
    ...     document = {"Statement": [{**trust, **condition}]}
    ...     return {"AssumeRolePolicyDocument": document, "observed": {"AccountId": "111122223333"}}
    >>> iam_role_asks_other_accounts_for_an_external_id(role(Condition={"StringEquals": {"sts:ExternalId": "x7"}}))
    Pass()
    >>> iam_role_asks_other_accounts_for_an_external_id(role())
    Fail('account 444455556666 may assume it')
    >>> iam_role_asks_other_accounts_for_an_external_id(role(Principal={"Service": "ec2.amazonaws.com"}))
    NotApplicable('no other account is trusted as a whole')
    >>> iam_role_asks_other_accounts_for_an_external_id({})
    Unknown('AssumeRolePolicyDocument was not collected')
    """
    asked = False
    for statement in statements(role["AssumeRolePolicyDocument"]):
        for account in whole_accounts(statement) if statement.is_allow else ():
            if account == role["observed"]["AccountId"]:
                continue
            if not any(
                key.lower() in NARROWING and "Equals" in operator for operator, key, _ in statement.conditions()
            ):
                return Fail(f"account {account} may assume it")
            asked = True
    return Pass() if asked else NotApplicable("no other account is trusted as a whole")


def whole_accounts(statement):
    for kind, value in statement.principals():
        if kind == "AWS" and (value.endswith(":root") or value.isdigit()) and OWN not in value:
            yield value.split(":")[4] if ":" in value else value
