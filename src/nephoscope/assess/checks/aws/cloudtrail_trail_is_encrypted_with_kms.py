from nephoscope.assess import Fail, Pass, check


@check("AWS::CloudTrail::Trail", severity="medium")
def cloudtrail_trail_is_encrypted_with_kms(trail):
    """CloudTrail trail encrypts its log files with a KMS key.

    Why: whoever can read the bucket then still needs the key, and its use is logged.
    Fix: give the trail a KMS key whose policy lets CloudTrail use it.
    Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/encrypting-cloudtrail-log-files-with-aws-kms.html

    >>> cloudtrail_trail_is_encrypted_with_kms({"KMSKeyId": "alias/trail"})
    Pass()
    >>> cloudtrail_trail_is_encrypted_with_kms({})
    Fail('no KMS key')
    >>> cloudtrail_trail_is_encrypted_with_kms({}, {"/KMSKeyId": "AccessDenied"})
    Unknown('KMSKeyId was not collected: AccessDenied')
    """
    return Pass() if trail.get("KMSKeyId") else Fail("no KMS key")
