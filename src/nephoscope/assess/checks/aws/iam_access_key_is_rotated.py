from nephoscope.assess import Fail, NotApplicable, Pass, check
from nephoscope.assess.ages import days_since

MOST_DAYS = 90


@check("AWS::IAM::AccessKey", severity="medium")
def iam_access_key_is_rotated(key):
    """IAM access key is at most 90 days old.

    Why: keys lie in files, images and histories; an old one has been in more of them.
    Fix: make a new key, move its programs over, delete the old one; better, use roles.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id-credentials-access-keys-update.html

    >>> def key(created):
    ...     return {"Status": "Active", "observed": {"JudgedAt": "2026-11-01T00:00:00+00:00", "CreateDate": created}}
    >>> iam_access_key_is_rotated(key("2026-10-01T00:00:00+00:00"))
    Pass()
    >>> iam_access_key_is_rotated(key("2026-01-01T00:00:00+00:00"))
    Fail('304 days old')
    >>> iam_access_key_is_rotated({"Status": "Inactive"})
    NotApplicable('the key is not active')
    >>> iam_access_key_is_rotated({"Status": "Active", "observed": {}})
    Unknown('observed/CreateDate was not collected')
    """
    if key["Status"] != "Active":
        return NotApplicable("the key is not active")
    days = days_since(key, key["observed"]["CreateDate"])
    return Pass() if days <= MOST_DAYS else Fail(f"{days} days old")
