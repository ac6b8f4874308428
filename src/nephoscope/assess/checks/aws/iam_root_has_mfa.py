from nephoscope.assess import Fail, Pass, check


@check("AWS::IAM::Root", severity="critical")
def iam_root_has_mfa(root):
    """AWS account's root user has MFA.

    Why: its password alone would open everything, and nothing limits what it may do.
    Fix: register an MFA device for the root user, best a hardware one.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/enable-mfa-for-root.html

    >>> iam_root_has_mfa({"AccountMFAEnabled": True})
    Pass()
    >>> iam_root_has_mfa({"AccountMFAEnabled": 0})
    Fail('no MFA device')
    >>> iam_root_has_mfa({})
    Unknown('AccountMFAEnabled was not collected')
    """
    return Pass() if root.flag("AccountMFAEnabled") else Fail("no MFA device")
