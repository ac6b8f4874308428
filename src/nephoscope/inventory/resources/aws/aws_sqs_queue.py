"""AWS::SQS::Queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Draft, Reader
from nephoscope.inventory.shape import document, key_values, number, pick, truth

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.inventory.resource import View

NUMBERS = (
    "DelaySeconds KmsDataKeyReusePeriodSeconds MaximumMessageSize MessageRetentionPeriod ReceiveMessageWaitTimeSeconds "
    "VisibilityTimeout"
)


class AwsSqsQueue(Reader):
    """SQS queues, with their policy (`QueuePolicy`).

    Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
    """

    type: ClassVar[str] = "AWS::SQS::Queue"
    named_by = ("queueUrl",)
    makes_calls = True
    satellites = ("QueuePolicy",)
    permissions = ("sqs:ListQueues", "sqs:GetQueueAttributes", "sqs:ListQueueTags")

    def find(self, view: View) -> Iterator[Any]:
        return view.every("sqs", "ListQueues", "QueueUrls", PaginationConfig={"PageSize": 1000})

    def get(self, view: View, id: str) -> Any | None:
        answer = view.maybe("sqs", "GetQueueAttributes", QueueUrl=id, AttributeNames=["QueueArn"])
        return None if answer is None else id

    def draft(self, view: View, found: Any) -> Draft:
        attributes = view.call("sqs", "GetQueueAttributes", QueueUrl=found, AttributeNames=["All"])["Attributes"]
        draft = Draft({"QueueUrl": found}, name=found.rpartition("/")[2])
        draft.configuration |= pick(attributes, "KmsMasterKeyId", Arn="QueueArn")
        draft["QueueName"] = draft.name
        for key in NUMBERS.split():
            draft[key] = number(attributes.get(key))
        draft["SqsManagedSseEnabled"] = truth(attributes.get("SqsManagedSseEnabled"))
        draft["FifoQueue"] = truth(attributes.get("FifoQueue"))
        draft["RedrivePolicy"] = document(attributes.get("RedrivePolicy"))
        policy = attributes.get("Policy")
        draft.known("QueuePolicy", {"PolicyDocument": document(policy)} if policy else None)
        draft.observed |= pick(attributes, "CreatedTimestamp", "LastModifiedTimestamp")
        with draft.part("/Tags"):
            draft["Tags"] = key_values(view.call("sqs", "ListQueueTags", QueueUrl=found).get("Tags"))
        return draft

    def id(self, configuration: dict[str, Any]) -> str:
        return configuration["QueueUrl"]
