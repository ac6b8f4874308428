from nephoscope.assess import Fail, Pass, check

CASES = {"RequireUppercaseCharacters": "upper-case", "RequireLowercaseCharacters": "lower-case"}


@check("AWS::IAM::AccountPasswordPolicy", severity="low")
def iam_password_policy_asks_for_both_cases(policy):
    """Account's passwords hold upper-case and lower-case letters.

    Why: passwords of one kind of letter are guessed sooner.
    Fix: require both in the account's password policy.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html

    >>> both = {"Exists": True, "RequireUppercaseCharacters": True, "RequireLowercaseCharacters": True}
    >>> iam_password_policy_asks_for_both_cases(both)
    Pass()
    >>> iam_password_policy_asks_for_both_cases({**both, "RequireUppercaseCharacters": False})
    Fail('upper-case letters are not required')
    >>> iam_password_policy_asks_for_both_cases({"Exists": False})
    Fail('the account has no password policy of its own')
    >>> iam_password_policy_asks_for_both_cases({"Exists": True})
    Unknown('RequireUppercaseCharacters was not collected')
    """
    if not policy.flag("Exists"):
        return Fail("the account has no password policy of its own")
    missing = [name for setting, name in CASES.items() if not policy.flag(setting)]
    return Fail(f"{' and '.join(missing)} letters are not required") if missing else Pass()
