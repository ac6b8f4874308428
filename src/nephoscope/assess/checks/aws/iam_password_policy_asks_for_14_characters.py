from nephoscope.assess import Fail, Pass, check

LEAST = 14


@check("AWS::IAM::AccountPasswordPolicy", severity="medium")
def iam_password_policy_asks_for_14_characters(policy):
    """Account's passwords have at least 14 characters.

    Why: short passwords are guessed.
    Fix: set the minimum length of the account's password policy to 14 or more.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html

    >>> iam_password_policy_asks_for_14_characters({"Exists": True, "MinimumPasswordLength": 14})
    Pass()
    >>> iam_password_policy_asks_for_14_characters({"Exists": True, "MinimumPasswordLength": 8})
    Fail('8 characters are enough')
    >>> iam_password_policy_asks_for_14_characters({"Exists": False})
    Fail('the account has no password policy of its own')
    >>> iam_password_policy_asks_for_14_characters({})
    Unknown('Exists was not collected')
    """
    if not policy.flag("Exists"):
        return Fail("the account has no password policy of its own")
    length = policy.number("MinimumPasswordLength")
    return Pass() if length >= LEAST else Fail(f"{length} characters are enough")
