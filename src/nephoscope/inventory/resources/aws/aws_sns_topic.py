"""AWS::SNS::Topic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Draft, Reader
from nephoscope.inventory.shape import document, own_tags, pick, truth

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.inventory.resource import View

NAMES = "TopicArn DisplayName KmsMasterKeyId SignatureVersion TracingConfig"


class AwsSnsTopic(Reader):
    """SNS topics, with their policy (`TopicPolicy`) and subscriptions.

    Source: https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html
    """

    type: ClassVar[str] = "AWS::SNS::Topic"
    named_by = ("topicArn", "resourceArn", "subscriptionArn")
    makes_calls = True
    satellites = ("TopicPolicy",)
    permissions = ("sns:ListTopics", "sns:GetTopicAttributes", "sns:ListSubscriptions", "sns:ListTagsForResource")

    def find(self, view: View) -> Iterator[Any]:
        return view.every("sns", "ListTopics", "Topics")

    def get(self, view: View, id: str) -> Any | None:
        return {"TopicArn": id} if view.maybe("sns", "GetTopicAttributes", TopicArn=id) is not None else None

    def draft(self, view: View, found: Any) -> Draft:
        arn = found["TopicArn"]
        attributes = view.call("sns", "GetTopicAttributes", TopicArn=arn)["Attributes"]
        draft = Draft(pick(attributes, NAMES), arn=arn, name=arn.rpartition(":")[2])
        draft["TopicName"] = draft.name
        draft["FifoTopic"] = truth(attributes.get("FifoTopic"))
        policy = attributes.get("Policy")
        draft.known("TopicPolicy", {"PolicyDocument": document(policy)} if policy else None)
        with draft.part("/Subscription"):
            all_of_them = view.memo.once(
                ("subscriptions", view.account, view.region),
                lambda: list(view.every("sns", "ListSubscriptions", "Subscriptions")),
            )
            mine = [pick(one, "Endpoint", "Protocol") for one in all_of_them if one["TopicArn"] == arn]
            draft["Subscription"] = sorted(mine, key=repr)
        with draft.part("/Tags"):
            draft["Tags"] = own_tags(view.call("sns", "ListTagsForResource", ResourceArn=arn).get("Tags"))
        return draft

    def id(self, configuration: dict[str, Any]) -> str:
        return configuration["TopicArn"]
