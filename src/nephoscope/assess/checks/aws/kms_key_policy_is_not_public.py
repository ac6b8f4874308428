from nephoscope.assess import Fail, Pass, check
from nephoscope.assess.policy_document import public_statement


@check("AWS::KMS::Key", severity="critical")
def kms_key_policy_is_not_public(key):
    """KMS key's policy gives nothing to everyone.

    Why: anyone with an AWS account could use the key, and read what lies under it.
    Fix: name the principals, or narrow the statement by kms:CallerAccount or the organisation.
    Source: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html

    >>> own = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*"}
    >>> kms_key_policy_is_not_public({"KeyPolicy": {"Statement": [own]}})
    Pass()
    >>> everyone = {"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt"}
    >>> kms_key_policy_is_not_public({"KeyPolicy": {"Statement": [own, everyone]}})
    Fail('everyone may kms:Decrypt')
    >>> kms_key_policy_is_not_public({})
    Unknown('KeyPolicy was not collected')
    """
    public = public_statement(key["KeyPolicy"])
    return Fail(f"everyone may {public}") if public else Pass()
