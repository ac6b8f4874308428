from nephoscope.assess import Fail, Pass, check


@check("AWS::CloudTrail::Trail", severity="low")
def cloudtrail_trail_reaches_cloudwatch(trail):
    """CloudTrail trail delivers its events to CloudWatch Logs as well.

    Why: alarms can then be raised within minutes.
    Fix: name a log group and a role in the trail.
    Limits: whoever reads the trail's bucket continuously does not need it.
    Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/send-cloudtrail-events-to-cloudwatch-logs.html

    >>> cloudtrail_trail_reaches_cloudwatch({"CloudWatchLogsLogGroupArn": "arn:aws:logs:eu-west-1:1:log-group:trail:*"})
    Pass()
    >>> cloudtrail_trail_reaches_cloudwatch({})
    Fail('no log group')
    >>> cloudtrail_trail_reaches_cloudwatch({}, {"/CloudWatchLogsLogGroupArn": "AccessDenied"})
    Unknown('CloudWatchLogsLogGroupArn was not collected: AccessDenied')
    """
    return Pass() if trail.get("CloudWatchLogsLogGroupArn") else Fail("no log group")
