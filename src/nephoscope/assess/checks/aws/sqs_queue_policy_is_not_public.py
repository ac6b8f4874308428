from nephoscope.assess import Fail, Pass, check
from nephoscope.assess.policy_document import public_attached


@check("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", severity="high")
def sqs_queue_policy_is_not_public(queue):
    """SQS queue's policy gives nothing to everyone.

    Why: anyone with an AWS account reads the messages, or puts false ones in.
    Fix: name the principals, or narrow the statement by aws:SourceArn, account or organisation.
    Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-basic-examples-of-sqs-policies.html

    >>> topic = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage",
    ...          "Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:sns:eu-west-1:111122223333:orders"}}}
    >>> sqs_queue_policy_is_not_public({"QueuePolicy": {"PolicyDocument": {"Statement": [topic]}}})
    Pass()
    >>> everyone = {"Effect": "Allow", "Principal": "*", "Action": "sqs:*"}
    >>> sqs_queue_policy_is_not_public({"QueuePolicy": {"PolicyDocument": {"Statement": [everyone]}}})
    Fail('everyone may sqs:*')
    >>> sqs_queue_policy_is_not_public({})
    Unknown('QueuePolicy was not collected')
    """
    public = public_attached(queue, "QueuePolicy")
    return Fail(f"everyone may {public}") if public else Pass()
