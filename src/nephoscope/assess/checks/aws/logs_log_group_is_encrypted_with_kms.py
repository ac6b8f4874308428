from nephoscope.assess import Fail, Pass, check


@check("AWS::Logs::LogGroup", severity="low")
def logs_log_group_is_encrypted_with_kms(group):
    """Log group is encrypted with a KMS key.

    Why: logs hold more than one thinks; a key's policy is a second lock, and its use is logged.
    Fix: associate a KMS key with the log group.
    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html

    >>> logs_log_group_is_encrypted_with_kms({"KmsKeyId": "arn:aws:kms:eu-west-1:111122223333:key/1"})
    Pass()
    >>> logs_log_group_is_encrypted_with_kms({})
    Fail('no KMS key')
    >>> logs_log_group_is_encrypted_with_kms({}, {"/KmsKeyId": "AccessDenied"})
    Unknown('KmsKeyId was not collected: AccessDenied')
    """
    return Pass() if group.get("KmsKeyId") else Fail("no KMS key")
