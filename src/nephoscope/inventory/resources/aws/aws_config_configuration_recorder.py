"""AWS::Config::ConfigurationRecorder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Draft, Reader
from nephoscope.inventory.shape import pascal, pick

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.inventory.resource import View


class AwsConfigConfigurationRecorder(Reader):
    """AWS Config's recorders, with whether they are `Recording`.

    Source: https://docs.aws.amazon.com/config/latest/APIReference/API_ConfigurationRecorder.html
    """

    type: ClassVar[str] = "AWS::Config::ConfigurationRecorder"
    named_by = ("name", "configurationRecorderName")
    makes_calls = True
    satellites = ("Recording",)
    permissions = ("config:DescribeConfigurationRecorders", "config:DescribeConfigurationRecorderStatus")

    def find(self, view: View) -> Iterator[Any]:
        return iter(view.call("config", "DescribeConfigurationRecorders").get("ConfigurationRecorders", ()))

    def get(self, view: View, id: str) -> Any | None:
        return next((one for one in self.find(view) if one["name"] == id), None)

    def draft(self, view: View, found: Any) -> Draft:
        draft = Draft(pick(pascal(found), "Name RoleARN RecordingMode"))
        group = pascal(found.get("recordingGroup", {}))
        draft["RecordingGroup"] = pick(group, "AllSupported IncludeGlobalResourceTypes ResourceTypes RecordingStrategy")
        with draft.part("/Recording"):
            answer = view.call(
                "config", "DescribeConfigurationRecorderStatus", ConfigurationRecorderNames=[found["name"]]
            )
            status = pascal(answer["ConfigurationRecordersStatus"][0])
            draft["Recording"] = status.get("Recording")
            draft.observed |= pick(status, "LastStatus LastStartTime LastStopTime LastErrorCode")
        return draft

    def id(self, configuration: dict[str, Any]) -> str:
        return configuration["Name"]
