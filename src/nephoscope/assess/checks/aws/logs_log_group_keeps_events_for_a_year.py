from nephoscope.assess import Fail, Pass, check

LEAST_DAYS = 365


@check("AWS::Logs::LogGroup", severity="low")
def logs_log_group_keeps_events_for_a_year(group):
    """Log group keeps its events for at least a year.

    Why: intruders are often found months after they came in.
    Fix: set the retention to 365 days or more, or to never expire.
    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html

    >>> logs_log_group_keeps_events_for_a_year({"RetentionInDays": 365})
    Pass()
    >>> logs_log_group_keeps_events_for_a_year({"LogGroupName": "a"})  # never expires
    Pass()
    >>> logs_log_group_keeps_events_for_a_year({"RetentionInDays": 30})
    Fail('events are kept for 30 days')
    >>> logs_log_group_keeps_events_for_a_year({}, {"/RetentionInDays": "AccessDenied"})
    Unknown('RetentionInDays was not collected: AccessDenied')
    """
    if group.get("RetentionInDays") is None:
        return Pass()
    days = group.number("RetentionInDays")
    return Pass() if days >= LEAST_DAYS else Fail(f"events are kept for {days} days")
