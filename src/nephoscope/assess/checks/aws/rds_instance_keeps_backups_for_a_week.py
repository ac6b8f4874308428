from nephoscope.assess import Fail, Pass, check

LEAST_DAYS = 7


@check("AWS::RDS::DBInstance", "AWS::RDS::DBCluster", severity="medium")
def rds_instance_keeps_backups_for_a_week(database):
    """RDS instance or cluster keeps automatic backups for at least seven days.

    Why: damage is often noticed days later.
    Fix: set the backup retention period to seven days or more.
    Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.html

    >>> rds_instance_keeps_backups_for_a_week({"BackupRetentionPeriod": 7})
    Pass()
    >>> rds_instance_keeps_backups_for_a_week({"BackupRetentionPeriod": "1"})
    Fail('backups are kept for 1 days')
    >>> rds_instance_keeps_backups_for_a_week({"BackupRetentionPeriod": 0})
    Fail('automatic backups are off')
    >>> rds_instance_keeps_backups_for_a_week({})
    Unknown('BackupRetentionPeriod was not collected')
    """
    days = database.number("BackupRetentionPeriod")
    if not days:
        return Fail("automatic backups are off")
    return Pass() if days >= LEAST_DAYS else Fail(f"backups are kept for {days} days")
