from nephoscope.assess import Fail, Pass, check


@check("AWS::RDS::DBInstance", severity="low")
def rds_instance_is_monitored_closely(instance):
    """RDS instance has enhanced monitoring.

    Why: the operating system's figures, each minute or sooner, show what a database's own figures hide.
    Fix: set a monitoring interval.
    Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Monitoring.OS.html

    >>> rds_instance_is_monitored_closely({"MonitoringInterval": 60})
    Pass()
    >>> rds_instance_is_monitored_closely({})
    Fail('the monitoring interval is 0')
    >>> rds_instance_is_monitored_closely({}, {"/MonitoringInterval": "AccessDenied"})
    Unknown('MonitoringInterval was not collected: AccessDenied')
    """
    return Pass() if instance.number("MonitoringInterval", 0) > 0 else Fail("the monitoring interval is 0")
