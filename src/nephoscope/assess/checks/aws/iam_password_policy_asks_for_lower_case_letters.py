from nephoscope.assess import Fail, Pass, check


@check("AWS::IAM::AccountPasswordPolicy", severity="low")
def iam_password_policy_asks_for_lower_case_letters(policy):
    """Account's passwords hold a lower-case letter.

    Why: passwords of one kind of letter are guessed sooner.
    Fix: require lower-case letters in the account's password policy.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html

    >>> iam_password_policy_asks_for_lower_case_letters({"Exists": True, "RequireLowercaseCharacters": True})
    Pass()
    >>> iam_password_policy_asks_for_lower_case_letters({"Exists": True, "RequireLowercaseCharacters": False})
    Fail('lower-case letters are not required')
    >>> iam_password_policy_asks_for_lower_case_letters({"Exists": False})
    Fail('the account has no password policy of its own')
    >>> iam_password_policy_asks_for_lower_case_letters({"Exists": True})
    Unknown('RequireLowercaseCharacters was not collected')
    """
    if not policy.flag("Exists"):
        return Fail("the account has no password policy of its own")
    return Pass() if policy.flag("RequireLowercaseCharacters") else Fail("lower-case letters are not required")
