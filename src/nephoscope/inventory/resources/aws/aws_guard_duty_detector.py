"""AWS::GuardDuty::Detector."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Draft, Reader
from nephoscope.inventory.shape import key_values, pick

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.inventory.resource import View


class AwsGuardDutyDetector(Reader):
    """GuardDuty detectors, and which of their features are on.

    Source: https://docs.aws.amazon.com/guardduty/latest/APIReference/API_GetDetector.html
    """

    type: ClassVar[str] = "AWS::GuardDuty::Detector"
    named_by = ("detectorId", "resourceArn")
    makes_calls = True
    permissions = ("guardduty:ListDetectors", "guardduty:GetDetector")

    def find(self, view: View) -> Iterator[Any]:
        return view.every("guardduty", "ListDetectors", "DetectorIds")

    def get(self, view: View, id: str) -> Any | None:
        return id if view.maybe("guardduty", "GetDetector", "BadRequestException", DetectorId=id) is not None else None

    def draft(self, view: View, found: Any) -> Draft:
        detector = view.call("guardduty", "GetDetector", DetectorId=found)
        draft = Draft({"Id": found, "Enable": detector["Status"] == "ENABLED"})
        draft.configuration |= pick(detector, "FindingPublishingFrequency")
        features = [pick(feature, "Name Status") for feature in detector.get("Features", ())]
        draft["Features"] = sorted(features, key=lambda feature: feature["Name"])
        draft["Tags"] = key_values(detector.get("Tags"))
        draft.observed |= pick(detector, "CreatedAt")
        return draft

    def id(self, configuration: dict[str, Any]) -> str:
        return configuration["Id"]
