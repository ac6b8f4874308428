"""What watches an account: CloudTrail, Config, GuardDuty.

Source: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/cloudtrail
"""

from __future__ import annotations

from nephoscope.inventory.templates.fold import Fold
from nephoscope.inventory.templates.mapping import Many, One, To

RECORDER = "AWS::Config::ConfigurationRecorder"
TYPES: dict[str, To] = {
    "aws_cloudtrail": To(
        "AWS::CloudTrail::Trail",
        {
            "name": "TrailName",
            "kms_key_id": "KMSKeyId",
            "enable_logging": "IsLogging",
            "cloud_watch_logs_group_arn": "CloudWatchLogsLogGroupArn",
            "event_selector": Many("EventSelectors", {"data_resource": Many("DataResources")}),
            "advanced_event_selector": Many("AdvancedEventSelectors", {"field_selector": Many("FieldSelectors")}),
        },
        {"IsLogging": True},
    ),
    "aws_config_configuration_recorder": To(
        RECORDER, {"name": "Name", "recording_group": One("RecordingGroup")}, {"Recording": False}
    ),
    "aws_config_configuration_recorder_status": To(
        "aws_config_configuration_recorder_status",
        {"name": "Name", "is_enabled": "Recording"},
        folds=(Fold(RECORDER, "Name"),),
    ),
    "aws_guardduty_detector": To("AWS::GuardDuty::Detector", defaults={"Enable": True}),
}
