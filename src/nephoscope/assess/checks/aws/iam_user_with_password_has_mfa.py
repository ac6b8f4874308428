from nephoscope.assess import Fail, NotApplicable, Pass, check


@check("AWS::IAM::User", severity="high")
def iam_user_with_password_has_mfa(user):
    """IAM user who has a console password has MFA.

    Why: passwords are phished, guessed and reused.
    Fix: register an MFA device for the user, or remove the password and use single sign-on.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa.html

    >>> iam_user_with_password_has_mfa({"LoginProfile": {}, "MfaDevices": [{"SerialNumber": "arn:aws:iam::1:mfa/a"}]})
    Pass()
    >>> iam_user_with_password_has_mfa({"LoginProfile": {}, "MfaDevices": []})
    Fail('a console password and no MFA device')
    >>> iam_user_with_password_has_mfa({"LoginProfile": None})
    NotApplicable('no console password')
    >>> iam_user_with_password_has_mfa({})
    Unknown('LoginProfile was not collected')
    """
    if user["LoginProfile"] is None:
        return NotApplicable("no console password")
    return Pass() if user.each("MfaDevices") else Fail("a console password and no MFA device")
