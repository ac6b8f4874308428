from nephoscope.assess import Fail, Pass, check

LEAST = 24


@check("AWS::IAM::AccountPasswordPolicy", severity="low")
def iam_password_policy_prevents_reuse(policy):
    """Account's users may not take one of their last 24 passwords again.

    Why: a password that leaked once would come back.
    Fix: let the account's password policy remember 24 passwords.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html

    >>> iam_password_policy_prevents_reuse({"Exists": True, "PasswordReusePrevention": 24})
    Pass()
    >>> iam_password_policy_prevents_reuse({"Exists": True})
    Fail('0 passwords are remembered')
    >>> iam_password_policy_prevents_reuse({"Exists": False})
    Fail('the account has no password policy of its own')
    >>> iam_password_policy_prevents_reuse({})
    Unknown('Exists was not collected')
    """
    if not policy.flag("Exists"):
        return Fail("the account has no password policy of its own")
    count = policy.number("PasswordReusePrevention", 0)
    return Pass() if count >= LEAST else Fail(f"{count} passwords are remembered")
