from nephoscope.assess import Fail, Pass, check
from nephoscope.assess.policy_document import public_attached


@check("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", severity="high")
def sns_topic_policy_is_not_public(topic):
    """SNS topic's policy gives nothing to everyone.

    Why: anyone with an AWS account subscribes and reads, or publishes false messages.
    Fix: name the principals, or narrow the statement by aws:SourceOwner, account or organisation.
    Source: https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html

    >>> own = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "SNS:Publish",
    ...        "Condition": {"StringEquals": {"AWS:SourceOwner": "111122223333"}}}
    >>> sns_topic_policy_is_not_public({"TopicPolicy": {"PolicyDocument": {"Statement": [own]}}})
    Pass()
    >>> everyone = {"Effect": "Allow", "Principal": "*", "Action": "SNS:Subscribe"}
    >>> sns_topic_policy_is_not_public({"TopicPolicy": {"PolicyDocument": {"Statement": [own, everyone]}}})
    Fail('everyone may SNS:Subscribe')
    >>> sns_topic_policy_is_not_public({})
    Unknown('TopicPolicy was not collected')
    """
    public = public_attached(topic, "TopicPolicy")
    return Fail(f"everyone may {public}") if public else Pass()
