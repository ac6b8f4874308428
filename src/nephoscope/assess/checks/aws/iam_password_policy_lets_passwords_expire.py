from nephoscope.assess import Fail, Pass, check

MOST_DAYS = 90


@check("AWS::IAM::AccountPasswordPolicy", severity="informational")
def iam_password_policy_lets_passwords_expire(policy):
    """Account's passwords expire after at most 90 days.

    Why: some rule books ask for it; a password that leaked unnoticed ends one day.
    Fix: set a maximal age of 90 days or less in the account's password policy.
    Limits: NIST SP 800-63B advises against it where MFA is used.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html

    >>> iam_password_policy_lets_passwords_expire({"Exists": True, "MaxPasswordAge": 90})
    Pass()
    >>> iam_password_policy_lets_passwords_expire({"Exists": True, "MaxPasswordAge": 365})
    Fail('they last 365 days')
    >>> iam_password_policy_lets_passwords_expire({"Exists": True})
    Fail('they never expire')
    >>> iam_password_policy_lets_passwords_expire({})
    Unknown('Exists was not collected')
    """
    days = policy.number("MaxPasswordAge", 0) if policy.flag("Exists") else 0
    if not days:
        return Fail("they never expire")
    return Pass() if days <= MOST_DAYS else Fail(f"they last {days} days")
