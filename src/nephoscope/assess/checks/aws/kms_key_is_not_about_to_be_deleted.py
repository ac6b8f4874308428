from nephoscope.assess import Fail, Pass, check


@check("AWS::KMS::Key", severity="high")
def kms_key_is_not_about_to_be_deleted(key):
    """KMS key is not about to be deleted.

    Why: what lies under the key can never be read again; attackers delete keys to destroy data.
    Fix: cancel the deletion, unless it is known that nothing needs the key.
    Source: https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html

    >>> kms_key_is_not_about_to_be_deleted({"KeyState": "Enabled"})
    Pass()
    >>> kms_key_is_not_about_to_be_deleted({"observed": {"KeyState": "PendingDeletion"}})
    Fail('the key is PendingDeletion')
    >>> kms_key_is_not_about_to_be_deleted({"observed": {}})
    Unknown('observed/KeyState was not collected')
    """
    state = key["KeyState"] if "KeyState" in key else key["observed"]["KeyState"]
    return Fail(f"the key is {state}") if state.endswith("Deletion") else Pass()
