"""AWS::Logs::LogGroup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Draft, Reader
from nephoscope.inventory.shape import pascal, pick

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.inventory.resource import View


class AwsLogsLogGroup(Reader):
    """CloudWatch log groups; `RetentionInDays` is null when they are kept for ever.

    Limits: tags take a call per group, and are not read.
    Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html
    """

    type: ClassVar[str] = "AWS::Logs::LogGroup"
    named_by = ("logGroupName", "resourceArn")
    permissions = ("logs:DescribeLogGroups",)

    def find(self, view: View) -> Iterator[Any]:
        return view.every("logs", "DescribeLogGroups", "logGroups")

    def get(self, view: View, id: str) -> Any | None:
        groups = view.every("logs", "DescribeLogGroups", "logGroups", logGroupNamePrefix=id)
        return next((group for group in groups if group["logGroupName"] == id), None)

    def draft(self, view: View, found: Any) -> Draft:
        shown = pascal(found)
        draft = Draft(
            pick(shown, "LogGroupName KmsKeyId LogGroupClass Arn DeletionProtectionEnabled"),
            observed=pick(shown, "StoredBytes CreationTime"),
        )
        draft.known("RetentionInDays", found.get("retentionInDays"))
        draft.known("KmsKeyId", found.get("kmsKeyId"))
        return draft

    def id(self, configuration: dict[str, Any]) -> str:
        return configuration["LogGroupName"]
