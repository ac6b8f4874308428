from nephoscope.assess import Fail, Pass, check


@check("AWS::IAM::AccountPasswordPolicy", severity="low")
def iam_password_policy_asks_for_numbers(policy):
    """Account's passwords hold a number.

    Why: passwords of letters alone are guessed sooner.
    Fix: require numbers in the account's password policy.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html

    >>> iam_password_policy_asks_for_numbers({"Exists": True, "RequireNumbers": True})
    Pass()
    >>> iam_password_policy_asks_for_numbers({"Exists": True, "RequireNumbers": False})
    Fail('numbers are not required')
    >>> iam_password_policy_asks_for_numbers({"Exists": False})
    Fail('the account has no password policy of its own')
    >>> iam_password_policy_asks_for_numbers({"Exists": True})
    Unknown('RequireNumbers was not collected')
    """
    if not policy.flag("Exists"):
        return Fail("the account has no password policy of its own")
    return Pass() if policy.flag("RequireNumbers") else Fail("numbers are not required")
