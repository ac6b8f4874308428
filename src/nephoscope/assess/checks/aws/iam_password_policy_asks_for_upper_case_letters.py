from nephoscope.assess import Fail, Pass, check


@check("AWS::IAM::AccountPasswordPolicy", severity="low")
def iam_password_policy_asks_for_upper_case_letters(policy):
    """Account's passwords hold an upper-case letter.

    Why: passwords of one kind of letter are guessed sooner.
    Fix: require upper-case letters in the account's password policy.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html

    >>> iam_password_policy_asks_for_upper_case_letters({"Exists": True, "RequireUppercaseCharacters": True})
    Pass()
    >>> iam_password_policy_asks_for_upper_case_letters({"Exists": True, "RequireUppercaseCharacters": False})
    Fail('upper-case letters are not required')
    >>> iam_password_policy_asks_for_upper_case_letters({"Exists": False})
    Fail('the account has no password policy of its own')
    >>> iam_password_policy_asks_for_upper_case_letters({"Exists": True})
    Unknown('RequireUppercaseCharacters was not collected')
    """
    if not policy.flag("Exists"):
        return Fail("the account has no password policy of its own")
    return Pass() if policy.flag("RequireUppercaseCharacters") else Fail("upper-case letters are not required")
