from nephoscope.assess import Fail, Pass, check


@check("AWS::IAM::AccountPasswordPolicy", severity="low")
def iam_password_policy_asks_for_symbols(policy):
    """Account's passwords hold a symbol.

    Why: passwords of letters alone are guessed sooner.
    Fix: require symbols in the account's password policy.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html

    >>> iam_password_policy_asks_for_symbols({"Exists": True, "RequireSymbols": True})
    Pass()
    >>> iam_password_policy_asks_for_symbols({"Exists": True, "RequireSymbols": False})
    Fail('symbols are not required')
    >>> iam_password_policy_asks_for_symbols({"Exists": False})
    Fail('the account has no password policy of its own')
    >>> iam_password_policy_asks_for_symbols({"Exists": True})
    Unknown('RequireSymbols was not collected')
    """
    if not policy.flag("Exists"):
        return Fail("the account has no password policy of its own")
    return Pass() if policy.flag("RequireSymbols") else Fail("symbols are not required")
