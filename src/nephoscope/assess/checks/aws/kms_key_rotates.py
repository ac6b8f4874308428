from nephoscope.assess import Fail, NotApplicable, Pass, check


@check("AWS::KMS::Key", severity="medium")
def kms_key_rotates(key):
    """KMS key is rotated every year.

    Why: less lies under one key, should it ever become known.
    Fix: enable automatic rotation.
    Limits: only symmetric keys whose material KMS made can be rotated by itself.
    Source: https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html

    >>> kms_key_rotates({"EnableKeyRotation": True})
    Pass()
    >>> kms_key_rotates({"EnableKeyRotation": False, "KeySpec": "SYMMETRIC_DEFAULT"})
    Fail('automatic rotation is off')
    >>> kms_key_rotates({"KeySpec": "RSA_2048"})
    NotApplicable('a key of this kind is not rotated by KMS')
    >>> kms_key_rotates({}, {"/EnableKeyRotation": "AccessDenied"})
    Unknown('EnableKeyRotation was not collected: AccessDenied')
    """
    spec, origin = key.get("KeySpec", "SYMMETRIC_DEFAULT"), key.get("Origin", "AWS_KMS")
    if spec != "SYMMETRIC_DEFAULT" or origin != "AWS_KMS":
        return NotApplicable("a key of this kind is not rotated by KMS")
    return Pass() if key.flag("EnableKeyRotation", False) else Fail("automatic rotation is off")
