from nephoscope.assess import Fail, Pass, check


@check("AWS::CloudTrail::Trail", severity="medium")
def cloudtrail_trail_validates_log_files(trail):
    """CloudTrail trail signs digests of its log files.

    Why: only with them can it be shown that no log file was changed or removed.
    Fix: enable log file validation.
    Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-intro.html

    >>> cloudtrail_trail_validates_log_files({"EnableLogFileValidation": True})
    Pass()
    >>> cloudtrail_trail_validates_log_files({})
    Fail('log file validation is off')
    >>> cloudtrail_trail_validates_log_files({}, {"/EnableLogFileValidation": "AccessDenied"})
    Unknown('EnableLogFileValidation was not collected: AccessDenied')
    """
    return Pass() if trail.flag("EnableLogFileValidation", False) else Fail("log file validation is off")
