from nephoscope.assess import Fail, Pass, check


@check("AWS::IAM::Root", severity="critical")
def iam_root_has_no_access_keys(root):
    """AWS account's root user has no access keys.

    Why: whoever finds such a key owns the account, and no policy can limit it.
    Fix: delete the keys, and let programs use roles.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html

    >>> iam_root_has_no_access_keys({"AccountAccessKeysPresent": False})
    Pass()
    >>> iam_root_has_no_access_keys({"AccountAccessKeysPresent": 1})
    Fail('access keys exist')
    >>> iam_root_has_no_access_keys({})
    Unknown('AccountAccessKeysPresent was not collected')
    """
    return Fail("access keys exist") if root.flag("AccountAccessKeysPresent") else Pass()
