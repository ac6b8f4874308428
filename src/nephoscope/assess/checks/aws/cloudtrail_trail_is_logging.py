from nephoscope.assess import Fail, Pass, check


@check("AWS::CloudTrail::Trail", severity="high")
def cloudtrail_trail_is_logging(trail):
    """CloudTrail trail is logging.

    Why: what happens while it is stopped goes unrecorded; attackers stop it first.
    Fix: start logging, and find out who stopped it.
    Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-turning-off-logging.html

    >>> cloudtrail_trail_is_logging({"IsLogging": True})
    Pass()
    >>> cloudtrail_trail_is_logging({"IsLogging": False})
    Fail('logging is stopped')
    >>> cloudtrail_trail_is_logging({})
    Unknown('IsLogging was not collected')
    """
    return Pass() if trail.flag("IsLogging") else Fail("logging is stopped")
