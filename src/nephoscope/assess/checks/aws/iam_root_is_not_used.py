from nephoscope.assess import Fail, Pass, check
from nephoscope.assess.ages import days_since

UNUSED_DAYS = 45


@check("AWS::IAM::Root", severity="high")
def iam_root_is_not_used(root):
    """AWS account's root user has not signed in for 45 days.

    Why: it can do everything; daily work with it puts everything at risk, every day.
    Fix: work with roles, and keep root for the few tasks that ask for it.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html

    >>> now = "2026-11-01T00:00:00+00:00"
    >>> iam_root_is_not_used({"observed": {"PasswordLastUsed": "2026-01-01T00:00:00+00:00", "JudgedAt": now}})
    Pass()
    >>> iam_root_is_not_used({"observed": {"PasswordLastUsed": None}})
    Pass()
    >>> iam_root_is_not_used({"observed": {"PasswordLastUsed": "2026-10-25T00:00:00+00:00", "JudgedAt": now}})
    Fail('signed in 7 days ago')
    >>> iam_root_is_not_used({})
    Unknown('observed was not collected')
    """
    used = root["observed"]["PasswordLastUsed"]
    if used is None:
        return Pass()
    days = days_since(root, used)
    return Pass() if days >= UNUSED_DAYS else Fail(f"signed in {days} days ago")
