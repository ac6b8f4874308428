from nephoscope.assess import Fail, Pass, check

ADMINISTRATOR = (":policy/AdministratorAccess", ":policy/IAMFullAccess")


@check("AWS::IAM::User", "AWS::IAM::Group", "AWS::IAM::Role", severity="high")
def iam_identity_is_no_administrator(identity):
    """IAM user, group or role has no policy for administrators attached.

    Why: whoever gets hold of the identity holds the account; IAMFullAccess lets it take the rest.
    Fix: attach a policy that names what is needed; keep administration to a role that is assumed with MFA.
    Source: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AdministratorAccess.html

    >>> iam_identity_is_no_administrator({"ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]})
    Pass()
    >>> iam_identity_is_no_administrator({"ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"]})
    Fail('arn:aws:iam::aws:policy/AdministratorAccess is attached')
    >>> iam_identity_is_no_administrator({})
    Unknown('ManagedPolicyArns was not collected')
    """
    for arn in identity.each("ManagedPolicyArns"):
        if arn.endswith(ADMINISTRATOR):
            return Fail(f"{arn} is attached")
    return Pass()
