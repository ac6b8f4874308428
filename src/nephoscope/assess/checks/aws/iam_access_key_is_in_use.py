from nephoscope.assess import Fail, NotApplicable, Pass, check
from nephoscope.assess.ages import days_since

UNUSED_DAYS = 45


@check("AWS::IAM::AccessKey", severity="medium")
def iam_access_key_is_in_use(key):
    """IAM access key was used in the last 45 days.

    Why: nobody notices when a forgotten key is used by somebody else.
    Fix: deactivate the key, and delete it when nobody misses it.
    Limits: a key that was never used counts from its creation.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_finding-unused.html

    >>> def key(**observed):
    ...     return {"Status": "Active", "observed": {"JudgedAt": "2026-11-01T00:00:00+00:00", **observed}}
    >>> iam_access_key_is_in_use(key(LastUsedDate="2026-10-31T00:00:00+00:00"))
    Pass()
    >>> iam_access_key_is_in_use(key(CreateDate="2026-01-01T00:00:00+00:00"))
    Fail('not used for 304 days')
    >>> iam_access_key_is_in_use({"Status": "Inactive"})
    NotApplicable('the key is not active')
    >>> iam_access_key_is_in_use(key())
    Unknown('observed/CreateDate was not collected')
    """
    if key["Status"] != "Active":
        return NotApplicable("the key is not active")
    observed = key["observed"]
    days = days_since(key, observed.get("LastUsedDate") or observed["CreateDate"])
    return Pass() if days < UNUSED_DAYS else Fail(f"not used for {days} days")
