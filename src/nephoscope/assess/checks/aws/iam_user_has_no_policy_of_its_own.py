from nephoscope.assess import Fail, NotApplicable, Pass, check


@check("AWS::IAM::User", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", severity="low")
def iam_user_has_no_policy_of_its_own(user):
    """IAM user has its permissions through groups only.

    Why: permissions given one by one are forgotten one by one.
    Fix: attach the policies to a group, and put the user into it.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html

    >>> iam_user_has_no_policy_of_its_own({"Policies": [], "ManagedPolicyArns": []})
    Pass()
    >>> iam_user_has_no_policy_of_its_own({"Policies": [{"PolicyName": "deploy"}], "ManagedPolicyArns": []})
    Fail('the inline policy deploy')
    >>> attached = ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
    >>> iam_user_has_no_policy_of_its_own({"Policies": [], "ManagedPolicyArns": attached})
    Fail('the attached policy arn:aws:iam::aws:policy/ReadOnlyAccess')
    >>> iam_user_has_no_policy_of_its_own({"PolicyDocument": {}, "Users": ["ann"]})
    Fail('the policy is attached to a user')
    >>> iam_user_has_no_policy_of_its_own({"PolicyDocument": {}})
    NotApplicable('attached to no user')
    >>> iam_user_has_no_policy_of_its_own({})
    Unknown('Policies was not collected')
    """
    if "PolicyDocument" in user:
        return Fail("the policy is attached to a user") if user.get("Users") else NotApplicable("attached to no user")
    for policy in user.each("Policies"):
        return Fail(f"the inline policy {policy.get('PolicyName', '')}".rstrip())
    for arn in user.each("ManagedPolicyArns"):
        return Fail(f"the attached policy {arn}")
    return Pass()
