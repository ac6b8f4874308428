from nephoscope.assess import Fail, NotApplicable, Pass, check
from nephoscope.assess.ages import days_since

UNUSED_DAYS = 45


@check("AWS::IAM::User", severity="medium")
def iam_user_password_is_in_use(user):
    """IAM user's console password was used in the last 45 days.

    Why: nobody notices when a forgotten password is used by somebody else.
    Fix: remove the login profile of a user who does not sign in.
    Limits: a password that was never used is as old as its last change, or else the user.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_finding-unused.html

    >>> def user(**observed):
    ...     return {"LoginProfile": {}, "observed": {"JudgedAt": "2026-11-01T00:00:00+00:00", **observed}}
    >>> iam_user_password_is_in_use(user(PasswordLastUsed="2026-10-25T00:00:00+00:00"))
    Pass()
    >>> iam_user_password_is_in_use(user(CreateDate="2026-01-01T00:00:00+00:00"))
    Fail('not used for 304 days')
    >>> iam_user_password_is_in_use({"LoginProfile": None})
    NotApplicable('no console password')
    >>> iam_user_password_is_in_use(user())
    Unknown('observed/CreateDate was not collected')
    """
    if user["LoginProfile"] is None:
        return NotApplicable("no console password")
    observed = user["observed"]
    used = observed.get("PasswordLastUsed") or observed.get("PasswordLastChanged") or observed["CreateDate"]
    days = days_since(user, used)
    return Pass() if days < UNUSED_DAYS else Fail(f"not used for {days} days")
