from nephoscope.assess import Fail, Pass, check


@check("AWS::SQS::Queue", severity="medium")
def sqs_queue_is_encrypted(queue):
    """SQS queue encrypts its messages.

    Why: what waits in the queue can then be read only through the service or with the key.
    Fix: set KmsMasterKeyId, or SqsManagedSseEnabled.
    Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-server-side-encryption.html

    >>> sqs_queue_is_encrypted({"KmsMasterKeyId": "alias/aws/sqs"})
    Pass()
    >>> sqs_queue_is_encrypted({"SqsManagedSseEnabled": False})
    Fail('not encrypted')
    >>> sqs_queue_is_encrypted({})
    Unknown('SqsManagedSseEnabled was not collected')
    """
    if queue.get("KmsMasterKeyId"):
        return Pass()
    return Pass() if queue.flag("SqsManagedSseEnabled") else Fail("not encrypted")
