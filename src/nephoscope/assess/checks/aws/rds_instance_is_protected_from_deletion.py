from nephoscope.assess import Fail, NotApplicable, Pass, check


@check("AWS::RDS::DBInstance", "AWS::RDS::DBCluster", severity="low")
def rds_instance_is_protected_from_deletion(database):
    """RDS instance or cluster is protected from deletion.

    Why: a slip, or a stolen credential, then cannot delete it with one call.
    Fix: switch on deletion protection.
    Limits: an instance of a cluster is protected by the cluster.
    Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteInstance.html

    >>> rds_instance_is_protected_from_deletion({"DeletionProtection": True})
    Pass()
    >>> rds_instance_is_protected_from_deletion({"DeletionProtection": False})
    Fail('deletion protection is off')
    >>> rds_instance_is_protected_from_deletion({"DBInstanceIdentifier": "a", "DBClusterIdentifier": "orders"})
    NotApplicable('the cluster is protected, or not')
    >>> rds_instance_is_protected_from_deletion({})
    Unknown('DeletionProtection was not collected')
    """
    if database.get("DBInstanceIdentifier") and database.get("DBClusterIdentifier"):
        return NotApplicable("the cluster is protected, or not")
    return Pass() if database.flag("DeletionProtection") else Fail("deletion protection is off")
