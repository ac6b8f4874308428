from nephoscope.assess import Fail, Pass, check


@check("AWS::Config::ConfigurationRecorder", severity="medium")
def config_recorder_records_every_resource(recorder):
    """AWS Config recorder is on and records every kind of resource.

    Why: its history tells how a resource was configured when something happened.
    Fix: start the recorder, for all supported types; the global ones need recording in one region only.
    Limits: a region without any recorder has no item, and so no verdict.
    Source: https://docs.aws.amazon.com/config/latest/developerguide/select-resources.html

    >>> group = {"AllSupported": True}
    >>> config_recorder_records_every_resource({"Recording": True, "RecordingGroup": group})
    Pass()
    >>> config_recorder_records_every_resource({"Recording": False, "RecordingGroup": group})
    Fail('the recorder is stopped')
    >>> config_recorder_records_every_resource({"Recording": True, "RecordingGroup": {"AllSupported": False}})
    Fail('AllSupported is off')
    >>> config_recorder_records_every_resource({})
    Unknown('Recording was not collected')
    """
    if not recorder.flag("Recording"):
        return Fail("the recorder is stopped")
    return Pass() if recorder["RecordingGroup"].flag("AllSupported", False) else Fail("AllSupported is off")
