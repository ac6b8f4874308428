"""AWS::CloudTrail::Trail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Draft, Reader
from nephoscope.inventory.shape import own_tags, pick

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.inventory.resource import View

NAMES = "S3BucketName S3KeyPrefix IncludeGlobalServiceEvents IsMultiRegionTrail IsOrganizationTrail SnsTopicName"
RENAMED = {
    "TrailName": "Name",
    "Arn": "TrailARN",
    "KMSKeyId": "KmsKeyId",
    "EnableLogFileValidation": "LogFileValidationEnabled",
    "CloudWatchLogsLogGroupArn": "CloudWatchLogsLogGroupArn",
    "CloudWatchLogsRoleArn": "CloudWatchLogsRoleArn",
}
STATUS = "LatestDeliveryTime LatestDeliveryError LatestDigestDeliveryTime StartLoggingTime StopLoggingTime"


class AwsCloudTrailTrail(Reader):
    """CloudTrail trails, each in its home region, with whether it is logging and what it logs.

    Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Trail.html
    """

    type: ClassVar[str] = "AWS::CloudTrail::Trail"
    named_by = ("name", "trailName", "resourceId", "trailARN")
    makes_calls = True
    permissions = (
        "cloudtrail:DescribeTrails",
        "cloudtrail:GetTrailStatus",
        "cloudtrail:GetEventSelectors",
        "cloudtrail:ListTags",
    )

    def find(self, view: View) -> Iterator[Any]:
        return iter(view.call("cloudtrail", "DescribeTrails", includeShadowTrails=False).get("trailList", ()))

    def get(self, view: View, id: str) -> Any | None:
        return next((trail for trail in self.find(view) if trail["Name"] == id), None)

    def draft(self, view: View, found: Any) -> Draft:
        arn = found["TrailARN"]
        draft = Draft(pick(found, NAMES, **RENAMED))
        with draft.part("/IsLogging"):
            status = view.call("cloudtrail", "GetTrailStatus", Name=arn)
            draft["IsLogging"] = status.get("IsLogging")
            draft.observed |= pick(status, STATUS)
        with draft.part("/EventSelectors", "/AdvancedEventSelectors"):
            selectors = view.call("cloudtrail", "GetEventSelectors", TrailName=arn)
            draft["EventSelectors"] = selectors.get("EventSelectors") or []
            draft["AdvancedEventSelectors"] = selectors.get("AdvancedEventSelectors") or []
        with draft.part("/Tags"):
            lists = view.call("cloudtrail", "ListTags", ResourceIdList=[arn]).get("ResourceTagList", ())
            draft["Tags"] = own_tags(lists[0].get("TagsList")) if lists else []
        draft.relate("uses", "AWS::S3::Bucket", found.get("S3BucketName"))
        return draft

    def id(self, configuration: dict[str, Any]) -> str:
        return configuration["TrailName"]
