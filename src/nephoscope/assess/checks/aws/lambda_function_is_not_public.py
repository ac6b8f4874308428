from nephoscope.assess import Fail, Pass, check
from nephoscope.assess.policy_document import Statement

NARROWING = ("SourceAccount", "PrincipalOrgID", "EventSourceToken")


@check("AWS::Lambda::Function", "AWS::Lambda::Permission", severity="critical")
def lambda_function_is_not_public(function):
    """Lambda function cannot be called by everyone.

    Why: anyone with an AWS account, or with its address, runs the code, at the owner's cost.
    Fix: name the account or service that may call it, and for a service the source account.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html

    >>> topic = {"Action": "lambda:InvokeFunction", "Principal": "sns.amazonaws.com"}
    >>> lambda_function_is_not_public({"Permissions": [topic]})
    Pass()
    >>> lambda_function_is_not_public({"Permissions": [topic, {**topic, "Principal": "*"}]})
    Fail('everyone may lambda:InvokeFunction')
    >>> lambda_function_is_not_public({"Permissions": [{**topic, "Principal": "*", "SourceAccount": "111122223333"}]})
    Pass()
    >>> lambda_function_is_not_public({})
    Unknown('Permissions was not collected')
    """
    for permission in [function] if "Principal" in function else function.each("Permissions"):
        if is_public(permission):
            return Fail(f"everyone may {permission['Action']}")
    return Pass()


def is_public(permission):
    """A permission as CloudFormation has it, or a statement of the function's policy."""
    if "Effect" in permission:
        return Statement(permission).is_public
    if permission["Principal"] != "*" or any(permission.get(key) for key in NARROWING):
        return False
    account = str(permission.get("SourceArn") or "").split(":")[4:5]
    return not account or not account[0].isdigit()
