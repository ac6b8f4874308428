from nephoscope.assess import Fail, Pass, check


@check("AWS::SNS::Topic", severity="medium")
def sns_topic_is_encrypted(topic):
    """SNS topic encrypts its messages with a KMS key.

    Why: what is kept for delivery can then be read only with the key.
    Fix: set KmsMasterKeyId.
    Source: https://docs.aws.amazon.com/sns/latest/dg/sns-server-side-encryption.html

    >>> sns_topic_is_encrypted({"KmsMasterKeyId": "alias/aws/sns"})
    Pass()
    >>> sns_topic_is_encrypted({})
    Fail('no KMS key')
    >>> sns_topic_is_encrypted({}, {"/KmsMasterKeyId": "AccessDenied"})
    Unknown('KmsMasterKeyId was not collected: AccessDenied')
    """
    return Pass() if topic.get("KmsMasterKeyId") else Fail("no KMS key")
